// Two servers on one MongoDB, the clock of one an hour ahead, of the other an hour behind: nobody notices, since only the
// clock of the store decides. That of this process is the store's, for all that these tests need.

import { createClient, type DroverClient, type Job } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fencesSeen, unexplained } from "../support/disk-jobs.js";
import type { PageHandler } from "../support/page-server.js";
import { inTurn, type Page, type Pages, startPages, status } from "../support/pages.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { SHARED_STORES } from "../support/stores.js";
import { clockOff, HOUR_MS, measuredOffset } from "../support/wrong-clock.js";

const LEASE_MS = 3_000;
const SLOTS = 4;
/** A page asks for this wait as a number and as a date, which it means by its own clock. */
const WAIT_MS = 3_000;
/** A machine that is busy with other tests is late by seconds; a clock is off by an hour. */
const LATE_MS = 60_000;
const ms = (time: Date | undefined): number => time?.getTime() ?? Number.NaN;
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

describe.each(SHARED_STORES)("two servers on $name, one an hour ahead and one an hour behind", ({ fresh }) => {
  let ahead: ServerProcess;
  let behind: ServerProcess;
  let clients: readonly [DroverClient, DroverClient];
  let pages: Pages;

  beforeAll(async () => {
    const store = await fresh();
    const start = (by: string) =>
      startServer({
        store,
        flags: ["--lease-ttl", `${LEASE_MS}ms`, "--concurrency", String(SLOTS)],
        env: { ...clockOff(by), DROVER_LOG_LEVEL: "info", DROVER_SIGNING_SECRET: SECRET },
      });
    pages = await startPages();
    ahead = await start("+1h");
    behind = await start("-1h");
    clients = [createClient({ address: ahead.grpc }), createClient({ address: behind.grpc })];
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all([ahead.kill(), behind.kill()]);
    await pages.close();
  });

  /** So many jobs, half of them through each server. */
  async function submitted(page: Page, count: number): Promise<string[]> {
    const halves = clients.map(async (client) => {
      const jobs = Array.from({ length: count / 2 }, () => ({ url: page.url }));
      const results = await client.submitMany(jobs);
      return results.map((result) => {
        if ("error" in result) throw result.error;
        return result.jobId;
      });
    });
    return (await Promise.all(halves)).flat();
  }

  const ended = (ids: readonly string[]): Promise<Job[]> =>
    Promise.all(
      ids.map(async (id) => {
        let last: Job | undefined;
        for await (const job of clients[1].watch(id)) last = job;
        return last as Job;
      }),
    );

  /** All times that a job shows. */
  const timesOf = (job: Job): number[] =>
    [job.createTime, ...job.attempts.flatMap(({ startTime, endTime }) => [startTime, endTime]), job.finishTime].map(ms);

  it("are as far off as these tests want them", () => {
    expect(Math.abs(measuredOffset(ahead.stderr()) - HOUR_MS)).toBeLessThan(LATE_MS);
    expect(Math.abs(measuredOffset(behind.stderr()) + HOUR_MS)).toBeLessThan(LATE_MS);
  });

  it("run each job once, and all times that are shown or sent are the store's", async () => {
    const page = pages.page();
    const begin = Date.now();
    const jobs = await ended(await submitted(page, 200));
    const end = Date.now();
    expect(jobs.filter(({ state, interruptedCount }) => state !== "SUCCEEDED" || interruptedCount > 0)).toEqual([]);
    expect(page.requests).toHaveLength(200);
    expect(unexplained(jobs, page.requests)).toEqual([]);
    expect(new Set(page.requests.map(({ headers }) => headers["job-service"])).size).toBe(2);
    const shown = jobs.flatMap(timesOf);
    const signed = page.requests.map(({ headers }) => Number(headers["webhook-timestamp"]) * 1_000);
    // Fifteen minutes for an attempt.
    const called = page.requests.map(({ headers }) => Date.parse(String(headers["job-deadline"])) - 900_000);
    const wrong = (time: number) => !(time > begin - LATE_MS && time < end + LATE_MS);
    expect({ shown: shown.filter(wrong), signed: signed.filter(wrong), called: called.filter(wrong) }).toEqual({
      shown: [],
      signed: [],
      called: [],
    });
  });

  it("leave each other's jobs alone while their pages work for two leases and more", async () => {
    const page = pages.page((_, response) => void setTimeout(() => response.end(), 2.5 * LEASE_MS));
    // Slots of both are taken, then two jobs more: whoever has a free slot looks for work.
    const jobs = await ended(await submitted(page, 2 * SLOTS + 2));
    expect(jobs.filter(({ state, interruptedCount }) => state !== "SUCCEEDED" || interruptedCount > 0)).toEqual([]);
    expect(page.requests).toHaveLength(2 * SLOTS + 2);
    expect(new Set(page.requests.map(({ headers }) => headers["job-service"])).size).toBe(2);
  });

  it("start scheduled jobs when the store's time has come: not early, and not an hour late", async () => {
    const called = new Map<string, number>();
    const page = pages.page(({ headers }, response) => {
      called.set(String(headers["job-id"]), Date.now());
      response.end();
    });
    const dueTime = Date.now() + 3_000;
    const handles = await Promise.all(
      clients.flatMap((client) => [
        client.submit({ url: page.url, delayMs: 3_000 }),
        client.submit({ url: page.url, scheduleTime: dueTime }),
      ]),
    );
    for (const job of await ended(handles.map(({ id }) => id))) {
      const due = ms(job.createTime) + 3_000;
      const start = called.get(job.id) ?? 0;
      expect(start).toBeGreaterThanOrEqual(Math.min(due, dueTime));
      expect(start).toBeLessThan(due + LATE_MS);
    }
  });

  it("wait for as long as a page asks, and then try again", async () => {
    const seconds = status(503, { "retry-after": String(WAIT_MS / 1_000) });
    const date: PageHandler = (_, response) =>
      void response.writeHead(503, { "retry-after": new Date(Date.now() + WAIT_MS).toUTCString() }).end();
    // A page each, so that each answers so first.
    const tried = Array.from({ length: 8 }, (_, n) => pages.page(inTurn(n < 4 ? seconds : date, status(200))));
    const ids = await Promise.all(
      tried.map(async (page, place) => (await (clients[place % 2] as DroverClient).submit({ url: page.url })).id),
    );
    const jobs = await ended(ids);
    for (const job of jobs) {
      expect([job.state, job.attempts.length]).toEqual(["SUCCEEDED", 2]);
      const [first, second] = job.attempts;
      const waited = ms(second?.startTime) - ms(first?.endTime);
      // A date is in whole seconds.
      expect(waited).toBeGreaterThanOrEqual(WAIT_MS - 1_000);
      expect(waited).toBeLessThan(LATE_MS);
    }
  });

  it("take over from the one that is killed when its leases have ended, and not before", async () => {
    const held = new Map<string, () => void>();
    let open = false;
    const page = pages.page(({ headers }, response) => {
      if (open) response.end();
      else held.set(String(headers["job-id"]), () => response.end());
    });
    const ids = await submitted(page, 2 * SLOTS);
    await page.called(2 * SLOTS);
    await ahead.kill();
    const killedAt = Date.now();
    open = true;
    for (const answer of held.values()) answer();
    const jobs = await ended(ids);
    const taken = jobs.filter(({ interruptedCount }) => interruptedCount > 0);
    expect(taken).toHaveLength(SLOTS);
    for (const { attempts } of taken) {
      const [first, second] = attempts;
      expect([first?.outcome, second?.outcome]).toEqual(["INTERRUPTED", "SUCCEEDED"]);
      expect(ms(second?.startTime) - ms(first?.startTime)).toBeGreaterThanOrEqual(LEASE_MS);
      expect(ms(second?.startTime)).toBeLessThan(killedAt + LEASE_MS + LATE_MS);
    }
    expect(unexplained(jobs, page.requests)).toEqual([]);
    expect([...fencesSeen(page.requests).values()].every((fences) => fences.length <= 2)).toBe(true);
  });
});
