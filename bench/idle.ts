// What a server costs with nothing to do, over half a minute: processor time, and commands that reach MongoDB, as
// mongod itself counts them. Heartbeats of the driver and reads of the change stream are not counted.

import { MongoClient } from "mongodb";
import { startDrover } from "./processes.js";
import { withStores } from "./stores.js";

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

export function idle(seconds: number): Promise<void> {
  return withStores(["sqlite", "mongodb"], async (addressOf) => {
    await measure("sqlite", addressOf("sqlite", "idle"), seconds, async () => 0);
    const client = await MongoClient.connect(addressOf("mongodb", "idle"));
    try {
      await measure("mongodb", addressOf("mongodb", "idle"), seconds, () => commandCount(client));
    } finally {
      await client.close();
    }
  });
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
