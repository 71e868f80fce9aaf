// A server on SQLite, where the machine's clock is the store's: it is set back by an hour or ahead by one, between two
// servers and under one. The store's time never goes back, and nothing stands still until the clock has caught up.

import { mkdtempSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type DroverClient, type Job } from "@drover/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allEnded, unexplained } from "../support/disk-jobs.js";
import { type PageServer, startPageServer } from "../support/page-server.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { clockOff, HOUR_MS, settableClock } from "../support/wrong-clock.js";

const SLOTS = 8;
const LEASE_MS = 2_000;
const WAIT_MS = 3_000;
/** A machine that is busy with other tests is late by seconds; a clock is off by an hour. */
const LATE_MS = 60_000;

let folder: string;
let pages: PageServer;
let server: ServerProcess;
let client: DroverClient;
/** `/hold` answers when it is told, `/long` after three leases; `/later` asks the first time to be called again in some seconds. */
let held: ServerResponse[] = [];
let open = false;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "drover-clock-"));
  held = [];
  open = false;
  pages = await startPageServer(({ url, headers }, response) => {
    if (url === "/hold" && !open) held.push(response);
    else if (url === "/long") setTimeout(() => response.end(), 3 * LEASE_MS);
    else if (url === "/later" && headers["job-fence"] === "1") {
      response.writeHead(503, { "retry-after": String(WAIT_MS / 1_000) }).end();
    } else response.end();
  });
});

afterEach(async () => {
  await client.close();
  await server.kill();
  await pages.close();
  rmSync(folder, { recursive: true });
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  server = await startServer({
    store: `sqlite:${join(folder, "jobs.db")}`,
    flags: ["--lease-ttl", `${LEASE_MS}ms`, "--concurrency", String(SLOTS)],
    env,
  });
  client = createClient({ address: server.grpc });
}

async function killed(): Promise<void> {
  await client.close();
  await server.kill();
}

function answerHeld(): void {
  open = true;
  for (const response of held.splice(0)) response.end();
}

const submit = (path: string, delayMs = 0) => client.submit({ url: pages.origin + path, delayMs });
const calls = (path: string) => pages.requests.filter(({ url }) => url === path).length;

/** One of each: some that run, more that wait for a slot, one that waits for its retry, and one for its time. */
async function fill(): Promise<void> {
  await submit("/later");
  await pages.until(() => calls("/later") === 1);
  await submit("/due-later", WAIT_MS);
  for (let n = 0; n < 2 * SLOTS; n++) await submit("/hold");
  await pages.until(() => held.length >= SLOTS);
}

/** Each job has ended well, each call is explained, and times of a job only rise. */
function expectAllWell(jobs: readonly Job[], count: number): void {
  expect(jobs).toHaveLength(count);
  expect(jobs.filter(({ state }) => state !== "SUCCEEDED")).toEqual([]);
  expect(unexplained(jobs, pages.requests)).toEqual([]);
  for (const { createTime, attempts, finishTime } of jobs) {
    const times = [createTime, ...attempts.flatMap(({ startTime, endTime }) => [startTime, endTime]), finishTime];
    const shown = times.map((time) => time?.getTime() ?? Number.NaN);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
  }
}

const JOBS = 2 * SLOTS + 2;

describe("a server on SQLite that is killed, and started again when the clock", () => {
  it.each([
    ["was set back by an hour", "-1h"],
    ["was set ahead by an hour", "+1h"],
  ])("%s, goes on: leases end, retries and scheduled jobs come, what was due runs", async (_, by) => {
    await start();
    await fill();
    await killed();
    const begin = Date.now();
    await start(clockOff(by));
    answerHeld();
    // New work is not held up by the old, nor the old by the new.
    await (await submit("/new")).result();
    expectAllWell(await allEnded(server), JOBS + 1);
    expect(Date.now() - begin).toBeLessThan(LATE_MS);
  });

  it("was an hour ahead and then is right again, goes on, and its time goes on from where it was", async () => {
    await start(clockOff("+1h"));
    await fill();
    await killed();
    await start();
    answerHeld();
    const last = await submit("/new");
    await last.result();
    const jobs = await allEnded(server);
    expectAllWell(jobs, JOBS + 1);
    const created = jobs.map(({ createTime }) => createTime?.getTime() ?? 0);
    const lastCreated = (await client.get(last.id)).createTime?.getTime() ?? 0;
    expect(lastCreated).toBe(Math.max(...created));
    expect(lastCreated - Date.now()).toBeGreaterThan(HOUR_MS - LATE_MS);
  });

  it("was more than a year ahead and then is right again, does not stay there: new jobs have the right time", async () => {
    await start(clockOff("+400d"));
    await (await submit("/wrong")).result();
    await killed();
    await start();
    const job = await submit("/new");
    await job.result();
    const createTime = (await client.get(job.id)).createTime?.getTime() ?? Number.NaN;
    expect(Math.abs(createTime - Date.now())).toBeLessThan(LATE_MS);
  });
});

describe("a server on SQLite whose clock", () => {
  it.each([
    ["is set back by an hour", "-1h"],
    ["is set ahead by an hour", "+1h"],
  ])("%s while it runs, goes on: leases are kept or explained, retries and scheduled jobs come", async (_, by) => {
    const clock = settableClock(folder);
    await start(clock.env);
    await fill();
    clock.set(by);
    const begin = Date.now();
    // A retry and a scheduled job that begin to wait after the change.
    await submit("/due-later", WAIT_MS);
    await submit("/new");
    answerHeld();
    expectAllWell(await allEnded(server), JOBS + 2);
    expect(Date.now() - begin).toBeLessThan(LATE_MS);
  });

  it("is set back by an hour keeps what a page works on for longer than a lease", async () => {
    const clock = settableClock(folder);
    await start(clock.env);
    const long = await submit("/long");
    await pages.until(() => calls("/long") === 1);
    clock.set("-1h");
    await long.result();
    const job = await client.get(long.id);
    expect([job.attempts.length, job.interruptedCount, calls("/long")]).toEqual([1, 0, 1]);
  });
});
