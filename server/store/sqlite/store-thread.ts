// What runs in the thread of a SQLite file: the store itself, one call after the other, in the order in which they came.

import { parentPort, workerData } from "node:worker_threads";
import { fromSqlite } from "./driver.js";
import { SqliteStore, type SqliteStoreOptions } from "./sqlite-store.js";
import { type Answer, type Call, failed } from "./thread-messages.js";

const port = parentPort;
if (port === null) throw new Error("store-thread is for a thread of its own");
const store = new SqliteStore(workerData as SqliteStoreOptions);

async function answer({ number, verb, args }: Call): Promise<Answer> {
  const call = store[verb] as (...args: unknown[]) => Promise<unknown>;
  try {
    return { number, value: await call.apply(store, [...args]) };
  } catch (error) {
    return failed(number, fromSqlite(error));
  }
}

port.on("message", async (call: Call) => port.postMessage(await answer(call)));
