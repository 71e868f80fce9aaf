// A server that kills itself (SIGKILL) inside a transaction of its SQLite store: before the n-th statement that writes,
// counted from a signal on, and never between two transactions. The statements are reached by the hook of the chaos
// suite, so the product holds nothing for it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { ServerProcess } from "./server.js";

const HOOK = pathToFileURL("chaos/dist/chaos/load-hook.js").href;

/**
 * Loaded before the server, in each of its threads: statements pass here, and from SIGUSR2 on they are counted. Only the
 * main thread hears the signal, and tells that of the file.
 */
const PRELOAD = `
  import { writeFileSync } from "node:fs";
  import { register } from "node:module";
  import { BroadcastChannel, isMainThread } from "node:worker_threads";
  let left = 0;
  const threads = new BroadcastChannel("drover-strike");
  threads.unref();
  if (isMainThread) process.on("SIGUSR2", () => threads.postMessage(Number(process.env.STRIKE_AT)));
  else threads.onmessage = ({ data }) => { left = data; };
  globalThis.droverChaos = { prepare: (database, sql) => {
    const statement = database.prepare(sql);
    const run = statement.run.bind(statement);
    return Object.defineProperty(statement, "run", { value: (...values) => {
      if (left > 0 && (left > 1 || !sql.startsWith("BEGIN")) && --left === 0) {
        writeFileSync(process.env.STRUCK_FILE, sql);
        process.kill(process.pid, "SIGKILL");
        for (;;);
      }
      return run(...values);
    } });
  } };
  register(${JSON.stringify(HOOK)});
`;

/** The environment of a server that will strike itself before that statement. */
export function strikeAt(count: number, folder: string): Readonly<Record<string, string>> {
  return {
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(PRELOAD)}`,
    STRIKE_AT: String(count),
    STRUCK_FILE: struckFile(folder),
  };
}

/** From now on statements are counted. */
export function arm({ process }: Pick<ServerProcess, "process">): void {
  process.kill("SIGUSR2");
}

/** The statement before which it struck. */
export function struckBefore(folder: string): string {
  return readFileSync(struckFile(folder), "utf8").trim();
}

function struckFile(folder: string): string {
  return join(folder, "struck");
}
