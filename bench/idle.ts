// What a server costs with nothing to do, over half a minute: processor time, and commands that reach MongoDB, as
// mongod itself counts them. Heartbeats of the driver and reads of the change stream are not counted.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { startMongod } from "../test/support/mongod.js";
import { databaseOf } from "./e2e.js";
import { startDrover } from "./processes.js";

const NOT_COUNTED = new Set([
  "hello",
  "isMaster",
  "ismaster",
  "getMore",
  "serverStatus",
  "endSessions",
  "replSetHeartbeat",
]);
/** Until the first claims, indexes and streams are done with, and V8 has collected what the start left behind. */
const SETTLE_MS = 15_000;

export async function idle(seconds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "drover-bench-"));
  const mongod = await startMongod();
  const client = await MongoClient.connect(mongod.uri);
  try {
    await measure("sqlite", `sqlite:${join(folder, "idle.db")}`, seconds, async () => 0);
    await measure("mongodb", databaseOf(mongod.uri, "idle"), seconds, () => commandCount(client));
  } finally {
    await client.close();
    await mongod.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(name: string, store: string, seconds: number, count: () => Promise<number>): Promise<void> {
  const server = await startDrover(store);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const [cpu, commands] = [server.cpuSeconds(), await count()];
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const share = ((server.cpuSeconds() - cpu) / seconds) * 100;
  const rate = ((await count()) - commands) / seconds;
  const counted = name === "mongodb" ? `, ${rate.toFixed(2)} store commands a second` : "";
  process.stdout.write(`idle, ${name}: ${share.toFixed(2)} % of a core${counted}, over ${seconds} s\n`);
  await server.stop();
}

async function commandCount(client: MongoClient): Promise<number> {
  const { metrics } = await client.db("admin").command({ serverStatus: 1 });
  let total = 0;
  for (const [name, command] of Object.entries(metrics.commands as Record<string, { total?: number | bigint }>)) {
    if (!NOT_COUNTED.has(name)) total += Number(command.total ?? 0);
  }
  return total;
}
