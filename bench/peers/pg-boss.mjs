// pg-boss on PostgreSQL: two workers, which took least of 1, 2, 3, 4 and 8; each takes a set of jobs, calls the page for all of
// them and ends them in one statement, without their results; again at once while the sets are full. Jobs are added by
// insert. This version asks for Node 22.12 and was seen to run on 20.20 as well.

import { Pool } from "pg";
import { PgBoss } from "pg-boss";
import { inChunks } from "./chunks.mjs";

const QUEUE = "pages";
const WORKERS = 2;

export async function startWorker({ address, concurrency, callPage }) {
  const boss = await start(address);
  const options = {
    localConcurrency: WORKERS,
    batchSize: Math.ceil(concurrency / WORKERS),
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
  };
  await boss.work(QUEUE, options, (jobs) => Promise.all(jobs.map((job) => callPage(job.data))));
}

export async function startSubmitter({ address }) {
  const boss = await start(address);
  await boss.createQueue(QUEUE);
  const pool = new Pool({ connectionString: address });
  return {
    submit: (count) =>
      inChunks(count, (payloads) =>
        boss.insert(
          QUEUE,
          payloads.map((data) => ({ data })),
        ),
      ),
    unfinished: async () => {
      const { rows } = await pool.query("select count(*)::int as left from pgboss.job where state <> 'completed'");
      return rows[0].left;
    },
  };
}

async function start(address) {
  const boss = new PgBoss(address);
  boss.on("error", console.error);
  await boss.start();
  return boss;
}
