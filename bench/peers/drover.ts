// Drover as its users run it: a server in a process of its own, the client in this one.

import { join } from "node:path";
import { createClient, type DroverClient } from "@drover/sdk";
import { runAll } from "../e2e.js";
import { startDrover } from "../processes.js";
import { ownCost } from "./cost.js";
import { temporaryFolder } from "./daemon.js";
import { mongodb } from "./mongodb.js";
import type { System, Work } from "./system.js";

type Run = (client: DroverClient, count: number, url: string) => Promise<void>;

const payload = { n: 1, text: "x".repeat(100) };

const jobs: Run = (client, count, url) => runAll(client, "default", count, { url, payload });

const membersOfOneBatch: Run = async (client, count, url) => {
  const batch = await client.batch(Array(count).fill({ url, payload }));
  const { state, counts } = await batch.wait();
  if (counts.succeeded !== count) throw new Error(`the batch ended ${state} with ${counts.succeeded} of ${count} jobs`);
};

export const onSqlite = drover("Drover on SQLite", undefined, jobs);
export const onMongodb = drover("Drover on MongoDB, jobs without a batch", mongodb, jobs);
export const onMongodbInBatch = drover("Drover on MongoDB, members of one batch", mongodb, membersOfOneBatch);

function drover(name: string, database: System["database"], run: Run): System {
  return {
    name,
    setup: "all as it comes but the concurrency; keeps jobs and results",
    database,
    async start(ends, { url, concurrency }: Work, running) {
      const store = running?.address ?? `sqlite:${join(temporaryFolder(ends), "drover.db")}`;
      const server = await startDrover(store, ["--concurrency", String(concurrency)]);
      ends.add(() => server.stop());
      const client = createClient({ address: server.ready[1] ?? "" });
      ends.add(() => client.close());
      return { costs: { "Drover's server": server, submitter: ownCost() }, runAll: (count) => run(client, count, url) };
    },
  };
}
