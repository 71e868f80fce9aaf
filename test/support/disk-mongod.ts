// A mongod of a test's own, in a folder that the test chooses, on a port that it keeps: it can die there and be started
// again on what it left. A replica set of one, whose journal is small enough for a small disk.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { MongoClient } from "mongodb";
import { findMongod } from "./find-mongod.js";
import { freePort } from "./free-port.js";

const REPLICA_SET = "disk";
const START_MS = 60_000;
const JOURNAL = "log=(file_max=4MB,prealloc=false)";

export interface OwnMongod {
  /** Ends with `/`, the database's name is to follow. */
  readonly address: string;
  /** The one that runs, or ran last. */
  readonly process: ChildProcess;
  /** Starts it again after its end. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export async function startOwnMongod(folder: string): Promise<OwnMongod> {
  const binary = await findMongod();
  const port = await freePort();
  const place = ["--dbpath", folder, "--port", String(port), "--bind_ip", "127.0.0.1", "--nounixsocket"];
  const settings = ["--wiredTigerCacheSizeGB", "0.25", "--wiredTigerEngineConfigString", JOURNAL, "--quiet"];
  const launch = () => spawn(binary, [...place, "--replSet", REPLICA_SET, ...settings], { stdio: "ignore" });
  let running = launch();
  const ready = (isNew: boolean) => Promise.race([untilPrimary(port, isNew), failure(running)]);
  const kill = async () => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, "exit");
    running.kill("SIGKILL");
    await ended;
  };
  try {
    await ready(true);
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    address: `mongodb://127.0.0.1:${port}/`,
    get process() {
      return running;
    },
    async start() {
      running = launch();
      await ready(false);
    },
    kill,
  };
}

async function untilPrimary(port: number, isNew: boolean): Promise<void> {
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: START_MS });
  try {
    const admin = client.db("admin");
    if (isNew) {
      const members = [{ _id: 0, host: `127.0.0.1:${port}` }];
      await admin.command({ replSetInitiate: { _id: REPLICA_SET, members } });
    }
    const deadline = Date.now() + START_MS;
    while ((await admin.command({ hello: 1 })).isWritablePrimary !== true) {
      if (Date.now() > deadline) throw new Error("mongod did not become primary");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    await client.close();
  }
}

async function failure(mongod: ChildProcess): Promise<never> {
  const [code, signal] = await once(mongod, "exit");
  throw new Error(`mongod ended with ${code ?? signal} before it was ready`);
}
