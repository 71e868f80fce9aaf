// What runs in the thread of a SQLite file: the store itself, one call after the other, in the order in which they came.
// What servers write all the time shares a commit with what came while it was written.

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { limits } from "../../core/limits.js";
import { fromSqlite } from "./driver.js";
import { SqliteStore, type SqliteStoreOptions } from "./sqlite-store.js";
import { type Answer, type Answers, type Call, errorParts, type Verb } from "./thread-messages.js";

const port = parentPort;
if (port === null) throw new Error("store-thread is for a thread of its own");
const store = new SqliteStore(workerData as SqliteStoreOptions);

const SHARING: ReadonlySet<Verb> = new Set<Verb>(["insert", "addJobs", "claim", "settle", "report"]);

/** Received, and not made yet. */
const waiting: Call[] = [];

port.on("messageerror", (error) => {
  throw error;
});
port.on("message", (calls: readonly Call[]) => {
  waiting.push(...calls);
  for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
    if (SHARING.has(call.verb)) makeTogether(call);
    else void answer([call], Promise.allSettled([make(call)]));
  }
});

/** With those that wait behind it, or come while it is made, and share its commit. */
function makeTogether(first: Call): void {
  const end = performance.now() + limits.sharedCommitMs;
  const calls: Call[] = [];
  function* sharing() {
    for (let call: Call | undefined = first; call !== undefined; call = performance.now() < end ? next() : undefined) {
      const made = call;
      calls.push(made);
      yield () => make(made);
    }
  }
  void answer(calls, store.together(sharing()));
}

/** The next call, if it is there and shares commits. */
function next(): Call | undefined {
  if (waiting.length === 0) {
    const received = receiveMessageOnPort(port as MessagePort);
    if (received !== undefined) waiting.push(...(received.message as readonly Call[]));
  }
  const [call] = waiting;
  return call !== undefined && SHARING.has(call.verb) ? waiting.shift() : undefined;
}

function make({ verb, args }: Call): Promise<unknown> {
  return (store[verb] as (...args: readonly unknown[]) => Promise<unknown>).apply(store, [...args]);
}

async function answer(calls: readonly Call[], made: Promise<PromiseSettledResult<unknown>[]>): Promise<void> {
  const results = await made;
  const answers = results.map((result, index): Answer => {
    const { number } = calls[index] as Call;
    return result.status === "fulfilled"
      ? { number, value: result.value }
      : { number, error: errorParts(fromSqlite(result.reason)) };
  });
  (port as MessagePort).postMessage({ now: store.now(), answers } satisfies Answers);
}
