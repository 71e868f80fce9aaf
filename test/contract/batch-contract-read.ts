// Contract of what is read of batches, of what nobody advanced, of retries that are noted, and of pruning.

import { describe, expect, it } from "vitest";
import type { Batch } from "../../server/core/batch.js";
import type { ListBatchesRequest } from "../../server/core/batch-store.js";
import type { Job } from "../../server/core/job.js";
import type { JobStore } from "../../server/core/store.js";
import { newJob, OUTCOMES, read, running, settle } from "../support/jobs.js";
import {
  batchChecks,
  jobChecks,
  look,
  newBatch,
  opened,
  readBatch,
  run,
  sealed,
  summed,
  taken,
  tree,
} from "./batch-contract-subjects.js";

export function batchReadContract(store: () => JobStore): void {
  describe("countMembers", () => {
    it("counts the members as they are, and no others", async () => {
      const batch = await sealed(store(), 6, summed());
      await sealed(store(), 2);
      const [first, second, third, master] = (await taken(store())).filter(({ batchId }) => batchId === batch.id);
      if (first === undefined || second === undefined || third === undefined || master === undefined) {
        throw new Error("four members were to run");
      }
      await settle(store(), first);
      await settle(store(), second, OUTCOMES.rejected);
      await settle(store(), third, OUTCOMES.cancelled);
      await sealed(store(), 1, newBatch(), master);
      await settle(store(), master);
      const counts = { total: 6, pending: 0, running: 2, waiting: 1, succeeded: 1, failed: 1, cancelled: 1 };
      expect(await store().countMembers(batch.id)).toEqual(counts);
    });

    it("is of nothing where there is no batch", async () => {
      expect(await store().countMembers("absent")).toMatchObject({ total: 0, pending: 0 });
    });
  });

  describe("changedMembers", () => {
    const changes = async (batchId: string, limit: number, state: Job["state"] = "SUCCEEDED"): Promise<Job[]> => {
      const found: Job[] = [];
      for (;;) {
        const last = found.at(-1);
        const after = last === undefined ? {} : { after: { updateTime: last.updateTime, id: last.id } };
        const page = await store().changedMembers({ batchId, state, limit, ...after });
        found.push(...page);
        if (page.length < limit) return found;
      }
    };

    it("shows each member of a state once, in order of change, over pages of any size", async () => {
      const batch = await sealed(store(), 7);
      await sealed(store(), 2);
      for (const job of (await taken(store())).toReversed()) await settle(store(), job);
      const all = await changes(batch.id, 100);
      expect(all).toHaveLength(7);
      const order = [...all].sort((a, b) => a.updateTime - b.updateTime || (a.id < b.id ? -1 : 1));
      expect(all.map(({ id }) => id)).toEqual(order.map(({ id }) => id));
      for (const limit of [1, 2, 7]) expect(await changes(batch.id, limit)).toEqual(all);
      expect(await changes(batch.id, 5, "FAILED")).toEqual([]);
      expect(all.every(({ payload, result }) => payload.length === 0 && (result?.length ?? 0) === 0)).toBe(true);
    });
  });

  describe("listBatches", () => {
    const pages = async (given: Partial<ListBatchesRequest>, limit: number): Promise<string[]> => {
      const found: Batch[] = [];
      for (;;) {
        const last = found.at(-1);
        const after = last === undefined ? {} : { after: { createTime: last.createTime, id: last.id } };
        const page = await store().listBatches({ oldestFirst: true, ...given, limit, ...after });
        found.push(...page);
        if (page.length < limit) return found.map(({ id }) => id);
      }
    };

    it("goes by creation, in both directions, whole, by state, by master and by root, over pages of any size", async () => {
      const { root, upper, masters, batches } = await tree(store(), 3);
      const others = [await opened(store()), await sealed(store(), 0)];
      await look(store(), batchChecks(others[1]?.id ?? ""));
      const all = [upper, ...batches, ...others];
      const order = (list: readonly Batch[]) =>
        [...list].sort((a, b) => a.createTime - b.createTime || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
      const expected: [Partial<ListBatchesRequest>, readonly Batch[]][] = [
        [{}, all],
        [{ state: "OPEN" }, others.slice(0, 1)],
        [{ state: "RUNNING" }, [upper, ...batches]],
        [{ state: "SUCCEEDED" }, others.slice(1)],
        [{ state: "FAILED" }, []],
        [{ parentJobId: root.id }, [upper]],
        [{ parentJobId: masters[0]?.id ?? "" }, batches.slice(0, 1)],
        [{ rootJobId: root.id }, [upper, ...batches]],
        [{ rootJobId: "absent" }, []],
      ];
      for (const [which, batches] of expected) {
        for (const limit of [1, 2, 100]) {
          expect(await pages(which, limit)).toEqual(order(batches));
          expect(await pages({ ...which, oldestFirst: false }, limit)).toEqual(order(batches).toReversed());
        }
      }
    });

    it("leaves out the payloads of on_complete jobs, which a batch by itself has if it is asked for whole", async () => {
      const { id: _, digest: __, ...onComplete } = newJob({ payload: Uint8Array.from([7]) });
      const { id } = await opened(store(), summed({ onComplete }));
      const [listed] = await store().listBatches({ limit: 10, oldestFirst: true });
      const whole = await readBatch(store(), id);
      expect([...(whole.onComplete?.payload ?? [])]).toEqual([7]);
      expect(listed).toEqual({ ...whole, onComplete: { ...whole.onComplete, payload: new Uint8Array() } });
      expect(await store().getBatches([id], "BASIC")).toEqual([listed]);
    });
  });

  describe("dueChecks", () => {
    it("finds what nobody has advanced, and no more once somebody has", async () => {
      const master = await running(store());
      const batch = await sealed(store(), 1, newBatch(), master);
      const open = await opened(store());
      await run(store());
      await settle(store(), master);
      const due = await store().dueChecks(10);
      expect(due).toEqual({ batchIds: [batch.id], jobIds: [master.id] });
      expect(due.batchIds).not.toContain(open.id);
      await look(store(), due);
      expect((await read(store(), master.id)).state).toBe("SUCCEEDED");
      expect(await store().dueChecks(10)).toEqual({ batchIds: [], jobIds: [] });
    });

    it("finds a cancel that nobody carried down, and a batch whose master was not told", async () => {
      const batch = await sealed(store(), 2);
      await look(store(), batchChecks(batch.id));
      expect((await store().dueChecks(10)).batchIds).toEqual([]);
      await store().cancelBatch(batch.id, "EXPLICIT", "enough");
      expect((await store().dueChecks(10)).batchIds).toEqual([batch.id]);
    });

    it("finds a master that waits and is cancelled", async () => {
      const master = await running(store());
      await sealed(store(), 1, newBatch(), master);
      await settle(store(), master);
      await look(store(), jobChecks(master.id));
      expect((await store().dueChecks(10)).jobIds).toEqual([]);
      await store().cancel(master.id, "enough", 0);
      expect((await store().dueChecks(10)).jobIds).toEqual([master.id]);
    });

    it("finds no more than asked for at a time", async () => {
      for (let i = 0; i < 3; i++) await sealed(store(), 1);
      expect((await store().dueChecks(2)).batchIds).toHaveLength(2);
    });
  });

  describe("linkBatchRetry", () => {
    it("notes on an ended batch that another retries it, and keeps the first", async () => {
      const batch = await sealed(store(), 0);
      await expect(store().linkBatchRetry(batch.id, "next")).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
      await look(store(), batchChecks(batch.id));
      const before = await readBatch(store(), batch.id);
      expect(await store().linkBatchRetry(batch.id, "next")).toBe("next");
      const after = await readBatch(store(), batch.id);
      expect(after).toMatchObject({ state: "SUCCEEDED", retriedBy: "next", revision: before.revision + 1 });
      expect(await store().linkBatchRetry(batch.id, "other")).toBe("next");
      expect(await readBatch(store(), batch.id)).toEqual(after);
      await expect(store().linkBatchRetry("absent", "next")).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
  });

  describe("prune of batches", () => {
    const prune = async (limit: number): Promise<number> => {
      let count = 0;
      for (let last = -1; last !== 0; count += last) last = (await store().prune(limit)).done;
      return count;
    };

    it("keeps members with their batch, whatever their own retention", async () => {
      const batch = await sealed(store(), 2, newBatch(), undefined, { retentionMs: 0 });
      await run(store());
      expect(await prune(10)).toBe(0);
      await look(store(), batchChecks(batch.id));
      // It is kept for days after its end, as a job is.
      expect(await prune(10)).toBe(0);
      expect(await store().countMembers(batch.id)).toMatchObject({ total: 2, succeeded: 2 });
    });

    it("deletes a batch after its master, with its members and its on_complete job", async () => {
      const master = await running(store(), { retentionMs: 0 });
      const batch = await sealed(store(), 3, summed(), master);
      await settle(store(), master);
      await run(store());
      await look(store(), batchChecks(batch.id));
      await run(store());
      expect(await prune(10)).toBe(0);
      await look(store(), batchChecks(batch.id));
      expect((await read(store(), master.id)).state).toBe("SUCCEEDED");
      await prune(2);
      expect(await store().get([master.id, batch.onCompleteJobId ?? ""], "BASIC")).toEqual([]);
      expect([await store().getBatches([batch.id], "FULL"), (await store().countMembers(batch.id)).total]).toEqual([
        [],
        0,
      ]);
    });

    it("deletes what the page of an on_complete job has opened, after that job", async () => {
      const master = await running(store(), { retentionMs: 0 });
      const batch = await sealed(store(), 1, summed(), master);
      await settle(store(), master);
      await run(store());
      await look(store(), batchChecks(batch.id));
      const [summary] = await taken(store());
      if (summary === undefined) throw new Error("the on_complete job was not claimed");
      const below = await sealed(store(), 2, newBatch(), summary);
      await settle(store(), summary);
      await run(store());
      await look(store(), { batchIds: [below.id], jobIds: [summary.id] });
      await look(store(), { batchIds: [batch.id], jobIds: [master.id] });
      expect((await read(store(), master.id)).state).toBe("SUCCEEDED");
      await prune(10);
      expect(await store().getBatches([batch.id, below.id], "FULL")).toEqual([]);
      expect((await store().countMembers(below.id)).total).toBe(0);
    });

    it("deletes a whole tree, from the top down, by any number at a time", async () => {
      for (const limit of [1, 3, 100]) {
        const { root, upper, masters, batches } = await tree(store(), 2, { root: { retentionMs: 0 } });
        const other = await sealed(store(), 1);
        for (const job of [...masters, root]) await settle(store(), job);
        await run(store());
        const below = batches.map(({ id }) => id);
        expect(await prune(limit)).toBe(0);
        await look(store(), { batchIds: below, jobIds: [root.id, ...masters.map(({ id }) => id)] });
        expect((await read(store(), root.id)).state).toBe("SUCCEEDED");
        await prune(limit);
        expect(await store().get([root.id, ...masters.map(({ id }) => id)], "BASIC")).toEqual([]);
        expect(await store().getBatches([upper.id, ...below], "FULL")).toEqual([]);
        for (const id of [upper.id, ...below]) expect((await store().countMembers(id)).total).toBe(0);
        expect((await store().countMembers(other.id)).total).toBe(1);
      }
    });

    it("keeps an abandoned batch for some days after its end, if its master is gone", async () => {
      const master = await running(store(), { retentionMs: 0 });
      const batch = await sealed(store(), 1, newBatch({ parentClosePolicy: "ABANDON" }), master);
      await settle(store(), master, OUTCOMES.rejected);
      await look(store(), jobChecks(master.id));
      await prune(10);
      expect(await store().get([master.id], "BASIC")).toEqual([]);
      expect((await readBatch(store(), batch.id)).state).toBe("RUNNING");
      await run(store());
      await look(store(), batchChecks(batch.id));
      await prune(10);
      expect((await readBatch(store(), batch.id)).state).toBe("SUCCEEDED");
    });
  });
}
