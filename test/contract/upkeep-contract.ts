// Contract of the rest: retries that are noted, pruning, the clock, the signing key, opening and closing.

import { describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { claimOne, ended, insertAll, newJob, OUTCOMES, read, running, settle, stored } from "../support/jobs.js";

export function upkeepContract(store: () => JobStore): void {
  describe("linkRetry", () => {
    it("notes on an ended job that another retries it", async () => {
      const job = await ended(store(), {}, OUTCOMES.rejected);
      expect(await store().linkRetry(job.id, "next")).toBe("next");
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "FAILED", retriedBy: "next" });
      expect(after.revision).toBe(job.revision + 1);
    });

    it("keeps the first and returns it", async () => {
      const job = await ended(store(), {}, OUTCOMES.rejected);
      await store().linkRetry(job.id, "first");
      const before = await read(store(), job.id);
      expect(await store().linkRetry(job.id, "second")).toBe("first");
      expect(await store().linkRetry(job.id, "first")).toBe("first");
      expect(await read(store(), job.id)).toEqual(before);
    });
  });

  describe("prune", () => {
    it("deletes ended jobs past their retention and nothing else", async () => {
      const gone = [
        (await ended(store(), { retentionMs: 0 })).id,
        (await ended(store(), { retentionMs: 0 }, OUTCOMES.rejected)).id,
      ];
      const cancelled = await stored(store(), { retentionMs: 0, start: { delayMs: 3_600_000 } });
      await store().cancel(cancelled.id, "", 0);
      gone.push(cancelled.id);
      const kept = [
        (await ended(store(), { retentionMs: 3_600_000 })).id,
        (await ended(store())).id,
        (await ended(store(), {}, OUTCOMES.rejected)).id,
        (await running(store(), { retentionMs: 0 })).id,
        (await stored(store(), { retentionMs: 0 })).id,
      ];
      expect(await store().prune(100)).toEqual({ done: 3, more: false });
      expect(await store().prune(100)).toEqual({ done: 0, more: false });
      const left = await store().get([...gone, ...kept], "BASIC");
      expect(left.map((job) => job.id).sort()).toEqual([...kept].sort());
    });

    it("deletes no more than asked for at a time", async () => {
      for (let i = 0; i < 5; i++) await ended(store(), { retentionMs: 0, labels: { n: String(i) } });
      const rounds = [await store().prune(2), await store().prune(2), await store().prune(2)];
      expect(rounds.map(({ done, more }) => [done, more])).toEqual([
        [2, true],
        [2, true],
        [1, false],
      ]);
      const filter = { label: "n=1" };
      const { jobs } = await store().list({ filter, limit: 10, oldestFirst: true, view: "BASIC" });
      expect(jobs).toEqual([]);
    });

    it("frees the id, for a job with any content", async () => {
      const job = await ended(store(), { retentionMs: 0 });
      await store().prune(10);
      const [again] = await insertAll(store(), [newJob({ id: job.id, kind: "other", labels: { a: "1" } })]);
      expect(again).toMatchObject({ kind: "stored", existing: false });
      expect((await claimOne(store())).fence).toBe(1);
    });
  });

  describe("the store itself", () => {
    it("has a clock that does not go backwards and that writes do not run behind", async () => {
      const before = store().now();
      const job = await running(store());
      await settle(store(), job);
      const after = await read(store(), job.id);
      const times = [before, after.createTime, after.startTime ?? 0, after.finishTime ?? 0];
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(store().now()).toBeGreaterThanOrEqual(before);
    });

    it("answers a ping", async () => {
      await expect(store().ping()).resolves.toBeUndefined();
    });

    it("keeps one signing key of 32 bytes", async () => {
      const keys = await Promise.all([store().signingKey(), store().signingKey()]);
      expect(keys[0]).toHaveLength(32);
      expect([...(keys[0] ?? [])]).toEqual([...(keys[1] ?? [])]);
      expect([...(await store().signingKey())]).toEqual([...(keys[0] ?? [])]);
    });

    it("may be closed twice, and fails with UNAVAILABLE from then on", async () => {
      await store().close();
      await store().close();
      await expect(store().ping()).rejects.toMatchObject({ name: "DroverError", code: "UNAVAILABLE" });
      await expect(insertAll(store(), [newJob()])).rejects.toMatchObject({ code: "UNAVAILABLE" });
    });
  });
}
