// A process that stood still for longer than its leases, as after a SIGSTOP: what it does when it goes on.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Job } from "../../../server/core/job.js";
import { UndiciCaller } from "../../../server/endpoint/undici-caller.js";
import { Service } from "../../../server/engine/service.js";
import { systemClock } from "../../../server/system.js";
import { engineParts } from "../../support/engine.js";
import { type PageServer, startPageServer } from "../../support/page-server.js";

const LEASE_MS = 1_000;

let pages: PageServer;
let parts: Awaited<ReturnType<typeof engineParts>>;
let service: Service;

beforeEach(async () => {
  pages = await startPageServer();
  parts = await engineParts();
});

afterEach(async () => {
  await service.stop(0);
  await parts.caller.close();
  await parts.store.close();
  await pages.close();
});

/** A job that calls this page, at its end. */
async function end(endpoint: { url: string }): Promise<Job> {
  const [result] = await service.submitter.submit([{ endpoint }], () => "job");
  if (result === undefined || result instanceof Error) throw result ?? new Error("no result");
  let last: Job | undefined;
  for await (const job of service.watcher.watch(result.job.id, undefined, new AbortController().signal))
    last = job ?? last;
  if (last === undefined) throw new Error("the watch ended before the job");
  return last;
}

describe("the dispatcher", () => {
  it("does not call a page for a job whose lease had ended by the time its claim was answered", async () => {
    // As after a SIGSTOP: the claim is made, and this process goes on when its lease is over.
    let skippedMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs };
    const { store } = parts;
    const claim = store.claim.bind(store);
    store.claim = async (request) => {
      const result = await claim(request);
      if (result.jobs.length > 0 && skippedMs === 0) skippedMs = LEASE_MS;
      return result;
    };
    service = await Service.create({ ...parts, clock, dispatch: true, concurrency: 4, leaseMs: LEASE_MS });
    service.start();
    const job = await end({ url: `${pages.origin}/job` });
    expect(job.attempts.map(({ fence, outcome }) => `${fence} ${outcome}`)).toEqual(["1 RELEASED", "2 SUCCEEDED"]);
    expect(job.interruptedCount).toBe(0);
    expect(pages.requests.map(({ headers }) => headers["job-fence"])).toEqual(["2"]);
  });

  it("does not call a page for a job whose lease had ended by the time there was a connection", async () => {
    // As after a SIGSTOP between the two: the process goes on when its lease is over.
    let skippedMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs };
    const caller = new UndiciCaller({
      guard: parts.policy,
      resolve: async () => {
        if (skippedMs === 0) skippedMs = LEASE_MS;
        return [{ address: "127.0.0.1", family: 4 }];
      },
    });
    service = await Service.create({ ...parts, caller, clock, dispatch: true, concurrency: 4, leaseMs: LEASE_MS });
    service.start();
    const { port } = new URL(pages.origin);
    const job = await end({ url: `http://localhost:${port}/` });
    expect(job.attempts.map(({ fence, outcome }) => `${fence} ${outcome}`)).toEqual(["1 RELEASED", "2 SUCCEEDED"]);
    expect(pages.requests.map(({ headers }) => headers["job-fence"])).toEqual(["2"]);
    await caller.close();
  });
});
