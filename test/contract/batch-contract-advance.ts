// Contract of `advance`: when batches and masters end, what they end in, and that it happens once whoever looks.

import { describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { claimOne, OUTCOMES, read, running, settle, stored } from "../support/jobs.js";
import {
  add,
  batchChecks,
  jobChecks,
  look,
  newBatch,
  newMembers,
  opened,
  readBatch,
  run,
  sealed,
  statesOf,
  summed,
  taken,
} from "./batch-contract-subjects.js";

const NONE = { batchIds: [], jobIds: [] };

export function advanceContract(store: () => JobStore): void {
  describe("advance of a batch", () => {
    it("does nothing before the seal, even if every member has ended", async () => {
      const batch = await opened(store());
      await add(store(), batch, newMembers(batch, 2));
      await run(store());
      const before = await readBatch(store(), batch.id);
      const { again, changed, departed } = await store().advance(batchChecks(batch.id));
      expect([again, changed, departed]).toEqual([NONE, [], []]);
      expect(await readBatch(store(), batch.id)).toEqual(before);
    });

    it("does nothing while a member lives, and says that it waits", async () => {
      const batch = await sealed(store(), 2);
      const job = (await taken(store()))[0];
      await settle(store(), job ?? (await claimOne(store())));
      expect(await store().advance(batchChecks(batch.id))).toMatchObject({ unfinished: [batch.id], changed: [] });
      expect((await readBatch(store(), batch.id)).state).toBe("RUNNING");
    });

    it("ends it once, with its tally, whoever looks and however often", async () => {
      const batch = await sealed(store(), 5);
      await run(store());
      const steps = await Promise.all(Array.from({ length: 6 }, () => look(store(), batchChecks(batch.id))));
      // A change may be told more than once: that is a hint. It happens once.
      expect(new Set(steps.flat().flatMap(({ changed }) => changed))).toEqual(new Set([batch.id]));
      const after = await readBatch(store(), batch.id);
      expect(after).toMatchObject({ state: "SUCCEEDED", stateReason: "OK", total: 5 });
      expect(after.tally).toEqual({
        total: 5,
        pending: 0,
        running: 0,
        waiting: 0,
        succeeded: 5,
        failed: 0,
        cancelled: 0,
      });
      expect([after.finishTime, after.revision]).toEqual([after.updateTime, batch.revision + 1]);
      await look(store(), batchChecks(batch.id));
      expect(await readBatch(store(), batch.id)).toEqual(after);
    });

    it("ends an empty one at once", async () => {
      const batch = await sealed(store(), 0);
      await look(store(), batchChecks(batch.id));
      expect(await readBatch(store(), batch.id)).toMatchObject({ state: "SUCCEEDED", total: 0 });
    });

    it.each([
      ["a failure", { toleratedCount: 0, toleratedRatio: 0 }, "FAILED"],
      ["as many as the count tolerates", { toleratedCount: 2, toleratedRatio: 0 }, "SUCCEEDED"],
      ["more than the count tolerates", { toleratedCount: 1, toleratedRatio: 0 }, "FAILED"],
      ["as many as the ratio tolerates", { toleratedCount: 0, toleratedRatio: 0.5 }, "SUCCEEDED"],
      ["as many as the larger of the two", { toleratedCount: 1, toleratedRatio: 0.5 }, "SUCCEEDED"],
      ["more than either", { toleratedCount: 1, toleratedRatio: 0.49 }, "FAILED"],
    ])("weighs %s by its policy", async (_, tolerated, state) => {
      const batch = await sealed(store(), 4, newBatch({ failurePolicy: { mode: "CONTINUE", ...tolerated } }));
      const [first, second, ...rest] = await taken(store());
      // One that is cancelled by itself counts as failed.
      if (first !== undefined) await settle(store(), first, OUTCOMES.rejected);
      if (second !== undefined) await settle(store(), second, OUTCOMES.cancelled);
      for (const job of rest) await settle(store(), job);
      await look(store(), batchChecks(batch.id));
      const after = await readBatch(store(), batch.id);
      expect([after.state, after.stateReason]).toEqual([state, state === "FAILED" ? "MEMBERS_FAILED" : "OK"]);
      expect(after.tally).toMatchObject({ total: 4, succeeded: 2, failed: 1, cancelled: 1 });
    });

    it("makes its on_complete job once, tells it the counts, and ends after it", async () => {
      const given = summed({ key: "sum" });
      const batch = await sealed(store(), 2, given);
      await run(store());
      const steps = await Promise.all(Array.from({ length: 4 }, () => look(store(), batchChecks(batch.id))));
      expect(new Set(steps.flat().flatMap(({ queues }) => queues))).toEqual(new Set(["summaries"]));
      expect(await readBatch(store(), batch.id)).toMatchObject({ state: "COMPLETING", tally: { total: 2 } });
      const summary = await claimOne(store());
      expect([summary.id, summary.queue, summary.batchId]).toEqual([given.onCompleteJobId, "summaries", undefined]);
      const told = JSON.parse(new TextDecoder().decode(summary.payload));
      expect(told).toMatchObject({ batch: { id: batch.id, key: "sum", state: "SUCCEEDED", counts: { total: 2 } } });
      await look(store(), batchChecks(batch.id));
      expect((await readBatch(store(), batch.id)).state).toBe("COMPLETING");
      await settle(store(), summary);
      await look(store(), batchChecks(batch.id));
      const after = await readBatch(store(), batch.id);
      expect(after).toMatchObject({ state: "SUCCEEDED", stateReason: "OK", tally: { total: 2, succeeded: 2 } });
      expect(await statesOf(store(), batch.id)).toHaveLength(2);
    });

    it("ends FAILED by an on_complete job that failed", async () => {
      const batch = await sealed(store(), 1, summed());
      await run(store());
      await look(store(), batchChecks(batch.id));
      await run(store(), OUTCOMES.rejected);
      await look(store(), batchChecks(batch.id));
      expect(await readBatch(store(), batch.id)).toMatchObject({ state: "FAILED", stateReason: "ON_COMPLETE_FAILED" });
    });

    it("with CANCEL_REST ends what is left once more failed than is tolerated, and tells its on_complete job", async () => {
      const failurePolicy = { mode: "CANCEL_REST", toleratedCount: 0, toleratedRatio: 0 } as const;
      const batch = await sealed(store(), 2, summed({ failurePolicy }));
      const [bad, busy] = await taken(store());
      if (bad === undefined || busy === undefined) throw new Error("two members were to run");
      await look(store(), batchChecks(batch.id));
      expect((await readBatch(store(), batch.id)).cancel).toBeUndefined();
      await settle(store(), bad, OUTCOMES.rejected);
      const steps = await look(store(), batchChecks(batch.id));
      expect(steps.flatMap(({ flagged }) => flagged)).toEqual([busy.id]);
      expect(await readBatch(store(), batch.id)).toMatchObject({ state: "RUNNING", cancel: { kind: "REST" } });
      // A result that comes all the same wins.
      await settle(store(), busy);
      await look(store(), batchChecks(batch.id));
      const summary = await claimOne(store());
      expect(JSON.parse(new TextDecoder().decode(summary.payload)).batch).toMatchObject({ state: "FAILED" });
      await settle(store(), summary);
      await look(store(), batchChecks(batch.id));
      const after = await readBatch(store(), batch.id);
      expect(after).toMatchObject({
        state: "FAILED",
        stateReason: "MEMBERS_FAILED",
        tally: { failed: 1, succeeded: 1 },
      });
    });

    it("closes one that nobody sealed in time, but not while its master may still add to it", async () => {
      const alone = await opened(store(), newBatch({ sealTimeoutMs: 0 }));
      const master = await running(store());
      const below = await opened(store(), newBatch({ sealTimeoutMs: 0 }), master);
      await look(store(), batchChecks(alone.id, below.id));
      expect(await readBatch(store(), alone.id)).toMatchObject({ state: "CANCELLED", stateReason: "SEAL_TIMEOUT" });
      expect((await readBatch(store(), below.id)).state).toBe("OPEN");
    });
  });

  describe("advance of a master", () => {
    it("lets it end after its batches, by its own end", async () => {
      const master = await running(store());
      const batches = [await sealed(store(), 1, newBatch(), master), await sealed(store(), 1, newBatch(), master)];
      await settle(store(), master);
      await look(store(), jobChecks(master.id));
      expect(await read(store(), master.id)).toMatchObject({ state: "WAITING", ownEnd: { state: "SUCCEEDED" } });
      const members = await taken(store());
      for (const job of members) {
        expect((await read(store(), master.id)).state).toBe("WAITING");
        await settle(store(), job);
        await look(store(), batchChecks(job.batchId ?? ""));
      }
      const after = await read(store(), master.id);
      expect([after.state, after.stateReason, after.ownEnd]).toEqual(["SUCCEEDED", "OK", undefined]);
      for (const { id } of batches) {
        expect((await readBatch(store(), id)).finishTime).toBeLessThanOrEqual(after.finishTime ?? 0);
      }
    });

    it("lets it end once, and names it to the batch above", async () => {
      const above = await sealed(store(), 1);
      const master = await claimOne(store());
      const below = await sealed(store(), 1, newBatch(), master);
      await settle(store(), master);
      await run(store());
      const steps = await Promise.all(Array.from({ length: 4 }, () => look(store(), batchChecks(below.id))));
      expect(steps.flat().flatMap(({ departed }) => departed)).toEqual([
        { jobId: master.id, batchId: above.id, waits: false },
      ]);
      expect((await readBatch(store(), above.id)).state).toBe("SUCCEEDED");
    });

    it("lets it fail by a batch that failed", async () => {
      const master = await running(store());
      const batch = await sealed(store(), 1, newBatch(), master);
      await settle(store(), master);
      await run(store(), OUTCOMES.rejected);
      await look(store(), batchChecks(batch.id));
      expect(await read(store(), master.id)).toMatchObject({ state: "FAILED", stateReason: "CHILDREN_FAILED" });
    });

    it("seals what its page left open when that succeeded", async () => {
      const master = await running(store());
      const batch = await opened(store(), newBatch(), master);
      await add(store(), batch, newMembers(batch, 3));
      await settle(store(), master);
      await look(store(), jobChecks(master.id));
      expect(await readBatch(store(), batch.id)).toMatchObject({ state: "RUNNING", total: 3 });
      await run(store());
      await look(store(), batchChecks(batch.id));
      expect((await read(store(), master.id)).state).toBe("SUCCEEDED");
    });

    it("takes its batches down when it ends badly, and leaves those to be left alone", async () => {
      const master = await running(store());
      const down = await sealed(store(), 2, summed(), master);
      const open = await opened(store(), newBatch(), master);
      await add(store(), open, newMembers(open, 1));
      const alone = await sealed(store(), 2, newBatch({ parentClosePolicy: "ABANDON" }), master);
      await settle(store(), master, OUTCOMES.rejected);
      await look(store(), jobChecks(master.id));
      // It does not wait for the one that is left alone.
      expect(await read(store(), master.id)).toMatchObject({ state: "FAILED", stateReason: "PERMANENT" });
      for (const { id } of [down, open]) {
        expect(await readBatch(store(), id)).toMatchObject({ state: "CANCELLED", stateReason: "PARENT_ENDED" });
      }
      expect(await statesOf(store(), down.id)).toEqual(["CANCELLED", "CANCELLED"]);
      const left = await run(store());
      expect(left.map(({ batchId }) => batchId)).toEqual([alone.id, alone.id]);
      await look(store(), batchChecks(alone.id));
      expect((await readBatch(store(), alone.id)).state).toBe("SUCCEEDED");
      expect((await read(store(), master.id)).state).toBe("FAILED");
    });

    it("does nothing to a job that does not wait", async () => {
      const { id } = await stored(store());
      const before = await read(store(), id);
      expect(await store().advance(jobChecks(id, "absent"))).toMatchObject({ departed: [], changed: [], again: NONE });
      expect(await read(store(), id)).toEqual(before);
    });
  });
}
