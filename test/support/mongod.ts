// A real MongoDB for tests: the one that MONGODB_URI names, or a mongod of our own as a replica set of one node.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { findMongod } from "./find-mongod.js";
import { freePort } from "./free-port.js";

export interface RunningMongod {
  readonly uri: string;
  stop(): Promise<void>;
}

export interface MongodOptions {
  /** Without a replica set: no change streams. MONGODB_URI does not count then. */
  readonly standalone?: boolean;
  /**
   * Nobody else's, for tests that change what holds for all who use it, such as failpoints. MONGODB_URI counts only where
   * there is no mongod to start.
   */
  readonly alone?: boolean;
  /** What it may keep in memory, in GiB. Default: little, as tests store little. */
  readonly cacheGiB?: number;
}

const REPLICA_SET = "drover";
const START_MS = 60_000;

export async function startMongod(options: MongodOptions = {}): Promise<RunningMongod> {
  const { standalone = false, alone = false, cacheGiB = 0.25 } = options;
  const uri = process.env.MONGODB_URI ?? "";
  const given = { uri, stop: async () => {} };
  if (uri !== "" && !standalone && !alone) return given;
  const binary = await findMongod().catch((error) => {
    if (uri === "" || standalone) throw error;
  });
  if (binary === undefined) return given;
  const folder = mkdtempSync(join(tmpdir(), "drover-mongod-"));
  const port = await freePort();
  const replication = standalone ? [] : ["--replSet", REPLICA_SET];
  const place = ["--dbpath", folder, "--port", String(port), "--bind_ip", "127.0.0.1", "--nounixsocket"];
  const settings = ["--wiredTigerCacheSizeGB", String(cacheGiB), "--setParameter", "enableTestCommands=1", "--quiet"];
  const mongod = spawn(binary, [...place, ...replication, ...settings], { stdio: "ignore" });
  const stop = async () => {
    await end(mongod);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([waitUntilReady(port, standalone), failure(mongod)]);
  } catch (error) {
    await stop();
    throw error;
  }
  const query = standalone ? "directConnection=true" : `replicaSet=${REPLICA_SET}`;
  return { uri: `mongodb://127.0.0.1:${port}/?${query}`, stop };
}

/** Made primary, and able to take writes. */
async function waitUntilReady(port: number, standalone: boolean): Promise<void> {
  const uri = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: START_MS });
  try {
    const admin = client.db("admin");
    if (!standalone) {
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
  const [code] = await once(mongod, "exit");
  throw new Error(`mongod ended with code ${code} before it was ready`);
}

async function end(mongod: ChildProcess): Promise<void> {
  if (mongod.exitCode !== null || mongod.signalCode !== null) return;
  const ended = once(mongod, "exit");
  mongod.kill("SIGKILL");
  await ended;
}
