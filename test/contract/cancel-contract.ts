// Contract of cancel and sweep: what a cancel does in each state, and that what nobody claims is ended all the same.

import { describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { claim, ended, held, newJobs, OUTCOMES, read, running, stored } from "../support/jobs.js";

export function cancelContract(store: () => JobStore): void {
  describe("cancel", () => {
    it("ends a waiting job, which is never called", async () => {
      const { id, revision } = await stored(store(), { payload: Uint8Array.from([1]) });
      const job = await store().cancel(id, "not wanted", 10_000);
      expect(job).toMatchObject({ id, state: "CANCELLED", stateReason: "CANCELLED", attemptCount: 0, attempts: [] });
      expect(job?.revision).toBe(revision + 1);
      expect(job?.payload).toHaveLength(0);
      expect(job?.finishTime).toBe(job?.updateTime);
      expect([job?.availableTime, job?.cancel]).toEqual([undefined, undefined]);
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [] });
    });

    it("asks a running job to stop and leaves its lease", async () => {
      const running_ = await running(store());
      const job = await store().cancel(running_.id, "not $wanted", 10_000);
      expect(job).toMatchObject({ state: "RUNNING", cancel: { reason: "not $wanted" }, lease: running_.lease });
      expect(job?.cancel?.time).toBe(job?.updateTime);
      expect(job?.availableTime).toBe(running_.availableTime);
      expect(job?.revision).toBe(running_.revision + 1);
    });

    it("keeps the first reason when it is asked again", async () => {
      const { id } = await running(store());
      const first = await store().cancel(id, "first", 10_000);
      const second = await store().cancel(id, "second", 10_000);
      expect(second?.cancel).toEqual(first?.cancel);
    });

    it("ends the lease of an accepted job within the grace", async () => {
      const job = await running(store());
      await store().report([{ ...held(job), accept: true, leaseMs: 600_000 }]);
      const after = await store().cancel(job.id, "stop", 5_000);
      expect(after?.lease?.expireTime).toBe((after?.cancel?.time ?? 0) + 5_000);
      expect(after?.availableTime).toBe(after?.lease?.expireTime);
    });

    it("does not lengthen the lease of an accepted job", async () => {
      const job = await running(store());
      await store().report([{ ...held(job), accept: true, leaseMs: 0 }]);
      const before = await read(store(), job.id);
      const after = await store().cancel(job.id, "stop", 600_000);
      expect(after?.lease?.expireTime).toBe(before.lease?.expireTime);
    });

    it("changes nothing in a job that has ended", async () => {
      for (const outcome of [OUTCOMES.succeeded, OUTCOMES.rejected, OUTCOMES.cancelled]) {
        const job = await ended(store(), {}, outcome);
        expect((await store().cancel(job.id, "late", 0))?.state).toBe(job.state);
        expect(await read(store(), job.id)).toEqual(job);
      }
    });

    it("knows no job that does not exist", async () => {
      expect(await store().cancel("absent", "", 0)).toBeUndefined();
    });
  });

  describe("sweep", () => {
    it("ends what is to be cancelled and no longer leased, also in a paused queue", async () => {
      const job = await running(store(), { queue: "held" }, 0);
      await store().cancel(job.id, "stop", 0);
      await store().setPaused("held", true);
      expect(await store().sweep(10)).toMatchObject({ done: [{ jobId: job.id }], more: false });
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "CANCELLED", stateReason: "CANCELLED", interruptedCount: 1 });
      expect([after.cancel, after.lease, after.availableTime]).toEqual([undefined, undefined, undefined]);
      expect(after.attempts.map((attempt) => attempt.outcome)).toEqual(["INTERRUPTED"]);
      expect(await store().sweep(10)).toEqual({ done: [], more: false });
    });

    it("ends a waiting job past its deadline, also in a paused queue, and leaves one whose deadline is to come", async () => {
      const late = await stored(store(), { queue: "held", deadlineTime: 1_000 });
      const early = await stored(store(), { queue: "held", deadlineTime: store().now() + 600_000 });
      await store().setPaused("held", true);
      expect(await store().sweep(10)).toMatchObject({ done: [{ jobId: late.id }], more: false });
      expect(await read(store(), late.id)).toMatchObject({ state: "FAILED", stateReason: "DEADLINE", attempts: [] });
      expect((await read(store(), early.id)).state).toBe("PENDING");
      expect(await store().sweep(10)).toEqual({ done: [], more: false });
    });

    it("leaves what is still leased, and what nobody wants cancelled", async () => {
      const leased = await running(store());
      await store().cancel(leased.id, "stop", 0);
      const lapsed = await running(store(), {}, 0);
      await stored(store());
      expect(await store().sweep(10)).toEqual({ done: [], more: false });
      expect((await read(store(), leased.id)).state).toBe("RUNNING");
      expect((await read(store(), lapsed.id)).state).toBe("RUNNING");
    });

    it("ends no more than asked for at a time", async () => {
      await store().insert(newJobs(5));
      const { jobs } = await claim(store(), { leaseMs: 0 });
      for (const job of jobs) await store().cancel(job.id, "stop", 0);
      const sets = [await store().sweep(2), await store().sweep(2), await store().sweep(2), await store().sweep(2)];
      expect(sets.map(({ done, more }) => [done.length, more])).toEqual([
        [2, true],
        [2, true],
        [1, false],
        [0, false],
      ]);
      expect(new Set(sets.flatMap(({ done }) => done).map(({ jobId }) => jobId)).size).toBe(5);
    });
  });
}
