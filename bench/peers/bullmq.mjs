// BullMQ on Redis: one worker with all its slots, jobs added by addBulk.

import { Queue, Worker } from "bullmq";
import { inChunks } from "./chunks.mjs";

const QUEUE = "pages";

export async function startWorker({ address, concurrency, callPage }) {
  const worker = new Worker(QUEUE, (job) => callPage(job.data), { connection: connectionOf(address), concurrency });
  worker.on("error", console.error);
  worker.on("failed", (_job, error) => console.error(error));
  await worker.waitUntilReady();
}

export async function startSubmitter({ address }) {
  const queue = new Queue(QUEUE, { connection: connectionOf(address) });
  await queue.waitUntilReady();
  return {
    submit: (count) => inChunks(count, (payloads) => queue.addBulk(payloads.map((data) => ({ name: "page", data })))),
    unfinished: async () => {
      const counts = await queue.getJobCounts("waiting", "active", "delayed", "prioritized", "failed");
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
  };
}

function connectionOf(address) {
  const { hostname, port } = new URL(address);
  return { host: hostname, port: Number(port), maxRetriesPerRequest: null };
}
