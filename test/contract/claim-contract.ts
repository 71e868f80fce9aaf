// Contract of claim for jobs that wait: which are taken, in which order, and what a lease holds. What it does with
// jobs whose lease has lapsed is in lapse-contract.

import { describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import {
  claim,
  claimOne,
  LONG_MS,
  newJob,
  newJobs,
  OUTCOMES,
  read,
  running,
  settle,
  stored,
  tokenOf,
} from "../support/jobs.js";

export function claimContract(store: () => JobStore): void {
  describe("claim", () => {
    it("gives a due job to its caller: RUNNING, with payload and lease", async () => {
      const waiting = await stored(store(), { payload: Uint8Array.from([1, 0, 2]) });
      const { jobs } = await claim(store(), { holder: "host:7:fff", leaseMs: 60_000 });
      const [job] = jobs;
      expect(jobs).toHaveLength(1);
      expect(job).toMatchObject({ id: waiting.id, state: "RUNNING", fence: 1, attemptCount: 0, interruptedCount: 0 });
      expect([...(job?.payload ?? [])]).toEqual([1, 0, 2]);
      expect(job?.lease).toMatchObject({ holder: "host:7:fff", accepted: false, dueTime: waiting.availableTime });
      expect(job?.lease?.expireTime).toBe((job?.lease?.startTime ?? 0) + 60_000);
      expect(job?.availableTime).toBe(job?.lease?.expireTime);
      expect(job?.revision).toBe(waiting.revision + 1);
      expect(job?.startTime).toBe(job?.lease?.startTime);
      expect(await read(store(), waiting.id)).toEqual(job);
    });

    it("finds nothing in an empty store", async () => {
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [] });
    });

    it("takes no more than asked for", async () => {
      await store().insert(newJobs(25));
      const first = await claim(store(), { count: 10 });
      const second = await claim(store(), { count: 10 });
      const third = await claim(store(), { count: 10 });
      expect([first, second, third].map(({ jobs }) => jobs.length)).toEqual([10, 10, 5]);
      const ids = [first, second, third].flatMap(({ jobs }) => jobs.map((job) => job.id));
      expect(new Set(ids).size).toBe(25);
    });

    it("gives each job to one of several claims at once", async () => {
      await store().insert(newJobs(40));
      const claims = await Promise.all(Array.from({ length: 8 }, () => claim(store(), { count: 10 })));
      const ids = claims.flatMap(({ jobs }) => jobs.map((job) => job.id));
      expect(new Set(ids).size).toBe(ids.length);
      const rest = await claim(store(), { count: 40 });
      expect(ids.length + rest.jobs.length).toBe(40);
    });

    it("does not start a job before its time", async () => {
      await stored(store(), { start: { time: store().now() + 3_600_000 } });
      await stored(store(), { start: { delayMs: 3_600_000 } });
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [] });
    });

    it("takes the higher priority first, then the longest due", async () => {
      const start = (time: number) => ({ start: { time } });
      const late = await stored(store(), start(2_000));
      const low = await stored(store(), { priority: -5, ...start(1) });
      const high = await stored(store(), { priority: 5, ...start(3_000) });
      const early = await stored(store(), start(1_000));
      const order: string[] = [];
      for (let i = 0; i < 4; i++) for (const job of (await claim(store(), { count: 1 })).jobs) order.push(job.id);
      expect(order).toEqual([high.id, early.id, late.id, low.id]);
    });

    it("is not held up by what is scheduled for later with a higher priority", async () => {
      await store().insert(newJobs(50, { priority: 9, start: { delayMs: 3_600_000 } }));
      const due = await stored(store());
      expect((await claimOne(store())).id).toBe(due.id);
    });

    it("lets queues take turns, in the order of names, and goes round", async () => {
      for (const queue of ["b", "a", "c"]) await store().insert(newJobs(3, { queue }));
      const order: string[] = [];
      let afterQueue = "";
      for (let i = 0; i < 9; i++) {
        const { jobs, lastQueue } = await claim(store(), { count: 1, afterQueue });
        for (const job of jobs) order.push(job.queue);
        afterQueue = lastQueue;
      }
      expect(order).toEqual(["a", "b", "c", "a", "b", "c", "a", "b", "c"]);
    });

    it("begins after the given queue, whether or not that exists", async () => {
      for (const queue of ["a", "c"]) await stored(store(), { queue });
      const { jobs, lastQueue } = await claim(store(), { count: 1, afterQueue: "b" });
      expect(jobs.map((job) => job.queue)).toEqual(["c"]);
      expect(lastQueue).toBe("c");
    });

    it("fills its count from several queues", async () => {
      for (const queue of ["a", "b", "c"]) await store().insert(newJobs(2, { queue }));
      const { jobs } = await claim(store(), { count: 5, afterQueue: "a" });
      expect(jobs).toHaveLength(5);
      expect(jobs.filter((job) => job.queue === "b")).toHaveLength(2);
      expect(jobs.filter((job) => job.queue === "c")).toHaveLength(2);
    });

    it("passes over a paused queue until it is resumed", async () => {
      await stored(store(), { queue: "held" });
      const open = await stored(store(), { queue: "open" });
      await store().setPaused("held", true);
      expect((await claim(store())).jobs.map((job) => job.id)).toEqual([open.id]);
      expect((await claim(store())).jobs).toEqual([]);
      await store().setPaused("held", false);
      expect((await claim(store())).jobs.map((job) => job.queue)).toEqual(["held"]);
    });

    it("raises the fence by one and makes a new token with each claim", async () => {
      const tokens = new Set<string>();
      let job = await running(store());
      for (let fence = 1; fence <= 5; fence++) {
        expect(job.fence).toBe(fence);
        tokens.add(tokenOf(job));
        await settle(store(), job, OUTCOMES.released);
        job = await claimOne(store());
      }
      tokens.add(tokenOf(job));
      expect(tokens.size).toBe(6);
      for (const token of tokens) expect(token).toMatch(/^[A-Za-z0-9_-]{22}$/);
    });

    it("keeps the start time of the first claim", async () => {
      const first = await running(store());
      await settle(store(), first, OUTCOMES.failed);
      const second = await claimOne(store());
      expect(second.startTime).toBe(first.startTime);
    });

    it("does not give away a job whose lease lasts", async () => {
      await running(store(), {}, LONG_MS);
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [] });
    });

    it("ends a waiting job whose deadline has passed, and calls no page", async () => {
      const { id } = await stored(store(), { deadlineTime: 1_000 });
      const { jobs, passedOver } = await claim(store());
      expect(jobs).toEqual([]);
      expect(passedOver).toMatchObject([{ jobId: id }]);
      const job = await read(store(), id);
      expect(job).toMatchObject({ state: "FAILED", stateReason: "DEADLINE", fence: 0, attempts: [] });
      expect(job.finishTime).toBeGreaterThanOrEqual(job.createTime);
      expect([job.availableTime, job.lease, job.startTime]).toEqual([undefined, undefined, undefined]);
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [] });
    });

    it("finds the due jobs behind many whose deadline has passed", async () => {
      await store().insert(newJobs(30, { deadlineTime: 1_000 }));
      const good = newJob();
      await store().insert([good]);
      const found: string[] = [];
      for (let i = 0; i < 31; i++) for (const job of (await claim(store(), { count: 1 })).jobs) found.push(job.id);
      expect(found).toEqual([good.id]);
    });
  });
}
