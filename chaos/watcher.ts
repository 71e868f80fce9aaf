// Those who watch jobs, in a process of their own: each change that they are shown is noted. Ids come as messages, a
// watch goes to one server and stays with it however often that dies. `node watcher.js JOURNAL GRPC_DOOR…`.

import { createClient } from "@drover/sdk";
import { Journal } from "./journal.js";

/** A line of the journal: a watcher was shown this. */
export interface Shown {
  readonly shown: string;
  /** Tells watches of the same job apart. */
  readonly watch: number;
  readonly revision: number;
  readonly state: string;
}

/** A line of the journal: a watch was asked for. */
export interface WatchBegun {
  readonly watchBegun: string;
  readonly watch: number;
}

/** A line of the journal: a watch ended by itself, or with an error. */
export interface WatchEnded {
  readonly watchEnded: string;
  readonly watch: number;
  readonly error?: string;
}

/** Messages to it. */
export type ToWatcher = { readonly watch: readonly string[] } | { readonly finish: true };

const [path = "", ...doors] = process.argv.slice(2);
const journal = await Journal.open(path);
const clients = doors.map((address) => createClient({ address, retry: { tries: 1_000, maxDelayMs: 500 } }));
const watches = new Set<Promise<void>>();
let count = 0;

async function follow(id: string): Promise<void> {
  const watch = count++;
  const client = clients[watch % clients.length];
  void journal.write({ watchBegun: id, watch } satisfies WatchBegun);
  try {
    for await (const { revision, state } of client?.watch(id) ?? []) {
      void journal.write({ shown: id, watch, revision, state } satisfies Shown);
    }
    void journal.write({ watchEnded: id, watch } satisfies WatchEnded);
  } catch (error) {
    void journal.write({ watchEnded: id, watch, error: String(error) } satisfies WatchEnded);
  }
}

process.on("message", async (message: ToWatcher) => {
  if ("watch" in message) {
    for (const id of message.watch) {
      const watching = follow(id);
      watches.add(watching);
      void watching.then(() => watches.delete(watching));
    }
    return;
  }
  await Promise.all(watches);
  await journal.close();
  for (const client of clients) await client.close();
  process.exit(0);
});
