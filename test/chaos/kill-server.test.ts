// Servers killed under load: what was accepted is never lost, and what ran twice is explained by its history.

import type { ServerResponse } from "node:http";
import { createClient, type DroverClient, type Job } from "@drover/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PageServer, startPageServer } from "../support/page-server.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { SHARED_STORES, STORES } from "../support/stores.js";

const JOBS = 5_000;
const MANY_JOBS = 50_000;
const RUNNING = 64;
const FLAGS = ["--lease-ttl", "2s", "--concurrency", "64"];

let pages: PageServer;
let store: string;
let servers: ServerProcess[] = [];

beforeEach(async () => {
  pages = await startPageServer();
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  await pages.close();
});

async function start(flags: readonly string[] = FLAGS): Promise<ServerProcess> {
  const server = await startServer({ store, flags });
  servers.push(server);
  return server;
}

/** Pages answer nothing until the function that it returns is called: then those that wait, and all later ones. */
function holdAnswers(): () => void {
  const held: ServerResponse[] = [];
  pages.handler = (_, response) => void held.push(response);
  return () => {
    pages.handler = (_, response) => void response.end("{}");
    for (const response of held) response.end("{}");
  };
}

async function withClient<T>(server: ServerProcess, work: (client: DroverClient) => Promise<T>): Promise<T> {
  const client = createClient({ address: server.grpc });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function submitAll(server: ServerProcess, count = JOBS): Promise<string[]> {
  const url = `${pages.origin}/job`;
  const jobs = Array.from({ length: count }, (_, n) => ({ url, payload: { n } }));
  const results = await withClient(server, async (client) => client.submitMany(jobs));
  return results.map((result) => {
    if ("error" in result) throw result.error;
    return result.jobId;
  });
}

/** Waits for the end of the queue, and returns every job. */
async function allEnded(server: ServerProcess): Promise<Job[]> {
  return withClient(server, async (client) => {
    for (;;) {
      const { counts } = await client.queues.get("default");
      if (counts.pending + counts.scheduled + counts.running === 0) break;
      // The queue's own counts are the signal; there is none to wait for that covers five thousand jobs.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const jobs: Job[] = [];
    for await (const job of client.list({ queue: "default", pageSize: 1_000 })) jobs.push(job);
    return jobs;
  });
}

/** Calls of each job that its page saw must be explained: one fence each, and all but the last by its history. */
function unexplained(jobs: readonly Job[]): string[] {
  const calls = new Map<string, string[]>();
  for (const { headers } of pages.requests) {
    const id = String(headers["job-id"]);
    calls.set(id, [...(calls.get(id) ?? []), String(headers["job-fence"])]);
  }
  return jobs
    .filter((job) => {
      const fences = calls.get(job.id) ?? [];
      const past = new Set(job.attempts.map(({ fence }) => String(fence)));
      return new Set(fences).size !== fences.length || fences.some((fence) => !past.has(fence)) || fences.length === 0;
    })
    .map((job) => job.id);
}

describe.each(STORES)("a server on $name that is killed with 5,000 jobs accepted and 64 running", ({ fresh }) => {
  it("loses none: after a restart every job ends, and each repeated call is explained", async () => {
    store = await fresh();
    const answer = holdAnswers();
    const first = await start();
    const ids = await submitAll(first);
    await pages.until(() => pages.requests.length >= RUNNING);
    await first.kill();
    answer();
    const jobs = await allEnded(await start());
    expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(ids));
    expect(jobs.filter(({ state }) => state !== "SUCCEEDED")).toEqual([]);
    expect(jobs.filter(({ interruptedCount }) => interruptedCount > 0).length).toBeGreaterThanOrEqual(RUNNING);
    expect(unexplained(jobs)).toEqual([]);
  });
});

describe.each(SHARED_STORES)("two servers on one $name", ({ fresh }) => {
  it("take over from each other: one is killed, the other runs its jobs when their leases have ended", async () => {
    store = await fresh();
    const answer = holdAnswers();
    const first = await start();
    const ids = await submitAll(first);
    await pages.until(() => pages.requests.length >= RUNNING);
    const second = await start();
    await first.kill();
    answer();
    const jobs = await allEnded(second);
    expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(ids));
    expect(jobs.filter(({ state }) => state !== "SUCCEEDED")).toEqual([]);
    expect(unexplained(jobs)).toEqual([]);
  });

  it("never run the same fence twice in 50,000 jobs, and both run some", async () => {
    store = await fresh();
    pages.handler = (_, response) => void response.end("{}");
    const [first, second] = await Promise.all([start(), start()]);
    const ids = await submitAll(first as ServerProcess, MANY_JOBS);
    const jobs = await allEnded(second as ServerProcess);
    expect(jobs.length).toBe(ids.length);
    const calls = pages.requests.map(({ headers }) => `${headers["job-id"]} ${headers["job-fence"]}`);
    expect(new Set(calls).size).toBe(calls.length);
    expect(unexplained(jobs)).toEqual([]);
    const servers = new Set(pages.requests.map(({ headers }) => headers["job-service"]));
    expect(servers.size).toBe(2);
  });
});
