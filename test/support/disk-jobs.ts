// What became of many jobs after a fault: all of them read back when their queues have emptied, and whether each call
// that a page saw is explained by the history of its job.

import { createClient, type DroverClient, type Job } from "@drover/sdk";
import type { RecordedRequest } from "./page-server.js";
import type { ServerProcess } from "./server.js";

export async function withClient<T>(
  server: Pick<ServerProcess, "grpc">,
  work: (client: DroverClient) => Promise<T>,
): Promise<T> {
  const client = createClient({ address: server.grpc, timeoutMs: 60_000, retry: { tries: 1 } });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Waits until no job is left that has not ended, and returns every job. */
export function allEnded(server: Pick<ServerProcess, "grpc">): Promise<Job[]> {
  return withClient(server, async (client) => {
    for (;;) {
      const { counts } = await client.queues.get("default");
      if (counts.pending + counts.scheduled + counts.running === 0) break;
      // The queue's own counts are the signal; there is none to wait for that covers thousands of jobs.
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const jobs: Job[] = [];
    for await (const job of client.list({ queue: "default", pageSize: 1_000 })) jobs.push(job);
    return jobs;
  });
}

/** Calls by job: the fences that its page saw, in order. */
export function fencesSeen(requests: readonly RecordedRequest[]): Map<string, number[]> {
  const seen = new Map<string, number[]>();
  for (const { headers } of requests) {
    const id = String(headers["job-id"]);
    seen.set(id, [...(seen.get(id) ?? []), Number(headers["job-fence"])]);
  }
  return seen;
}

/** Jobs of which the page saw one fence twice, or one that the job's history does not show, or none at all. */
export function unexplained(jobs: readonly Job[], requests: readonly RecordedRequest[]): string[] {
  const seen = fencesSeen(requests);
  return jobs
    .filter((job) => {
      const fences = seen.get(job.id) ?? [];
      const past = new Set(job.attempts.map(({ fence }) => Number(fence)));
      return fences.length === 0 || new Set(fences).size < fences.length || fences.some((fence) => !past.has(fence));
    })
    .map(({ id }) => id);
}
