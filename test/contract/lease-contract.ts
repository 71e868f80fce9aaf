// Contract of renew and report: a holder keeps its lease, shows progress, hands the lease to its page, and is told when
// it holds no more or is to stop.

import { describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { claim, claimOne, held, newJobs, OUTCOMES, read, running, settle, tokenOf } from "../support/jobs.js";

export function leaseContract(store: () => JobStore): void {
  describe("renew", () => {
    it("moves the end of a lease to now and so long", async () => {
      const job = await running(store(), {}, 0);
      const before = store().now();
      expect(await store().renew([held(job)], 60_000)).toEqual({ lost: [], cancelled: [] });
      const after = await read(store(), job.id);
      expect(after.lease?.expireTime).toBeGreaterThanOrEqual(before + 60_000);
      expect(after.availableTime).toBe(after.lease?.expireTime);
      expect(after).toMatchObject({ state: "RUNNING", fence: 1, attempts: [] });
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [] });
    });

    it("says which are lost and leaves them as they are", async () => {
      const kept = await running(store());
      const stale = await running(store(), {}, 0);
      const retaken = await claimOne(store());
      const settled = await running(store());
      await settle(store(), settled);
      const holdings = [held(kept), held(stale), held(settled), { jobId: "absent", token: tokenOf(kept) }];
      const { lost, cancelled } = await store().renew(holdings, 60_000);
      expect([...lost].sort()).toEqual([stale.id, settled.id, "absent"].sort());
      expect(cancelled).toEqual([]);
      expect(await read(store(), stale.id)).toEqual(retaken);
    });

    it("does not take the token of one job for another in the set", async () => {
      const a = await running(store());
      const b = await running(store());
      const crossed = [
        { jobId: a.id, token: tokenOf(b) },
        { jobId: b.id, token: tokenOf(a) },
      ];
      const { lost } = await store().renew(crossed, 0);
      expect([...lost].sort()).toEqual([a.id, b.id].sort());
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [] });
    });

    it("renews what is to be cancelled and says why", async () => {
      const job = await running(store(), {}, 0);
      await store().cancel(job.id, "it's $over", 10_000);
      const { lost, cancelled } = await store().renew([held(job)], 60_000);
      expect(lost).toEqual([]);
      expect(cancelled).toEqual([{ jobId: job.id, reason: "it's $over" }]);
      expect((await claim(store())).passedOver).toEqual([]);
    });

    it("renews a large set", async () => {
      await store().insert(newJobs(300));
      const { jobs } = await claim(store(), { count: 300, leaseMs: 0 });
      expect(jobs).toHaveLength(300);
      expect(await store().renew(jobs.map(held), 60_000)).toEqual({ lost: [], cancelled: [] });
      expect((await claim(store(), { count: 300 })).jobs).toEqual([]);
      expect(await store().renew([], 60_000)).toEqual({ lost: [], cancelled: [] });
    });
  });

  describe("report", () => {
    it("shows progress and renews the lease", async () => {
      const job = await running(store(), {}, 0);
      const before = store().now();
      const progress = { done: 3, total: 10, message: "row $3 of 10" };
      const [result] = await store().report([{ ...held(job), progress, leaseMs: 60_000 }]);
      const after = await read(store(), job.id);
      expect(after.progress).toEqual({ ...progress, updateTime: after.updateTime });
      expect(after.revision).toBeGreaterThan(job.revision);
      expect(after.lease?.expireTime).toBeGreaterThanOrEqual(before + 60_000);
      expect(after.availableTime).toBe(after.lease?.expireTime);
      expect(result).toEqual({ kind: "held", cancelRequested: false, leaseExpireTime: after.lease?.expireTime });
    });

    it("replaces progress as a whole, and leaves it alone when there is none to show", async () => {
      const job = await running(store());
      await store().report([{ ...held(job), progress: { done: 1, total: 2, message: "one" }, leaseMs: 60_000 }]);
      await store().report([{ ...held(job), progress: { message: "{$literal: 'two'}" }, leaseMs: 60_000 }]);
      await store().report([{ ...held(job), leaseMs: 60_000 }]);
      const { progress } = await read(store(), job.id);
      expect(progress).toEqual({ message: "{$literal: 'two'}", updateTime: progress?.updateTime });
      expect(progress?.updateTime).toBeGreaterThan(0);
    });

    it("hands the lease to the page that accepted the job", async () => {
      const job = await running(store(), {}, 0);
      const [result] = await store().report([{ ...held(job), accept: true, leaseMs: 60_000 }]);
      expect(result).toMatchObject({ kind: "held", cancelRequested: false });
      const after = await read(store(), job.id);
      expect(after.lease).toMatchObject({ accepted: true, token: tokenOf(job) });
      expect(after.revision).toBeGreaterThan(job.revision);
      await store().report([{ ...held(job), progress: { message: "going" }, leaseMs: 60_000 }]);
      expect((await read(store(), job.id)).lease?.accepted).toBe(true);
      expect(await settle(store(), after)).toBe("settled");
    });

    it("says that a cancel was asked for", async () => {
      const job = await running(store());
      await store().cancel(job.id, "stop", 10_000);
      const [result] = await store().report([{ ...held(job), progress: { message: "" }, leaseMs: 60_000 }]);
      expect(result).toMatchObject({ kind: "held", cancelRequested: true });
    });

    it("does not move the end of the lease of an accepted job that is to be cancelled", async () => {
      const job = await running(store());
      await store().report([{ ...held(job), accept: true, leaseMs: 600_000 }]);
      await store().cancel(job.id, "stop", 5_000);
      const end = (await read(store(), job.id)).lease?.expireTime;
      const [result] = await store().report([{ ...held(job), progress: { message: "still" }, leaseMs: 600_000 }]);
      expect(result).toEqual({ kind: "held", cancelRequested: true, leaseExpireTime: end });
      const after = await read(store(), job.id);
      expect([after.lease?.expireTime, after.availableTime]).toEqual([end, end]);
      expect(after.progress?.message).toBe("still");
    });

    it("tells a token that settled the job, and one that lost it, apart", async () => {
      const settled = await running(store());
      await settle(store(), settled, OUTCOMES.rejected);
      const stale = await running(store(), {}, 0);
      const retaken = await claimOne(store());
      const reports = [settled, stale].map((job) => ({ ...held(job), progress: { message: "late" }, leaseMs: 60_000 }));
      const absent = { jobId: "absent", token: tokenOf(stale), accept: true as const, leaseMs: 60_000 };
      expect(await store().report([...reports, absent])).toEqual([
        { kind: "settled" },
        { kind: "lost" },
        { kind: "lost" },
      ]);
      expect(await read(store(), stale.id)).toEqual(retaken);
      expect((await read(store(), settled.id)).progress).toBeUndefined();
    });

    it("answers a set in order, each job by its own token", async () => {
      const [a, b] = [await running(store()), await running(store())];
      const results = await store().report([
        { jobId: a.id, token: tokenOf(b), progress: { message: "wrong" }, leaseMs: 60_000 },
        { ...held(b), progress: { message: "right" }, leaseMs: 60_000 },
      ]);
      expect(results.map((result) => result.kind)).toEqual(["lost", "held"]);
      expect((await read(store(), a.id)).progress).toBeUndefined();
      expect((await read(store(), b.id)).progress?.message).toBe("right");
    });
  });
}
