// Contract of cancelling batches: one write at the top, after which no claim runs anything below it, however deep.

import { describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { claim, OUTCOMES, read, running, settle } from "../support/jobs.js";
import {
  batchChecks,
  jobChecks,
  look,
  newBatch,
  opened,
  readBatch,
  run,
  sealed,
  statesOf,
  summed,
  taken,
  tree,
} from "./batch-contract-subjects.js";

export function batchCancelContract(store: () => JobStore): void {
  describe("cancelBatch", () => {
    it("closes an open batch and flags it", async () => {
      const batch = await opened(store());
      const after = await store().cancelBatch(batch.id, "EXPLICIT", "not $wanted");
      expect(after).toMatchObject({ state: "RUNNING", cancel: { kind: "EXPLICIT", reason: "not $wanted" } });
      expect([after?.total, after?.sealTime, after?.revision]).toEqual([undefined, undefined, batch.revision + 1]);
      expect(after?.cancel?.time).toBe(after?.updateTime);
      expect(await readBatch(store(), batch.id)).toEqual(after);
    });

    it("keeps the first cause, unless a stronger one comes", async () => {
      const batch = await sealed(store(), 1);
      await store().cancelBatch(batch.id, "REST", "first");
      expect((await store().cancelBatch(batch.id, "SEAL_TIMEOUT", "second"))?.cancel?.kind).toBe("REST");
      expect((await store().cancelBatch(batch.id, "EXPLICIT", "third"))?.cancel?.reason).toBe("third");
      const after = await readBatch(store(), batch.id);
      expect(await store().cancelBatch(batch.id, "PARENT_ENDED", "fourth")).toEqual(after);
      expect(await store().cancelBatch(batch.id, "EXPLICIT", "fifth")).toEqual(after);
    });

    it("changes nothing in one that has ended, and knows none that does not exist", async () => {
      const batch = await sealed(store(), 0);
      await look(store(), batchChecks(batch.id));
      const before = await readBatch(store(), batch.id);
      expect(await store().cancelBatch(batch.id, "EXPLICIT", "late")).toEqual(before);
      expect(await store().cancelBatch("absent", "EXPLICIT", "")).toBeUndefined();
    });

    it("ends what waits and asks what runs to stop, without an on_complete job", async () => {
      const batch = await sealed(store(), 3, summed());
      const [job] = (await claim(store(), { count: 1 })).jobs;
      if (job === undefined) throw new Error("a member was to run");
      await store().cancelBatch(batch.id, "EXPLICIT", "enough");
      const steps = await look(store(), batchChecks(batch.id));
      expect(steps.flatMap(({ flagged }) => flagged)).toEqual([job.id]);
      expect((await read(store(), job.id)).cancel).toBeDefined();
      expect((await statesOf(store(), batch.id)).sort()).toEqual(["CANCELLED", "CANCELLED", "RUNNING"]);
      await settle(store(), job, OUTCOMES.cancelled);
      await look(store(), batchChecks(batch.id));
      const after = await readBatch(store(), batch.id);
      expect(after).toMatchObject({ state: "CANCELLED", stateReason: "CANCELLED", tally: { total: 3, cancelled: 3 } });
      expect(await taken(store())).toEqual([]);
    });

    it("stops an on_complete job that is there already", async () => {
      const batch = await sealed(store(), 0, summed());
      await look(store(), batchChecks(batch.id));
      expect((await readBatch(store(), batch.id)).state).toBe("COMPLETING");
      await store().cancelBatch(batch.id, "EXPLICIT", "enough");
      await look(store(), batchChecks(batch.id));
      expect(await readBatch(store(), batch.id)).toMatchObject({ state: "CANCELLED", stateReason: "CANCELLED" });
      expect(await taken(store())).toEqual([]);
      expect((await read(store(), batch.onCompleteJobId ?? "")).state).toBe("CANCELLED");
    });
  });

  describe("a claim after a cancel, before anybody has looked", () => {
    it("runs no member of the batch", async () => {
      const batch = await sealed(store(), 3);
      await store().cancelBatch(batch.id, "EXPLICIT", "enough");
      const { jobs, passedOver } = await claim(store());
      expect(jobs).toEqual([]);
      expect(passedOver.map(({ batchId }) => batchId)).toEqual([batch.id, batch.id, batch.id]);
      expect(await statesOf(store(), batch.id)).toEqual(["CANCELLED", "CANCELLED", "CANCELLED"]);
    });

    it("runs nothing below a batch two levels further up", async () => {
      const { upper, batches } = await tree(store(), 2);
      await store().cancelBatch(upper.id, "EXPLICIT", "enough");
      expect((await claim(store())).jobs).toEqual([]);
      for (const { id } of batches) expect(await statesOf(store(), id)).toEqual(["CANCELLED", "CANCELLED"]);
    });

    it("runs nothing below a job that is to be cancelled, or waits and is, at any depth", async () => {
      for (const hasSettled of [false, true]) {
        const { root, batches } = await tree(store(), 2);
        if (hasSettled) await settle(store(), root);
        await store().cancel(root.id, "enough", 10_000);
        expect((await claim(store())).jobs).toEqual([]);
        for (const { id } of batches) expect(await statesOf(store(), id)).toEqual(["CANCELLED", "CANCELLED"]);
      }
    });

    it("runs nothing below a master that has failed", async () => {
      const master = await running(store());
      const batch = await sealed(store(), 2, newBatch(), master);
      await settle(store(), master, OUTCOMES.rejected);
      expect((await claim(store())).jobs).toEqual([]);
      expect(await statesOf(store(), batch.id)).toEqual(["CANCELLED", "CANCELLED"]);
    });

    it("runs what is to be left alone, with all below that", async () => {
      const lower = (index: number) => newBatch({ parentClosePolicy: index === 0 ? "ABANDON" : "CANCEL" });
      const { root, batches } = await tree(store(), 2, { lower });
      await store().cancel(root.id, "enough", 10_000);
      const { jobs } = await claim(store());
      expect(jobs.map(({ batchId }) => batchId)).toEqual([batches[0]?.id, batches[0]?.id]);
    });

    it("runs no on_complete job below it, and its batch ends as what lies above did", async () => {
      const master = await running(store());
      const batch = await sealed(store(), 0, summed(), master);
      await look(store(), batchChecks(batch.id));
      expect((await readBatch(store(), batch.id)).state).toBe("COMPLETING");
      await store().cancel(master.id, "enough", 10_000);
      const { jobs, passedOver } = await claim(store());
      expect([jobs, passedOver.map(({ batchId }) => batchId)]).toEqual([[], [batch.id]]);
      await look(store(), batchChecks(batch.id));
      expect(await readBatch(store(), batch.id)).toMatchObject({ state: "CANCELLED", stateReason: "PARENT_ENDED" });
    });

    it("runs a master below it again only to end it, when its server had died", async () => {
      const batch = await sealed(store(), 1);
      const [master] = await taken(store(), 0);
      await store().cancelBatch(batch.id, "EXPLICIT", "enough");
      const { jobs, passedOver } = await claim(store());
      expect([jobs, passedOver.map(({ jobId }) => jobId)]).toEqual([[], [master?.id]]);
      expect(await statesOf(store(), batch.id)).toEqual(["CANCELLED"]);
    });

    it("leaves the whole tree ended: members, batches, masters, from below", async () => {
      const { root, upper, masters, batches } = await tree(store(), 2);
      await store().cancel(root.id, "enough", 0);
      for (const job of [root, ...masters]) await settle(store(), job, OUTCOMES.cancelled);
      await run(store());
      await look(store(), jobChecks(root.id, ...masters.map(({ id }) => id)));
      const top = await read(store(), root.id);
      expect(top.state).toBe("CANCELLED");
      const above = await readBatch(store(), upper.id);
      expect(above).toMatchObject({ state: "CANCELLED", tally: { total: 2, cancelled: 2 } });
      expect(above.finishTime).toBeLessThanOrEqual(top.finishTime ?? 0);
      for (const { id } of batches) {
        const below = await readBatch(store(), id);
        expect(below).toMatchObject({ state: "CANCELLED", tally: { total: 2, cancelled: 2 } });
        expect(below.finishTime).toBeLessThanOrEqual(above.finishTime ?? 0);
      }
    });
  });
}
