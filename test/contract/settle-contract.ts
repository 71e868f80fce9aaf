// Contract of settle: what each outcome writes, and that nobody but the present holder writes anything.

import { describe, expect, it } from "vitest";
import { limits } from "../../server/core/limits.js";
import type { JobStore } from "../../server/core/store.js";
import {
  claim,
  claimOne,
  held,
  lastAttempt,
  newJobs,
  OUTCOMES,
  read,
  running,
  settle,
  settlement,
  tokenOf,
} from "../support/jobs.js";

const HOSTILE: readonly Uint8Array[] = [
  "$state",
  "$$ROOT",
  '{"$literal": 1}',
  '{"$set": {"state": "FAILED"}}',
  "a\u0000b",
  `it's "quoted"; DROP TABLE job; --`,
  "",
]
  .map((text) => new TextEncoder().encode(text))
  .concat([Uint8Array.from([0, 255, 254, 0])]);

export function settleContract(store: () => JobStore): void {
  describe("settle", () => {
    it("ends a job that succeeded, with its result", async () => {
      const job = await running(store());
      expect(await settle(store(), job)).toBe("settled");
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "SUCCEEDED", stateReason: "OK", attemptCount: 1, fence: 1 });
      expect(new TextDecoder().decode(after.result)).toBe('{"ok":true}');
      expect(after.resultContentType).toBe("application/json");
      expect(after.finishTime).toBe(after.updateTime);
      expect(after.revision).toBe(job.revision + 1);
      expect([after.lease, after.availableTime, after.cancel]).toEqual([undefined, undefined, undefined]);
      expect(after.attempts).toEqual([
        {
          number: 1,
          fence: 1,
          startTime: job.lease?.startTime,
          endTime: after.finishTime,
          httpStatus: 200,
          outcome: "SUCCEEDED",
          message: "",
        },
      ]);
    });

    it("sends a failed attempt back to wait, as a used one", async () => {
      const job = await running(store());
      await settle(store(), job, { ...OUTCOMES.failed, retryDelayMs: 50_000 });
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "PENDING", attemptCount: 1, busyCount: 0, interruptedCount: 0 });
      expect(after.availableTime).toBe(after.updateTime + 50_000);
      expect(after.failure).toMatchObject({ reason: "HTTP_STATUS", httpStatus: 500, message: "the page broke" });
      expect(after.failure?.time).toBe(after.updateTime);
      expect(lastAttempt(after)).toMatchObject({ number: 1, outcome: "FAILED", httpStatus: 500 });
      expect([after.lease, after.finishTime, after.stateReason]).toEqual([undefined, undefined, undefined]);
    });

    it("ends a job whose attempts are spent", async () => {
      const job = await running(store(), { maxAttempts: 1 });
      await settle(store(), job, OUTCOMES.failed);
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "FAILED", stateReason: "ATTEMPTS_EXHAUSTED", attemptCount: 1 });
      expect(await claim(store())).toMatchObject({ jobs: [], passedOver: [] });
    });

    it("ends a job that its page refused", async () => {
      const job = await running(store());
      await settle(store(), job, OUTCOMES.rejected);
      expect(await read(store(), job.id)).toMatchObject({ state: "FAILED", stateReason: "PERMANENT", attemptCount: 1 });
    });

    it("counts a busy page apart from attempts", async () => {
      const job = await running(store());
      await settle(store(), job, OUTCOMES.busy);
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "PENDING", attemptCount: 0, busyCount: 1, failure: { reason: "BUSY" } });
    });

    it("counts nothing when a server gives a job back", async () => {
      const job = await running(store());
      await settle(store(), job, OUTCOMES.released);
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "PENDING", attemptCount: 0, busyCount: 0, interruptedCount: 0 });
      expect(lastAttempt(after).outcome).toBe("RELEASED");
      expect(after.failure).toBeUndefined();
      expect((await claimOne(store())).id).toBe(job.id);
    });

    it("ends a cancelled attempt", async () => {
      const job = await running(store());
      await settle(store(), job, OUTCOMES.cancelled);
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "CANCELLED", stateReason: "CANCELLED", attemptCount: 1 });
    });

    it("never lets a job wait beyond its deadline", async () => {
      const deadlineTime = store().now() + 60_000;
      const job = await running(store(), { deadlineTime });
      await settle(store(), job, { ...OUTCOMES.failed, retryDelayMs: 3_600_000 });
      expect((await read(store(), job.id)).availableTime).toBe(deadlineTime);
    });

    it("cancels what would go back to wait when a cancel was asked for", async () => {
      const job = await running(store());
      await store().cancel(job.id, "stop", 10_000);
      expect(await settle(store(), job, OUTCOMES.failed)).toBe("settled");
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "CANCELLED", stateReason: "CANCELLED", attemptCount: 1 });
      expect([after.cancel, after.availableTime]).toEqual([undefined, undefined]);
    });

    it("lets a result win that comes after a cancel was asked for", async () => {
      const job = await running(store());
      await store().cancel(job.id, "stop", 10_000);
      expect(await settle(store(), job)).toBe("settled");
      const after = await read(store(), job.id);
      expect(after).toMatchObject({ state: "SUCCEEDED", stateReason: "OK" });
      expect(after.cancel).toBeUndefined();
    });

    it("answers a repeat with `already` and changes nothing", async () => {
      const job = await running(store());
      await settle(store(), job);
      const after = await read(store(), job.id);
      expect(await settle(store(), job)).toBe("already");
      expect(await settle(store(), job, OUTCOMES.failed)).toBe("already");
      expect(await read(store(), job.id)).toEqual(after);
    });

    it("answers a repeat with `already` while the job waits again and while another holds it", async () => {
      const job = await running(store());
      await settle(store(), job, OUTCOMES.failed);
      expect(await settle(store(), job, OUTCOMES.failed)).toBe("already");
      const next = await claimOne(store());
      expect(await settle(store(), job, OUTCOMES.failed)).toBe("already");
      expect(await read(store(), job.id)).toEqual(next);
    });

    it("changes nothing for a token that no longer holds the job, though the same holder has it again", async () => {
      const stale = await running(store(), {}, 0);
      const fresh = await claimOne(store());
      expect(await settle(store(), stale)).toBe("lost");
      expect(await read(store(), stale.id)).toEqual(fresh);
      expect(await settle(store(), fresh)).toBe("settled");
    });

    it("guards each job by its own token, not by the tokens of the set", async () => {
      await running(store(), {}, 0);
      const a = await claimOne(store(), 0);
      const retaken = await claimOne(store());
      const b = await running(store());
      const results = await store().settle([settlement(b), settlement(a, OUTCOMES.succeeded, tokenOf(b))]);
      expect(results).toEqual(["settled", "lost"]);
      expect(await read(store(), a.id)).toEqual(retaken);
    });

    it("does not let a token settle a job that it lost by a lapse", async () => {
      const job = await running(store());
      await store().report([{ ...held(job), accept: true, leaseMs: 0 }]);
      await claim(store());
      expect(await settle(store(), job)).toBe("lost");
      expect((await read(store(), job.id)).state).toBe("PENDING");
    });

    it("settles by a lease that has lapsed while nobody else has claimed the job", async () => {
      const job = await running(store(), {}, 0);
      expect(await settle(store(), job)).toBe("settled");
    });

    it("answers `lost` for a job that does not exist", async () => {
      const job = await running(store());
      expect(await store().settle([{ ...settlement(job), jobId: "absent" }])).toEqual(["lost"]);
      expect(await store().settle([])).toEqual([]);
    });

    it("settles a set in which every job ends in its own way, and answers in order", async () => {
      await store().insert(newJobs(6));
      const { jobs } = await claim(store());
      const outcomes = Object.values(OUTCOMES);
      const set = jobs.map((job, i) => settlement(job, outcomes[i] ?? OUTCOMES.succeeded));
      expect(await store().settle(set)).toEqual(set.map(() => "settled"));
      const states = await Promise.all(jobs.map(async (job) => (await read(store(), job.id)).state));
      expect(states).toEqual(["SUCCEEDED", "PENDING", "FAILED", "PENDING", "PENDING", "CANCELLED"]);
    });

    it("stores results and messages as they are, also when they look like expressions", async () => {
      await store().insert(newJobs(HOSTILE.length, { maxAttempts: 2 }));
      const { jobs } = await claim(store());
      const results = jobs.map((job, i) =>
        settlement(job, { kind: "succeeded", result: HOSTILE[i] ?? new Uint8Array(), contentType: "$queue" }),
      );
      await store().settle(results);
      for (const [i, { id }] of jobs.entries()) {
        const after = await read(store(), id);
        expect([...(after.result ?? [])]).toEqual([...(HOSTILE[i] ?? [])]);
        expect(after.resultContentType).toBe("$queue");
      }
      for (const message of ["$queue", "$$NOW", "{$literal: 1}", "a\u0000b", `it's "quoted"`]) {
        const job = await running(store());
        await settle(store(), job, { ...OUTCOMES.rejected, message });
        const after = await read(store(), job.id);
        expect([after.failure?.message, lastAttempt(after).message]).toEqual([message, message]);
      }
    });

    it("keeps the last attempts of a long history, numbered by attempts used", async () => {
      let job = await running(store());
      await settle(store(), job, OUTCOMES.failed);
      for (let i = 0; i < limits.attemptsShown + 4; i++) {
        job = await claimOne(store());
        await settle(store(), job, OUTCOMES.busy);
      }
      const { attempts, fence } = await read(store(), job.id);
      expect(attempts).toHaveLength(limits.attemptsShown);
      expect(attempts.map((a) => a.fence)).toEqual(attempts.map((_, i) => fence - limits.attemptsShown + 1 + i));
      expect(attempts.every((a) => a.number === 2)).toBe(true);
    });
  });
}
