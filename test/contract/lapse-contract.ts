// Contract of claim for jobs whose lease has lapsed: the branches of `decideClaim` as a store must carry them out.

import { describe, expect, it } from "vitest";
import type { Job } from "../../server/core/job.js";
import { limits } from "../../server/core/limits.js";
import type { JobStore } from "../../server/core/store.js";
import {
  claim,
  claimOne,
  held,
  LONG_MS,
  lastAttempt,
  OUTCOMES,
  read,
  running,
  settle,
  stored,
  tokenOf,
} from "../support/jobs.js";

export function lapseContract(store: () => JobStore): void {
  /** Answered 202, and silent since. */
  const acceptedAndSilent = async (given: Parameters<typeof running>[1] = {}): Promise<Job> => {
    const job = await running(store(), given, LONG_MS);
    await store().report([{ ...held(job), accept: true, leaseMs: 0 }]);
    return job;
  };

  describe("claim of a lapsed lease", () => {
    it("runs a job again whose holder died, and records the interruption", async () => {
      const first = await running(store(), {}, 0);
      const second = await claimOne(store());
      expect(second).toMatchObject({ id: first.id, state: "RUNNING", fence: 2, interruptedCount: 1, attemptCount: 0 });
      expect(tokenOf(second)).not.toBe(tokenOf(first));
      expect(second.lease?.dueTime).toBe(first.lease?.dueTime);
      expect(second.failure).toMatchObject({ reason: "LEASE_EXPIRED" });
      expect(second.attempts).toHaveLength(1);
      expect(lastAttempt(second)).toMatchObject({
        number: 1,
        fence: 1,
        startTime: first.lease?.startTime,
        endTime: second.lease?.startTime,
        outcome: "INTERRUPTED",
      });
      expect(second.revision).toBe(first.revision + 1);
    });

    it("ends a job whose holders died too often, with the last interruption recorded", async () => {
      const { id } = await running(store(), { maxAttempts: 1 }, 0);
      for (let deaths = 1; deaths < limits.interruptions; deaths++) {
        expect(await claimOne(store(), 0)).toMatchObject({ interruptedCount: deaths, fence: deaths + 1 });
      }
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [{ jobId: id }] });
      const job = await read(store(), id);
      expect(job).toMatchObject({ state: "FAILED", stateReason: "INTERRUPTED_TOO_OFTEN", attemptCount: 0 });
      expect(job.interruptedCount).toBe(limits.interruptions);
      expect(job.attempts).toHaveLength(limits.attemptsShown);
      expect(lastAttempt(job)).toMatchObject({ outcome: "INTERRUPTED", fence: limits.interruptions });
      expect(job.lease).toBeUndefined();
    });

    it("takes first, at one priority, whose holder died, however long others have waited", async () => {
      const start = (time: number) => ({ start: { time } });
      const interrupted = await running(store(), { priority: 1 }, 0);
      const waited = await stored(store(), { priority: 1, ...start(1_000) });
      const more = await stored(store(), { priority: 2, ...start(2_000) });
      const { jobs } = await claim(store());
      expect(jobs.map(({ id }) => id)).toEqual([more.id, interrupted.id, waited.id]);
      expect(jobs.map(({ priority }) => priority)).toEqual([2, 1, 1]);
    });

    it("lets a job that is given back keep its place, also if its holder had died before", async () => {
      const start = (time: number) => ({ start: { time } });
      const interrupted = await running(store(), start(1_000), 0);
      await stored(store(), start(2_000));
      const { jobs } = await claim(store());
      expect(jobs.map(({ id }) => id)).toContain(interrupted.id);
      for (const job of jobs) await settle(store(), job, OUTCOMES.released);
      const again = await claim(store());
      expect(again.jobs.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
      expect(again.jobs.map(({ lease }) => lease?.dueTime)).toEqual([1_000, 2_000]);
    });

    it("lets a job whose attempt has ended wait among the others again, with its priority", async () => {
      const first = await running(store(), { priority: -3 }, 0);
      const second = await claimOne(store());
      expect(second.id).toBe(first.id);
      await settle(store(), second, { ...OUTCOMES.failed, retryDelayMs: 0 });
      const waited = await stored(store(), { priority: -3, start: { time: 1_000 } });
      const { jobs } = await claim(store());
      expect(jobs.map(({ id }) => id)).toEqual([waited.id, first.id]);
      expect(jobs.map(({ priority, depth }) => [priority, depth])).toEqual([
        [-3, 0],
        [-3, 0],
      ]);
    });

    it("uses an attempt and waits for the backoff when an accepted job falls silent", async () => {
      const { id } = await acceptedAndSilent({ backoff: { initialMs: 1_000, maxMs: 1_000, multiplier: 1 } });
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [{ jobId: id }] });
      const job = await read(store(), id);
      expect(job).toMatchObject({ state: "PENDING", attemptCount: 1, interruptedCount: 0, fence: 1 });
      expect(job.failure).toMatchObject({ reason: "LEASE_EXPIRED" });
      expect(lastAttempt(job)).toMatchObject({ number: 1, fence: 1, outcome: "LAPSED" });
      expect(job.lease).toBeUndefined();
      expect(job.availableTime).toBeGreaterThanOrEqual(job.updateTime);
      expect(job.availableTime).toBeLessThanOrEqual(job.updateTime + 1_000);
    });

    it("does not wait beyond the deadline after a lapse", async () => {
      const deadlineTime = store().now() + 60_000;
      const backoff = { initialMs: 86_400_000, maxMs: 86_400_000, multiplier: 1 };
      const { id } = await acceptedAndSilent({ deadlineTime, backoff });
      await claim(store());
      expect((await read(store(), id)).availableTime).toBeLessThanOrEqual(deadlineTime);
    });

    it("ends an accepted job that falls silent in its last attempt", async () => {
      const { id } = await acceptedAndSilent({ maxAttempts: 1 });
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [{ jobId: id }] });
      const job = await read(store(), id);
      expect(job).toMatchObject({ state: "FAILED", stateReason: "ATTEMPTS_EXHAUSTED", attemptCount: 1 });
      expect(job.failure).toMatchObject({ reason: "LEASE_EXPIRED" });
      expect(lastAttempt(job)).toMatchObject({ number: 1, outcome: "LAPSED" });
    });

    it("ends a job that is to be cancelled, and records the lease it had", async () => {
      const interrupted = await running(store(), {}, 0);
      await store().cancel(interrupted.id, "stop", 0);
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [{ jobId: interrupted.id }] });
      const job = await read(store(), interrupted.id);
      expect(job).toMatchObject({ state: "CANCELLED", stateReason: "CANCELLED", interruptedCount: 1, attemptCount: 0 });
      expect(lastAttempt(job).outcome).toBe("INTERRUPTED");
      expect(job.cancel).toBeUndefined();
    });

    it("ends an accepted job that is to be cancelled, as a used attempt", async () => {
      const { id } = await acceptedAndSilent();
      await store().cancel(id, "stop", 0);
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [{ jobId: id }] });
      const job = await read(store(), id);
      expect(job).toMatchObject({ state: "CANCELLED", stateReason: "CANCELLED", interruptedCount: 0, attemptCount: 1 });
      expect(lastAttempt(job).outcome).toBe("LAPSED");
    });

    it("leaves a lapsed job of a paused queue until it is resumed", async () => {
      const { id } = await running(store(), { queue: "held" }, 0);
      await store().setPaused("held", true);
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [] });
      expect(await read(store(), id)).toMatchObject({ state: "RUNNING", fence: 1 });
      await store().setPaused("held", false);
      expect(await claimOne(store())).toMatchObject({ id, fence: 2 });
    });

    it("takes waiting and lapsed jobs of a queue in one order", async () => {
      const lapsed = await running(store(), { priority: 1 }, 0);
      await stored(store(), { priority: 0, start: { time: 1 } });
      const { jobs } = await claim(store(), { count: 1 });
      expect(jobs.map((job) => job.id)).toEqual([lapsed.id]);
    });

    it("starts an accepted job afresh: the next lease is not accepted", async () => {
      const { id } = await acceptedAndSilent();
      await claim(store());
      const again = await claimOne(store());
      expect(again).toMatchObject({ id, fence: 2, attemptCount: 1 });
      expect(again.lease?.accepted).toBe(false);
      expect(await settle(store(), again)).toBe("settled");
      expect(lastAttempt(await read(store(), id))).toMatchObject({ number: 2, fence: 2, outcome: "SUCCEEDED" });
    });
  });
}
