// Three servers on one store, restarted one after the other while they work: what ends within the time that a server has
// to leave is not interrupted, and no attempt is lost by it.

import { setTimeout as wait } from "node:timers/promises";
import { createClient, type Job } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended } from "../support/follow.js";
import { type PageServer, startPageServer } from "../support/page-server.js";
import { startServer } from "../support/server.js";
import { SHARED_STORES } from "../support/stores.js";

const SERVERS = 3;
/** Each server twice. */
const RESTARTS = 2 * SERVERS;
/** Submitted before each restart. */
const JOBS_EACH = 500;
const JOBS = RESTARTS * JOBS_EACH;
/** How long a page works, at most: long enough that every server has many under way. */
const WORK_MS = 120;

let pages: PageServer;
beforeAll(async () => {
  pages = await startPageServer(async ({ headers }, response) => {
    await wait(Number.parseInt(String(headers["job-id"]).slice(-4), 16) % WORK_MS);
    response.end("{}");
  });
});
afterAll(() => pages.close());

describe.each(SHARED_STORES)("a rolling restart of three servers on one $name, under load", ({ fresh }) => {
  it("interrupts no job, calls none twice and uses no attempt", async () => {
    const store = await fresh();
    const start = () => startServer({ store, flags: ["--concurrency", "16"] });
    const servers = await Promise.all(Array.from({ length: SERVERS }, start));
    for (let restart = 0; restart < RESTARTS; restart++) {
      await submitMore(servers[(restart + 1) % SERVERS]?.grpc ?? "");
      // Some of them are under way, and most wait.
      await pages.until(() => pages.requests.length > restart * JOBS_EACH);
      const place = restart % SERVERS;
      expect(await servers[place]?.stop()).toBe(0);
      servers[place] = await start();
    }

    const jobs = await endOfAll(servers[0]?.grpc ?? "");
    expect(jobs.length).toBe(JOBS);
    const isUntouched = ({ state, attemptCount, interruptedCount }: Job) =>
      state === "SUCCEEDED" && attemptCount === 1 && interruptedCount === 0;
    expect(jobs.filter((job) => !isUntouched(job))).toEqual([]);
    expect(pages.requests.length).toBe(JOBS);
    expect(new Set(pages.requests.map(({ headers }) => headers["job-id"])).size).toBe(JOBS);
    await Promise.all(servers.map((server) => server.stop()));
  });
});

async function submitMore(address: string): Promise<void> {
  const client = createClient({ address });
  await client.submitMany(Array.from({ length: JOBS_EACH }, () => ({ url: `${pages.origin}/job`, maxAttempts: 1 })));
  await client.close();
}

async function endOfAll(address: string): Promise<Job[]> {
  await pages.until(() => pages.requests.length >= JOBS);
  const client = createClient({ address });
  const jobs: Job[] = [];
  for await (const job of client.list({ queue: "default", pageSize: 1_000 })) {
    // The last answers may be on their way still.
    jobs.push(job.finishTime === undefined ? await ended(client, job.id) : job);
  }
  await client.close();
  return jobs;
}
