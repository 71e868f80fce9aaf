// What lies above a job decides whether it runs: cancels from above, also for `on_complete` jobs and what they open; and
// the reasons that are shown for it, the same on every store and whoever comes first.

import { describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { held, OUTCOMES, read, running, settle } from "../support/jobs.js";
import {
  batchChecks,
  look,
  newBatch,
  newMembers,
  opened,
  readBatch,
  run,
  sealed,
  summed,
  taken,
} from "./batch-contract-subjects.js";

export function lineageContract(store: () => JobStore): void {
  const reasons = async (batchId: string) => {
    const request = { filter: { batch: batchId }, limit: 10, oldestFirst: true, view: "BASIC" } as const;
    const { jobs } = await store().list(request);
    return [...new Set(jobs.map(({ state, stateReason }) => `${state} ${stateReason}`))];
  };
  /** A batch whose `on_complete` job waits to be claimed. */
  const completing = async () => {
    const batch = await sealed(store(), 1, summed());
    await run(store());
    await look(store(), batchChecks(batch.id));
    // Where a store writes in steps the job comes with the next look.
    await look(store(), batchChecks(batch.id));
    expect((await readBatch(store(), batch.id)).state).toBe("COMPLETING");
    return batch;
  };

  describe("what lies above a job", () => {
    it("does not let a waiting on_complete job run once its batch is cancelled by somebody", async () => {
      const batch = await completing();
      await store().cancelBatch(batch.id, "EXPLICIT", "stop");
      expect(await taken(store())).toEqual([]);
      await look(store(), batchChecks(batch.id));
      expect((await readBatch(store(), batch.id)).state).toBe("CANCELLED");
    });

    it("ends a batch CANCELLED, and not for its on_complete job, when that was ended for a cancel above", async () => {
      const master = await running(store());
      const batch = await sealed(store(), 1, summed(), master);
      await run(store());
      await look(store(), batchChecks(batch.id));
      await look(store(), batchChecks(batch.id));
      await store().cancel(master.id, "stop", 10_000);
      expect(await taken(store())).toEqual([]);
      await look(store(), batchChecks(batch.id));
      expect(await readBatch(store(), batch.id)).toMatchObject({ state: "CANCELLED", stateReason: "PARENT_ENDED" });
    });

    it("lets an on_complete job run after causes that are to be told of", async () => {
      const batch = await sealed(
        store(),
        2,
        summed({ failurePolicy: { mode: "CANCEL_REST", toleratedCount: 0, toleratedRatio: 0 } }),
      );
      const [first] = await taken(store());
      if (first === undefined) throw new Error("nothing was claimed");
      await settle(store(), first, OUTCOMES.rejected);
      await look(store(), batchChecks(batch.id));
      const members = { filter: { batch: batch.id }, limit: 9, oldestFirst: true, view: "BASIC" } as const;
      for (const job of (await store().list(members)).jobs) {
        if (job.state === "RUNNING") await settle(store(), job);
      }
      await look(store(), batchChecks(batch.id));
      await look(store(), batchChecks(batch.id));
      expect((await taken(store())).map(({ completes }) => completes)).toEqual([batch.id]);
    });

    it("does not let the children of an on_complete job run once its batch is cancelled by somebody", async () => {
      const batch = await completing();
      const [summary] = await taken(store());
      if (summary === undefined) throw new Error("the on_complete job was not claimed");
      const below = await sealed(store(), 3, newBatch(), summary);
      await store().cancelBatch(batch.id, "EXPLICIT", "stop");
      expect(await taken(store())).toEqual([]);
      expect(await reasons(below.id)).toEqual(["CANCELLED PARENT_ENDED"]);
    });

    it("shows CANCELLED for members of a batch that somebody cancelled, whoever ends them", async () => {
      const batch = await opened(store());
      await store().setPaused("held", true);
      const [one, two] = [newMembers(batch, 1), newMembers(batch, 1, { queue: "held" })];
      await store().addJobs({
        batchId: batch.id,
        chunkKey: "c",
        chunkDigest: new Uint8Array(1),
        jobs: [...one, ...two],
      });
      await store().sealBatch({ batchId: batch.id });
      await store().cancelBatch(batch.id, "EXPLICIT", "stop");
      expect(await taken(store())).toEqual([]);
      await look(store(), batchChecks(batch.id));
      expect(await reasons(batch.id)).toEqual(["CANCELLED CANCELLED"]);
      // Nobody called a page for any of them.
      const ended = await store().get(
        [...one, ...two].map(({ id }) => id),
        "BASIC",
      );
      expect(ended.map(({ startTime, attempts }) => [startTime, attempts])).toEqual(ended.map(() => [undefined, []]));
    });

    it("shows what ends a member by itself before what was cancelled above it", async () => {
      const silent = await sealed(store(), 1, newBatch(), undefined, { maxAttempts: 1 });
      const [accepted] = await taken(store(), 0);
      if (accepted === undefined) throw new Error("no member was claimed");
      await store().report([{ ...held(accepted), accept: true, leaseMs: 0 }]);
      const late = await sealed(store(), 1, newBatch(), undefined, { deadlineTime: Date.now() - 60_000 });
      for (const { id } of [late, silent]) await store().cancelBatch(id, "EXPLICIT", "stop");
      expect(await taken(store())).toEqual([]);
      expect(await reasons(late.id)).toEqual(["FAILED DEADLINE"]);
      expect(await reasons(silent.id)).toEqual(["FAILED ATTEMPTS_EXHAUSTED"]);
    });

    it("shows PARENT_ENDED for members that went down with their master", async () => {
      const master = await running(store());
      const below = await sealed(store(), 3, newBatch(), master);
      await settle(store(), master, OUTCOMES.rejected);
      expect(await taken(store())).toEqual([]);
      expect(await reasons(below.id)).toEqual(["CANCELLED PARENT_ENDED"]);
      expect((await read(store(), master.id)).state).toBe("WAITING");
    });
  });
}
