// What runs in the thread of a SQLite file: the store itself, and what makes the calls that come to it.

import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { CallMaker } from "./call-maker.js";
import { SqliteStore, type SqliteStoreOptions } from "./sqlite-store.js";
import type { Answers, Call } from "./thread-messages.js";

const port = parentPort;
if (port === null) throw new Error("store-thread is for a thread of its own");
const maker = new CallMaker({
  store: new SqliteStore(workerData as SqliteStoreOptions),
  received: () => receiveMessageOnPort(port)?.message as readonly Call[] | undefined,
  answer: (answers: Answers) => port.postMessage(answers),
});
port.on("messageerror", (error) => {
  throw error;
});
port.on("message", (calls: readonly Call[]) => void maker.make(calls));
