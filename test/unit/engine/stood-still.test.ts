// A process that stood still for longer than its leases, as after a SIGSTOP: what it does when it goes on.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UndiciCaller } from "../../../server/endpoint/undici-caller.js";
import { systemClock } from "../../../server/system.js";
import { RunningEngine } from "../../support/running-engine.js";

const LEASE_MS = 1_000;

let engine: RunningEngine;

beforeEach(async () => {
  engine = await RunningEngine.prepare();
});

afterEach(() => engine.close());

describe("the dispatcher", () => {
  it("does not call a page for a job whose lease had ended by the time its claim was answered", async () => {
    // As after a SIGSTOP: the claim is made, and this process goes on when its lease is over.
    let skippedMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs };
    const { store } = engine.parts;
    const claim = store.claim.bind(store);
    store.claim = async (request) => {
      const result = await claim(request);
      if (result.jobs.length > 0 && skippedMs === 0) skippedMs = LEASE_MS;
      return result;
    };
    await engine.start({ clock, leaseMs: LEASE_MS });
    const job = await engine.end(await engine.submit());
    expect(job.attempts.map(({ fence, outcome }) => `${fence} ${outcome}`)).toEqual(["1 RELEASED", "2 SUCCEEDED"]);
    expect(job.interruptedCount).toBe(0);
    expect(engine.pages.requests.map(({ headers }) => headers["job-fence"])).toEqual(["2"]);
  });

  it("gives back what waits for a slot, whoever finds that its lease has ended", async () => {
    let skippedMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs };
    await engine.start({ clock, leaseMs: LEASE_MS, concurrency: 1 });
    // Attempts are short so far, so that one set is held ahead.
    await engine.end(await engine.submit());
    engine.pages.handler = ({ headers }, response) => {
      if (headers["job-id"] !== first || headers["job-fence"] !== "1") response.end();
    };
    const first = await engine.submit();
    await engine.pages.until(() => engine.pages.requests.some(({ headers }) => headers["job-id"] === first));
    const second = await engine.submit();
    const isHeld = async () => (await engine.parts.store.get([second], "BASIC"))[0]?.state === "RUNNING";
    await vi.waitUntil(isHeld, { interval: 5 });
    // Leases are looked after more often than what is due is looked for.
    skippedMs = LEASE_MS;
    const job = await engine.end(second);
    expect(job.attempts.map(({ fence, outcome }) => `${fence} ${outcome}`)).toEqual(["1 RELEASED", "2 SUCCEEDED"]);
    expect(job.interruptedCount).toBe(0);
    expect(await engine.end(first)).toMatchObject({ interruptedCount: 1 });
  });

  it("does not call a page for a job whose lease had ended by the time there was a connection", async () => {
    // As after a SIGSTOP between the two: the process goes on when its lease is over.
    let skippedMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs };
    const caller = new UndiciCaller({
      guard: engine.parts.policy,
      resolve: async () => {
        if (skippedMs === 0) skippedMs = LEASE_MS;
        return [{ address: "127.0.0.1", family: 4 }];
      },
    });
    await engine.start({ caller, clock, leaseMs: LEASE_MS });
    const { port } = new URL(engine.pages.origin);
    const job = await engine.end(await engine.submit({ endpoint: { url: `http://localhost:${port}/` } }));
    expect(job.attempts.map(({ fence, outcome }) => `${fence} ${outcome}`)).toEqual(["1 RELEASED", "2 SUCCEEDED"]);
    expect(engine.pages.requests.map(({ headers }) => headers["job-fence"])).toEqual(["2"]);
    await caller.close();
  });
});
