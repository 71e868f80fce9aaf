// Contract of how batches are made, filled and sealed. The verbs by which they end are in the files beside it.

import { describe, expect, it } from "vitest";
import { limits } from "../../server/core/limits.js";
import type { JobStore } from "../../server/core/store.js";
import { claimOne, held, newJob, newJobs, read, running, settle, stored, uniqueName } from "../support/jobs.js";
import { advanceContract } from "./batch-contract-advance.js";
import { batchCancelContract } from "./batch-contract-cancel.js";
import { batchReadContract } from "./batch-contract-read.js";
import { add, newBatch, newMembers, opened, readBatch, sealed, statesOf, summed } from "./batch-contract-subjects.js";

export function batchContract(store: () => JobStore): void {
  describe("createBatch", () => {
    it("makes it open, as it was given", async () => {
      const given = summed({ key: "k", labels: { $a: "$b" }, sealTimeoutMs: 5_000 });
      const made = await store().createBatch(given);
      const { digest: _, onComplete, ...shown } = given;
      expect(made).toMatchObject({ kind: "stored", existing: false });
      const batch = await readBatch(store(), given.id);
      expect(batch).toMatchObject({ ...shown, state: "OPEN", depth: 0, above: [], revision: 1 });
      expect(batch.onComplete).toMatchObject({ ...onComplete, payload: expect.any(Uint8Array) });
      expect([batch.parentJobId, batch.total, batch.tally, batch.sealTime, batch.cancel]).toEqual(
        Array(5).fill(undefined),
      );
      expect(batch.createTime).toBe(batch.updateTime);
    });

    it("makes one, however often and how many at once ask for it", async () => {
      const given = newBatch();
      const made = await Promise.all(Array.from({ length: 8 }, () => store().createBatch(given)));
      expect(made.filter((one) => one.kind === "stored" && !one.existing)).toHaveLength(1);
      expect(made.filter((one) => one.kind === "stored")).toHaveLength(8);
      expect((await readBatch(store(), given.id)).revision).toBe(1);
    });

    it("is a conflict with other settings, and nothing changes", async () => {
      const given = newBatch();
      const before = await opened(store(), given);
      expect(await store().createBatch(newBatch({ id: given.id, key: "other" }))).toEqual({ kind: "conflict" });
      expect(await readBatch(store(), given.id)).toEqual(before);
    });

    it("notes it on its master, and where it lies", async () => {
      const above = await opened(store());
      const [job] = newMembers(above, 1);
      await add(store(), above, job === undefined ? [] : [job]);
      const master = await claimOne(store());
      const batch = await opened(store(), newBatch({ key: "below" }), master);
      expect(batch).toMatchObject({ state: "OPEN", parentJobId: master.id, rootJobId: master.id, depth: 1 });
      expect(batch.above).toEqual([{ jobId: master.id }, { batchId: above.id }]);
      const after = await read(store(), master.id);
      expect([after.batchIds, after.revision]).toEqual([[batch.id], master.revision + 1]);
    });

    it("cuts off what lies above one that is to be left alone", async () => {
      const master = await running(store());
      const batch = await opened(store(), newBatch({ parentClosePolicy: "ABANDON" }), master);
      expect([batch.parentJobId, batch.above]).toEqual([master.id, []]);
    });

    it("of a master that runs again is the one that is stored, whatever is asked for", async () => {
      const first = await running(store(), {}, 0);
      const given = newBatch({ key: "first" });
      await opened(store(), given, first);
      const second = await claimOne(store());
      const again = await store().createBatch(newBatch({ id: given.id, key: "second" }), held(second));
      expect(again).toMatchObject({ kind: "stored", existing: true, batch: { key: "first", state: "OPEN" } });
      expect((await read(store(), first.id)).batchIds).toEqual([given.id]);
    });

    it("is not made for a job that is not held by that token", async () => {
      const first = await running(store(), {}, 0);
      const second = await claimOne(store());
      const given = newBatch();
      expect(await store().createBatch(given, held(first))).toEqual({ kind: "lost" });
      await settle(store(), second);
      expect(await store().createBatch(given, held(second))).toEqual({ kind: "lost" });
      expect(await store().createBatch(given, { jobId: "absent", token: "x" })).toEqual({ kind: "lost" });
      expect(await store().getBatches([given.id], "FULL")).toEqual([]);
      expect((await read(store(), first.id)).batchIds).toEqual([]);
    });

    it("is not made for a job that is to be cancelled, nor attached to", async () => {
      const master = await running(store());
      const made = newBatch();
      await opened(store(), made, master);
      await store().cancel(master.id, "stop", 0);
      const given = newBatch();
      expect(await store().createBatch(given, held(master))).toEqual({ kind: "cancelled" });
      expect(await store().createBatch(made, held(master))).toEqual({ kind: "cancelled" });
      expect(await store().getBatches([given.id], "FULL")).toEqual([]);
    });

    it("is full with as many batches as a job may have, those still attached to", async () => {
      const master = await running(store());
      const given = Array.from({ length: limits.batchesPerJob }, () => newBatch());
      for (const each of given) await opened(store(), each, master);
      const more = newBatch();
      expect(await store().createBatch(more, held(master))).toEqual({ kind: "full" });
      expect(await store().getBatches([more.id], "FULL")).toEqual([]);
      const again = await store().createBatch(given[0] ?? more, held(master));
      expect(again).toMatchObject({ kind: "stored", existing: true });
      expect((await read(store(), master.id)).batchIds).toEqual(given.map(({ id }) => id));
    });

    it("lies as deep as the bound and no deeper", async () => {
      const last = await running(store(), { depth: limits.depth - 1 });
      expect((await opened(store(), newBatch(), last)).depth).toBe(limits.depth);
      const deeper = await running(store(), { depth: limits.depth });
      expect(await store().createBatch(newBatch(), held(deeper))).toEqual({ kind: "deep" });
      expect((await read(store(), deeper.id)).batchIds).toEqual([]);
    });

    it("may be made before its master, which then waits for it", async () => {
      const masterId = uniqueName("master");
      const batch = await opened(store(), newBatch({ masterId }));
      expect(batch).toMatchObject({
        parentJobId: masterId,
        rootJobId: masterId,
        depth: 1,
        above: [{ jobId: masterId }],
      });
      await stored(store(), {
        id: masterId,
        waits: { batchIds: [batch.id], result: new Uint8Array(), contentType: "" },
      });
      expect(await read(store(), masterId)).toMatchObject({ state: "WAITING", batchIds: [batch.id] });
    });
  });

  describe("addJobs", () => {
    it("stores members, each with where it lies, and names their queues", async () => {
      const master = await running(store());
      const batch = await opened(store(), newBatch(), master);
      const jobs = [...newMembers(batch, 2, { queue: "a" }), ...newMembers(batch, 1, { queue: "b", childKey: "c" })];
      const added = await add(store(), batch, jobs, held(master));
      expect([added.kind, added.kind === "added" && [...added.queues].sort()]).toEqual(["added", ["a", "b"]]);
      const kept = { state: "PENDING", batchId: batch.id, parentJobId: master.id, rootJobId: master.id, depth: 1 };
      for (const { id } of jobs) expect(await read(store(), id)).toMatchObject(kept);
      expect((await read(store(), jobs[2]?.id ?? "")).childKey).toBe("c");
      expect((await readBatch(store(), batch.id)).revision).toBeGreaterThan(batch.revision);
    });

    it("stores each once, however often and how many at once add it", async () => {
      const batch = await opened(store());
      const jobs = newMembers(batch, 5);
      const added = await Promise.all(Array.from({ length: 6 }, () => add(store(), batch, jobs)));
      expect(added.map(({ kind }) => kind)).toEqual(Array(6).fill("added"));
      expect(await statesOf(store(), batch.id)).toHaveLength(5);
    });

    it("adds all or none: where one is there with other content it says which", async () => {
      const batch = await opened(store());
      const [first] = newMembers(batch, 1);
      if (first === undefined) throw new Error("no member was made");
      await add(store(), batch, [first]);
      const other = newJob({ ...first, kind: "other", digest: new Uint8Array(32) });
      expect(await add(store(), batch, [...newMembers(batch, 2), other, ...newMembers(batch, 1)])).toEqual({
        kind: "conflict",
        index: 2,
      });
      expect(await statesOf(store(), batch.id)).toEqual(["PENDING"]);
      expect((await read(store(), first.id)).kind).toBe("");
      // Nothing of the refused call is left to stand in the way.
      expect(await store().sealBatch({ batchId: batch.id })).toMatchObject({ kind: "sealed", batch: { total: 1 } });
    });

    it("keeps what is stored under a child's key, whatever is sent again", async () => {
      const batch = await opened(store());
      const [first] = newMembers(batch, 1, { childKey: "row", kind: "first" });
      if (first === undefined) throw new Error("no member was made");
      await add(store(), batch, [first]);
      const again = newJob({ ...first, kind: "second", digest: new Uint8Array(32) });
      expect((await add(store(), batch, [again, ...newMembers(batch, 1)])).kind).toBe("added");
      expect((await read(store(), first.id)).kind).toBe("first");
      expect(await statesOf(store(), batch.id)).toHaveLength(2);
    });

    it("takes nothing new after the seal, and repeats are well", async () => {
      const batch = await opened(store());
      const jobs = newMembers(batch, 3);
      await add(store(), batch, jobs);
      await store().sealBatch({ batchId: batch.id });
      expect(await add(store(), batch, jobs)).toMatchObject({ kind: "added" });
      expect(await add(store(), batch, jobs.slice(1))).toMatchObject({ kind: "added" });
      expect(await add(store(), batch, newMembers(batch, 1))).toEqual({ kind: "sealed" });
      expect(await add(store(), batch, [...jobs, ...newMembers(batch, 1)])).toEqual({ kind: "sealed" });
      expect(await statesOf(store(), batch.id)).toHaveLength(3);
    });

    it("takes nothing after a cancel", async () => {
      const batch = await opened(store());
      await store().cancelBatch(batch.id, "EXPLICIT", "enough");
      expect(await add(store(), batch, newMembers(batch, 1))).toEqual({ kind: "cancelled" });
      expect(await statesOf(store(), batch.id)).toEqual([]);
    });

    it("takes nothing from a page that does not hold its job", async () => {
      const first = await running(store(), {}, 0);
      const batch = await opened(store(), newBatch(), first);
      const second = await claimOne(store());
      expect(await add(store(), batch, newMembers(batch, 1), held(first))).toEqual({ kind: "lost" });
      await settle(store(), second);
      expect(await add(store(), batch, newMembers(batch, 1), held(second))).toEqual({ kind: "lost" });
      expect(await statesOf(store(), batch.id)).toEqual([]);
    });

    it("takes members from a member that runs", async () => {
      const batch = await opened(store());
      await add(store(), batch, newMembers(batch, 1));
      const member = await claimOne(store());
      expect((await add(store(), batch, newMembers(batch, 2), held(member))).kind).toBe("added");
      expect(await statesOf(store(), batch.id)).toHaveLength(3);
    });

    it("knows no batch that does not exist", async () => {
      const batch = { ...(await opened(store())), id: "absent" };
      await expect(add(store(), batch, newJobs(1))).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
  });

  describe("sealBatch", () => {
    it("counts the members, and is once", async () => {
      const batch = await opened(store());
      await add(store(), batch, newMembers(batch, 4));
      const first = await store().sealBatch({ batchId: batch.id, expectedCount: 4 });
      expect(first).toMatchObject({ kind: "sealed", batch: { state: "RUNNING", total: 4 } });
      const after = await readBatch(store(), batch.id);
      expect(after.sealTime).toBe(after.updateTime);
      expect(await store().sealBatch({ batchId: batch.id })).toEqual({ kind: "sealed", batch: after });
      expect(await store().sealBatch({ batchId: batch.id, expectedCount: 5 })).toEqual({ kind: "mismatch", count: 4 });
      expect(await readBatch(store(), batch.id)).toEqual(after);
    });

    it("does nothing where another count was expected, and says the true one", async () => {
      const batch = await opened(store());
      await add(store(), batch, newMembers(batch, 2));
      expect(await store().sealBatch({ batchId: batch.id, expectedCount: 3 })).toEqual({ kind: "mismatch", count: 2 });
      expect((await readBatch(store(), batch.id)).state).toBe("OPEN");
      expect((await add(store(), batch, newMembers(batch, 1))).kind).toBe("added");
      expect((await store().sealBatch({ batchId: batch.id, expectedCount: 3 })).kind).toBe("sealed");
    });

    it("meets members that are added at the same time whole or not at all", async () => {
      const batch = await opened(store());
      const adding = Promise.all(Array.from({ length: 8 }, () => add(store(), batch, newMembers(batch, 10))));
      const result = await store()
        .sealBatch({ batchId: batch.id })
        // The port may say that it is too busy, and be asked again.
        .catch(async () => adding.then(() => store().sealBatch({ batchId: batch.id })));
      const added = (await adding).filter(({ kind }) => kind === "added").length;
      expect(result).toMatchObject({ kind: "sealed", batch: { total: added * 10 } });
      expect(await statesOf(store(), batch.id)).toHaveLength(added * 10);
    });

    it("comes too late after a cancel", async () => {
      const batch = await opened(store());
      await store().cancelBatch(batch.id, "EXPLICIT", "enough");
      expect(await store().sealBatch({ batchId: batch.id })).toEqual({ kind: "cancelled" });
      const before = await sealed(store(), 1);
      await store().cancelBatch(before.id, "EXPLICIT", "enough");
      expect(await store().sealBatch({ batchId: before.id })).toMatchObject({ kind: "sealed", batch: { total: 1 } });
    });

    it("is not for a page that does not hold its job, and knows no batch that does not exist", async () => {
      const first = await running(store(), {}, 0);
      const batch = await opened(store(), newBatch(), first);
      await claimOne(store());
      expect(await store().sealBatch({ batchId: batch.id, by: held(first) })).toEqual({ kind: "lost" });
      expect((await readBatch(store(), batch.id)).state).toBe("OPEN");
      await expect(store().sealBatch({ batchId: "absent" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
  });

  advanceContract(store);
  batchCancelContract(store);
  batchReadContract(store);
}
