// Contract of queues: which are known, what they count, pausing, and purging.

import { describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { claim, ended, newJobs, read, running, stored } from "../support/jobs.js";

export function queueContract(store: () => JobStore): void {
  describe("queues", () => {
    it("are known once they had a job or were paused, by name", async () => {
      expect(await store().listQueues("", 10)).toEqual([]);
      await stored(store(), { queue: "mail" });
      await stored(store(), { queue: "bill" });
      await store().setPaused("zoo", true);
      expect((await store().listQueues("", 10)).map((queue) => queue.name)).toEqual(["bill", "mail", "zoo"]);
      expect((await store().listQueues("bill", 1)).map((queue) => queue.name)).toEqual(["mail"]);
      expect(await store().listQueues("zoo", 10)).toEqual([]);
    });

    it("count what may start, what waits for later and what runs", async () => {
      await running(store(), { queue: "mail" });
      await store().insert(newJobs(2, { queue: "mail", start: { delayMs: 3_600_000 } }));
      await store().insert(newJobs(3, { queue: "mail", start: { time: 5_000 } }));
      await stored(store(), { queue: "mail", start: { time: 4_000 } });
      await stored(store(), { queue: "other" });
      const expected = {
        name: "mail",
        paused: false,
        counts: { pending: 4, scheduled: 2, running: 1 },
        oldestAvailableTime: 4_000,
      };
      expect(await store().getQueue("mail")).toEqual(expected);
      expect((await store().listQueues("", 10))[0]).toEqual(expected);
    });

    it("count nothing that has ended, and stay known", async () => {
      await ended(store(), { queue: "mail" });
      const queue = await store().getQueue("mail");
      expect(queue).toMatchObject({ name: "mail", paused: false, counts: { pending: 0, scheduled: 0, running: 0 } });
      expect(queue?.oldestAvailableTime).toBeUndefined();
    });

    it("are unknown by another name", async () => {
      expect(await store().getQueue("absent")).toBeUndefined();
    });

    it("are made by pausing, and stay known when resumed", async () => {
      await store().setPaused("mail", true);
      await store().setPaused("mail", true);
      expect(await store().getQueue("mail")).toMatchObject({ paused: true });
      await store().setPaused("mail", false);
      expect(await store().getQueue("mail")).toMatchObject({ paused: false });
      await stored(store(), { queue: "mail" });
      expect((await claim(store())).jobs).toHaveLength(1);
    });

    it("stay paused when jobs come in", async () => {
      await store().setPaused("mail", true);
      await stored(store(), { queue: "mail" });
      expect(await store().getQueue("mail")).toMatchObject({ paused: true, counts: { pending: 1 } });
      expect((await claim(store())).jobs).toEqual([]);
    });
  });

  describe("purge", () => {
    it("cancels what is PENDING in the queue, scheduled or not, and deletes nothing", async () => {
      const runs = await running(store(), { queue: "mail" });
      const due = await stored(store(), { queue: "mail" });
      const later = await stored(store(), { queue: "mail", start: { delayMs: 3_600_000 } });
      const other = await stored(store(), { queue: "other" });
      const { done, more } = await store().purge("mail", 10);
      expect(done.map(({ jobId }) => jobId).sort()).toEqual([due.id, later.id].sort());
      expect(more).toBe(false);
      for (const { id } of [due, later]) {
        const job = await read(store(), id);
        expect(job).toMatchObject({ state: "CANCELLED", stateReason: "CANCELLED", attemptCount: 0 });
        expect(job.availableTime).toBeUndefined();
        expect(job.finishTime).toBe(job.updateTime);
      }
      expect((await read(store(), runs.id)).state).toBe("RUNNING");
      expect((await read(store(), other.id)).state).toBe("PENDING");
      expect(await store().purge("mail", 10)).toEqual({ done: [], more: false });
    });

    it("cancels no more than asked for at a time, also in a paused queue", async () => {
      await store().insert(newJobs(5, { queue: "mail" }));
      await store().setPaused("mail", true);
      const sets = [await store().purge("mail", 3), await store().purge("mail", 3), await store().purge("mail", 3)];
      expect(sets.map(({ done, more }) => [done.length, more])).toEqual([
        [3, true],
        [2, false],
        [0, false],
      ]);
      expect(new Set(sets.flatMap(({ done }) => done).map(({ jobId }) => jobId)).size).toBe(5);
    });

    it("finds nothing in a queue that does not exist", async () => {
      expect(await store().purge("absent", 10)).toEqual({ done: [], more: false });
    });
  });
}
