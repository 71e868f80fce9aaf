// Contract of insert and get: what is stored, what counts as the same again, and when a job is due.

import { describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { claim, claimOne, insertAll, jobOf, LONG_MS, newJob, newJobs, read, settle, stored } from "../support/jobs.js";

export function insertContract(store: () => JobStore): void {
  describe("insert", () => {
    it("stores everything that the caller gave", async () => {
      const given = newJob({
        kind: "billing",
        queue: "invoices",
        endpoint: { url: "https://example.com/a?b=1&c='\"$d", method: "PUT", headers: { "X-Own": "a.b", $x: "$y" } },
        payload: Uint8Array.from([0, 255, 36, 0, 123]),
        contentType: "application/octet-stream",
        priority: -7,
        labels: { "tenant.id": "4'2", $where: "{$literal:1}", empty: "" },
        maxAttempts: 3,
        backoff: { initialMs: 5, maxMs: 50, multiplier: 1.5 },
        attemptTimeoutMs: 1_234,
        deadlineTime: 4_000_000_000_000,
        retentionMs: 99,
        start: { time: 3_000_000_000_000 },
        retryOf: "an-older-job",
      });
      await insertAll(store(), [given]);
      const { digest: _digest, start: _start, ...spec } = given;
      const job = await read(store(), given.id);
      expect({ ...job, payload: [...job.payload] }).toMatchObject({ ...spec, payload: [...given.payload] });
      expect(job.availableTime).toBe(3_000_000_000_000);
    });

    it("begins a job as PENDING with all counts at zero", async () => {
      const before = store().now();
      const { id } = await stored(store());
      const job = await read(store(), id);
      expect(job).toMatchObject({ state: "PENDING", attemptCount: 0, interruptedCount: 0, busyCount: 0, fence: 0 });
      expect(job.attempts).toEqual([]);
      expect(job.revision).toBeGreaterThan(0);
      expect(job.createTime).toBeGreaterThanOrEqual(before);
      expect(job.updateTime).toBe(job.createTime);
      for (const absent of [
        "lease",
        "cancel",
        "progress",
        "failure",
        "stateReason",
        "startTime",
        "finishTime",
      ] as const) {
        expect(job[absent]).toBeUndefined();
      }
      expect(job).not.toHaveProperty("deadlineTime");
      expect(job).not.toHaveProperty("retentionMs");
    });

    it("returns the job as stored, without its payload", async () => {
      const [result] = await insertAll(store(), [newJob({ payload: Uint8Array.from([1, 2]), priority: 3 })]);
      expect(result).toMatchObject({ kind: "stored", existing: false });
      expect(jobOf(result)).toMatchObject({ state: "PENDING", priority: 3 });
      expect(jobOf(result).payload).toHaveLength(0);
    });

    it("answers a repeat with what is stored", async () => {
      const job = newJob();
      const [first] = await insertAll(store(), [job]);
      const [second] = await insertAll(store(), [job]);
      expect(first).toMatchObject({ kind: "stored", existing: false });
      expect(second).toMatchObject({ kind: "stored", existing: true });
      expect(jobOf(second)).toEqual(jobOf(first));
    });

    it("tells of a new job what it will read of it, whatever it is like", async () => {
      const jobs = [
        newJob({ start: { delayMs: LONG_MS }, deadlineTime: Date.now() + 1_000, retentionMs: 5, labels: { a: "b" } }),
        newJob({ retryOf: "old", kind: "k", batchId: "b", parentJobId: "p", rootJobId: "r", depth: 2, childKey: "c" }),
        newJob({ completes: "b", depth: 1 }),
        newJob({ waits: { batchIds: ["x"], result: Uint8Array.from([1]), contentType: "text/plain" } }),
      ];
      const told = (await insertAll(store(), jobs)).map(jobOf);
      expect((await insertAll(store(), jobs)).map(jobOf)).toEqual(told);
    });

    it("answers a repeat of a job that has ended with the ended job", async () => {
      const job = newJob({ payload: Uint8Array.from([9]) });
      await insertAll(store(), [job]);
      await settle(store(), await claimOne(store()));
      const [again] = await insertAll(store(), [job]);
      expect(again).toMatchObject({ kind: "stored", existing: true });
      expect(jobOf(again).state).toBe("SUCCEEDED");
      expect(jobOf(again).payload).toHaveLength(0);
      expect(jobOf(again).result ?? []).toHaveLength(0);
      expect((await claim(store())).jobs).toEqual([]);
    });

    it("refuses another job under the same id and keeps the first", async () => {
      const job = newJob({ priority: 1 });
      await insertAll(store(), [job]);
      expect(await insertAll(store(), [newJob({ id: job.id, priority: 2 })])).toEqual([{ kind: "conflict" }]);
      expect((await read(store(), job.id)).priority).toBe(1);
    });

    it("answers in order, each item for itself", async () => {
      const [a, b, c] = [newJob(), newJob(), newJob()];
      await insertAll(store(), [b]);
      const results = await insertAll(store(), [a, newJob({ id: b.id, kind: "other" }), c, b]);
      expect(results.map((r) => (r.kind === "stored" ? [r.job.id, r.existing] : r.kind))).toEqual([
        [a.id, false],
        "conflict",
        [c.id, false],
        [b.id, true],
      ]);
    });

    it("takes equal ids within one call: the first is stored, the same again exists, another conflicts", async () => {
      const job = newJob();
      const results = await insertAll(store(), [job, job, newJob({ id: job.id, kind: "other" })]);
      expect(results.map((r) => (r.kind === "stored" ? r.existing : r.kind))).toEqual([false, true, "conflict"]);
    });

    it("creates one job from twenty equal submits at once", async () => {
      const job = newJob();
      const calls = await Promise.all(Array.from({ length: 20 }, () => insertAll(store(), [job])));
      const results = calls.map(([result]) => result);
      expect(results.filter((r) => r?.kind === "stored" && !r.existing)).toHaveLength(1);
      expect(results.filter((r) => r?.kind === "stored" && r.existing)).toHaveLength(19);
      expect((await claim(store())).jobs).toHaveLength(1);
    });

    it("lets one of twenty different submits under one id win", async () => {
      const id = newJob().id;
      const jobs = Array.from({ length: 20 }, (_, i) => newJob({ id, priority: i }));
      const calls = await Promise.all(jobs.map((job) => insertAll(store(), [job])));
      const kinds = calls.map(([result]) => result?.kind);
      expect(kinds.filter((kind) => kind === "stored")).toHaveLength(1);
      expect(kinds.filter((kind) => kind === "conflict")).toHaveLength(19);
    });

    it("stores a thousand jobs in one call", async () => {
      const jobs = newJobs(1_000);
      const results = await insertAll(store(), jobs);
      expect(results.map((result) => jobOf(result).id)).toEqual(jobs.map((job) => job.id));
      expect(
        await store().get(
          jobs.map((job) => job.id),
          "BASIC",
        ),
      ).toHaveLength(1_000);
    });

    it("stores nothing from an empty call", async () => {
      expect(await insertAll(store(), [])).toEqual([]);
    });

    it("counts a delay from the store's own now", async () => {
      const job = await stored(store(), { start: { delayMs: 3_600_000 } });
      expect(job.availableTime).toBe(job.createTime + 3_600_000);
      expect((await claim(store())).jobs).toEqual([]);
    });

    it("never puts the start later than the deadline", async () => {
      const deadlineTime = store().now() + 100_000;
      const delayed = await stored(store(), { start: { delayMs: 3_600_000 }, deadlineTime });
      const scheduled = await stored(store(), { start: { time: deadlineTime + 5_000 }, deadlineTime });
      expect([delayed.availableTime, scheduled.availableTime]).toEqual([deadlineTime, deadlineTime]);
    });
  });

  describe("get", () => {
    it("returns those that exist, and each once", async () => {
      const [a, b] = [await stored(store()), await stored(store())];
      const jobs = await store().get([a.id, "absent", b.id], "BASIC");
      expect(jobs.map((job) => job.id).sort()).toEqual([a.id, b.id].sort());
      expect(await store().get([], "FULL")).toEqual([]);
    });

    it("leaves out payload and result in a BASIC view, and nothing else", async () => {
      const job = newJob({ payload: Uint8Array.from([1, 2, 3]) });
      await insertAll(store(), [job]);
      await settle(store(), await claimOne(store()));
      const [basic] = await store().get([job.id], "BASIC");
      const [full] = await store().get([job.id], "FULL");
      expect(full?.payload).toHaveLength(3);
      expect(full?.result?.length).toBeGreaterThan(0);
      expect(basic?.payload).toHaveLength(0);
      expect(basic?.result ?? []).toHaveLength(0);
      const { payload: _p, result: _r, ...restOfFull } = full ?? {};
      const { payload: _q, result: _s, ...restOfBasic } = basic ?? {};
      expect(restOfBasic).toEqual(restOfFull);
    });
  });
}
