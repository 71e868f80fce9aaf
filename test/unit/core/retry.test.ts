// What becomes of a job when an attempt ends, and how long it waits.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Job } from "../../../server/core/job.js";
import { limits } from "../../../server/core/limits.js";
import { backoffMs, settlementOf } from "../../../server/core/retry.js";
import { OUTCOMES } from "../../support/jobs.js";

const job = {
  id: "job-1",
  attemptCount: 0,
  busyCount: 0,
  maxAttempts: 3,
  backoff: { initialMs: 1_000, maxMs: 60_000, multiplier: 2 },
} as Job;

const settled = (given: Partial<Job>, outcome: Parameters<typeof settlementOf>[2]) =>
  settlementOf({ ...job, ...given }, "token", outcome, () => 1);

describe("an ended attempt", () => {
  it("that succeeded uses an attempt and keeps the result", () => {
    const { next, counts, attempt } = settled({}, OUTCOMES.succeeded);
    expect({ next, counts, outcome: attempt.outcome }).toEqual({
      next: { state: "SUCCEEDED", result: OUTCOMES.succeeded.result, contentType: "application/json" },
      counts: "attempt",
      outcome: "SUCCEEDED",
    });
  });

  it("that failed waits for its backoff, and is spent with the last attempt", () => {
    expect(settled({}, OUTCOMES.failed).next).toEqual({ state: "PENDING", delayMs: 1_000 });
    expect(settled({ attemptCount: 1 }, OUTCOMES.failed).next).toEqual({ state: "PENDING", delayMs: 2_000 });
    const last = settled({ attemptCount: 2 }, OUTCOMES.failed);
    expect(last.next).toEqual({ state: "FAILED", reason: "ATTEMPTS_EXHAUSTED" });
    expect(last.failure).toEqual({ reason: "HTTP_STATUS", httpStatus: 500, message: "the page broke" });
  });

  it("waits as long as the page asked, where it asked", () => {
    const outcome = { ...OUTCOMES.failed, retryDelayMs: 77 };
    expect(settled({}, outcome).next).toEqual({ state: "PENDING", delayMs: 77 });
  });

  it("that was refused ends the job for good", () => {
    expect(settled({}, OUTCOMES.rejected).next).toEqual({ state: "FAILED", reason: "PERMANENT" });
    const forbidden = { kind: "rejected", reason: "ENDPOINT_NOT_ALLOWED", message: "" } as const;
    expect(settled({}, forbidden).next).toEqual({ state: "FAILED", reason: "ENDPOINT_NOT_ALLOWED" });
  });

  it("whose page was busy uses no attempt, and has an end of its own", () => {
    const busy = settled({ attemptCount: 2 }, OUTCOMES.busy);
    expect(busy.counts).toBe("busy");
    expect(busy.next.state).toBe("PENDING");
    const last = settled({ busyCount: limits.busyAnswers - 1 }, OUTCOMES.busy);
    expect(last.next).toEqual({ state: "FAILED", reason: "BUSY_TOO_OFTEN" });
  });

  it("that was given back by a server that stops counts as nothing, keeps its place and is due at once", () => {
    const { next, counts, failure } = settled({ attemptCount: 2 }, OUTCOMES.released);
    expect({ next, counts, failure }).toEqual({
      next: { state: "PENDING", delayMs: 0, keepsPlace: true },
      counts: "none",
      failure: undefined,
    });
  });
});

describe("the backoff", () => {
  it("has full jitter: anywhere from nothing to its ceiling, never above the maximum", () => {
    const inputs = fc.record({
      initialMs: fc.integer({ min: 0, max: limits.backoffInitialMaxMs }),
      maxMs: fc.integer({ min: 0, max: limits.backoffMaxMs }),
      multiplier: fc.double({ min: 1, max: limits.backoffMultiplierMax, noNaN: true }),
    });
    const chance = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: limits.maxAttempts }), chance, (backoff, count, random) => {
        const wait = backoffMs(backoff, count, () => random);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(backoff.maxMs);
        expect(Number.isInteger(wait)).toBe(true);
      }),
    );
  });

  it("rises by its multiplier up to its maximum", () => {
    const backoff = { initialMs: 100, maxMs: 1_000, multiplier: 3 };
    expect([1, 2, 3, 4, 500].map((count) => backoffMs(backoff, count, () => 1))).toEqual([100, 300, 900, 1_000, 1_000]);
  });
});
