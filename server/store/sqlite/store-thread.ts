// What runs in the thread of a SQLite file: the store itself, one call after the other, in the order in which they came.

import { parentPort, workerData } from "node:worker_threads";
import { fromSqlite } from "./driver.js";
import { SqliteStore, type SqliteStoreOptions } from "./sqlite-store.js";
import { type Answer, type Call, errorParts } from "./thread-messages.js";

const port = parentPort;
if (port === null) throw new Error("store-thread is for a thread of its own");
const store = new SqliteStore(workerData as SqliteStoreOptions);

async function answer({ number, verb, args }: Call): Promise<Answer> {
  const call = store[verb] as (...args: unknown[]) => Promise<unknown>;
  try {
    const value = await call.apply(store, [...args]);
    return { number, now: store.now(), value };
  } catch (error) {
    return { number, now: store.now(), error: errorParts(fromSqlite(error)) };
  }
}

port.on("messageerror", (error) => {
  throw error;
});
port.on("message", async (call: Call) => port.postMessage(await answer(call)));
