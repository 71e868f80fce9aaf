// Batches as callers move them: made, filled, sealed, cancelled, read. Each write is one document's, guarded by what it
// was before, so that it may be repeated after an unknown outcome, by anyone, at any time. The order of the writes is
// the protocol: `test/model/` explores it.

import type { Filter, UpdateFilter } from "mongodb";
import { lineageBefore, lineageBelow } from "../../core/batch.js";
import type { AddJobsRequest, AddJobsResult, BatchStore, SealRequest } from "../../core/batch-store.js";
import { notFound, storeUnavailable } from "../../core/errors.js";
import { limits } from "../../core/limits.js";
import type { Holding } from "../../core/store.js";
import { type BatchDocument, batchDocument, batchOf, VISIBLE } from "./batch-documents.js";
import { type JobDocument, jobOf } from "./documents.js";
import { insertVerb, isDuplicate } from "./insert.js";
import { type Session, WRITE_CONCERN } from "./session.js";
import { attempt } from "./unavailable.js";

const DURABLE = { writeConcern: WRITE_CONCERN } as const;
/** How often a seal looks again while members are being added, and how long it waits between. */
const SEAL_TRIES = 10;
const SEAL_WAIT_MS = 20;
/** An append that was begun and not ended for so long is that of a server that died: no write takes as long. */
const ABANDONED_MS = 20_000;

export function createBatchVerb({ jobs, batches, clock }: Session): BatchStore["createBatch"] {
  async function insert(document: BatchDocument): Promise<boolean> {
    try {
      await batches.insertOne(document, DURABLE);
      return true;
    } catch (error) {
      if (isDuplicate(error)) return false;
      throw error;
    }
  }

  async function stored(id: string): Promise<BatchDocument> {
    const found = await batches.findOne({ _id: id });
    if (found === null) throw storeUnavailable(new Error(`batch ${id} was deleted meanwhile`));
    return found;
  }

  return (batch, master) =>
    attempt(async () => {
      if (master === undefined) {
        const made = await insert(batchDocument(batch, lineageBefore(batch.masterId), "OPEN", clock.now()));
        const there = await stored(batch.id);
        if (!made && Buffer.compare(there.digest.value(), batch.digest) !== 0) return { kind: "conflict" };
        return { kind: "stored", batch: batchOf(there), existing: !made };
      }
      const parent = await jobs.findOne({ _id: master.jobId, state: "RUNNING", "lease.token": master.token });
      if (parent === null) return { kind: "lost" };
      if (parent.cancel !== undefined) return { kind: "cancelled" };
      const job = jobOf(parent);
      const existing = job.batchIds.includes(batch.id);
      if (!existing) {
        const own = job.batchId === undefined ? null : await batches.findOne({ _id: job.batchId });
        const lineage = lineageBelow(job, own === null ? undefined : batchOf(own), batch.parentClosePolicy);
        if (lineage.depth > limits.depth) return { kind: "deep" };
        if (job.batchIds.length >= limits.batchesPerJob) return { kind: "full" };
        await insert(batchDocument(batch, lineage, "DRAFT", clock.now()));
        await jobs.updateOne(
          {
            ...{ _id: job.id, state: "RUNNING", "lease.token": master.token },
            ...{ cancel: { $exists: false }, batches: { $ne: batch.id } },
          } as Filter<JobDocument>,
          [
            {
              $set: {
                batches: { $concatArrays: [{ $ifNull: ["$batches", []] }, [{ $literal: batch.id }]] },
                updateTime: "$$NOW",
                revision: { $add: ["$revision", 1] },
              },
            },
          ],
          DURABLE,
        );
        const after = await jobs.findOne({ _id: job.id }, { projection: { batches: 1, cancel: 1, lease: 1 } });
        if (!after?.batches?.includes(batch.id)) return { kind: after?.cancel === undefined ? "lost" : "cancelled" };
        if (after.lease?.token !== master.token) return { kind: "lost" };
      }
      await openDraft(batches, batch.id);
      // Appends that an older attempt had begun are none of this one's: they no longer hold up its seal.
      await batches.updateOne(
        { _id: batch.id, fence: { $lt: job.fence } },
        { $set: { fence: job.fence, pending: [] }, $inc: { revision: 1 } },
        DURABLE,
      );
      return { kind: "stored", batch: batchOf(await stored(batch.id)), existing };
    });
}

/** For one that its master has noted. */
export async function openDraft(batches: Session["batches"], id: string): Promise<void> {
  const open = { $set: { state: "OPEN" }, $inc: { revision: 1 }, $currentDate: { updateTime: true } } as const;
  await batches.updateOne({ _id: id, state: "DRAFT" }, open as UpdateFilter<BatchDocument>, DURABLE);
}

export function addJobsVerb(session: Session): BatchStore["addJobs"] {
  const { jobs, batches } = session;
  const access = accessTo(session);
  const insert = insertVerb(session);

  async function conflictIn(members: AddJobsRequest["jobs"]): Promise<number> {
    const own = members.filter(({ childKey }) => childKey === undefined);
    if (own.length === 0) return -1;
    const ids = own.map(({ id }) => id);
    const there = await jobs.find({ _id: { $in: ids } }, { projection: { digest: 1 } }).toArray();
    const digests = new Map(there.map(({ _id, digest }) => [_id, digest.value()]));
    return members.findIndex(({ id, childKey, digest }) => {
      const known = childKey === undefined ? digests.get(id) : undefined;
      return known !== undefined && Buffer.compare(known, digest) !== 0;
    });
  }

  /** After the batch was found closed: a repeat of what was added before is still well. */
  async function afterClose(batchId: string, members: AddJobsRequest["jobs"]): Promise<AddJobsResult> {
    const batch = await batches.findOne({ _id: batchId });
    if (batch === null) throw notFound("batch", batchId);
    if (batch.state === "OPEN" || batch.total !== undefined) {
      const count = await jobs.countDocuments({ _id: { $in: members.map(({ id }) => id) } });
      if (count === members.length) return { kind: "added", queues: [] };
    }
    if (batch.state === "OPEN") throw storeUnavailable(new Error("too many appends at the same time"));
    return { kind: batch.cancel === undefined ? "sealed" : "cancelled" };
  }

  return (request) =>
    attempt(async () => {
      const { batchId, jobs: members, chunkKey, chunkDigest, by } = request;
      const allowed = await access(batchId, by);
      if (allowed === "lost") return { kind: "lost" };
      const entry = `${chunkKey} ${Buffer.from(chunkDigest).toString("base64")}`;
      const open = { _id: batchId, state: "OPEN", cancel: { $exists: false } } as const;
      const times = { $inc: { revision: 1 }, $currentDate: { appendTime: true, updateTime: true } } as const;
      const room = { [`pending.${limits.pendingChunks - 1}`]: { $exists: false } };
      const index = await conflictIn(members);
      if (index >= 0) return { kind: "conflict", index };
      const begun = await batches.updateOne(
        { ...open, fence: { $lte: allowed.fence }, $or: [room, { pending: entry }] } as Filter<BatchDocument>,
        { $addToSet: { pending: entry }, ...times } as UpdateFilter<BatchDocument>,
        DURABLE,
      );
      if (begun.matchedCount === 0) {
        const batch = await batches.findOne({ _id: batchId }, { projection: { fence: 1 } });
        if ((batch?.fence ?? 0) > allowed.fence) return { kind: "lost" };
        return afterClose(batchId, members);
      }
      const results = await insert(members);
      const conflict = results.findIndex(
        (result, place) => result.kind === "conflict" && members[place]?.childKey === undefined,
      );
      const done = await batches.updateOne(
        { ...open, pending: entry } as Filter<BatchDocument>,
        { $pull: { pending: entry }, ...times } as UpdateFilter<BatchDocument>,
        DURABLE,
      );
      if (conflict >= 0) return { kind: "conflict", index: conflict };
      const queues = [...new Set(members.map(({ queue }) => queue))];
      if (done.matchedCount === 1) return { kind: "added", queues };
      // Somebody else took the entry away: a newer attempt, a repeat of this call, or whoever closed the batch.
      const now = await batches.findOne({ _id: batchId }, { projection: { fence: 1, total: 1 } });
      if ((now?.fence ?? 0) > allowed.fence) return { kind: "lost" };
      const uncounted =
        now?.total !== undefined && results.some((result) => result.kind === "stored" && !result.existing);
      if (uncounted) return { kind: "sealed" };
      const closed = await afterClose(batchId, members);
      return closed.kind === "added" ? { kind: "added", queues } : closed;
    });
}

export function sealVerb(session: Session): BatchStore["sealBatch"] {
  const access = accessTo(session);
  const seal = sealWrite(session);
  return ({ batchId, expectedCount, by }: SealRequest) =>
    attempt(async () => {
      const allowed = await access(batchId, by);
      if (allowed === "lost") return { kind: "lost" };
      for (let tries = 0; tries < SEAL_TRIES; tries++) {
        const result = await seal(batchId, expectedCount);
        if (result.kind !== "busy") return result;
        await new Promise((resolve) => setTimeout(resolve, SEAL_WAIT_MS));
      }
      throw storeUnavailable(new Error(`members are being added to batch ${batchId}`));
    });
}

type Sealing = Exclude<Awaited<ReturnType<BatchStore["sealBatch"]>>, { kind: "lost" }> | { readonly kind: "busy" };

/** One try. The revision that was read must still stand: every append raises it before and after its members. */
export function sealWrite({
  jobs,
  batches,
  clock,
}: Session): (batchId: string, expectedCount?: number) => Promise<Sealing> {
  const isAbandoned = ({ appendTime }: BatchDocument) => appendTime.getTime() + ABANDONED_MS <= clock.now();
  return async (batchId, expectedCount) => {
    const batch = await batches.findOne({ _id: batchId });
    if (batch === null) throw notFound("batch", batchId);
    if (batch.total === undefined && (batch.state !== "OPEN" || batch.cancel !== undefined))
      return { kind: "cancelled" };
    if (batch.total === undefined && batch.pending.length > 0 && !isAbandoned(batch)) return { kind: "busy" };
    const total = batch.total ?? (await jobs.countDocuments({ batch: batchId }, { hint: "byBatch" }));
    if (expectedCount !== undefined && expectedCount !== total) return { kind: "mismatch", count: total };
    if (batch.total !== undefined) return { kind: "sealed", batch: batchOf(batch) };
    const unchanged = { _id: batchId, state: "OPEN", pending: batch.pending, revision: batch.revision } as const;
    const sealed = {
      $set: { state: "RUNNING", total, pending: [] },
      $inc: { revision: 1 },
      $currentDate: { sealTime: true, checkTime: true, updateTime: true },
    } as const;
    await batches.updateOne(
      { ...unchanged, cancel: { $exists: false } } as Filter<BatchDocument>,
      sealed as UpdateFilter<BatchDocument>,
      DURABLE,
    );
    const after = await batches.findOne({ _id: batchId });
    return after?.total === undefined ? { kind: "busy" } : { kind: "sealed", batch: batchOf(after) };
  };
}

export function cancelBatchVerb({ batches }: Session): BatchStore["cancelBatch"] {
  return (id, kind, reason) =>
    attempt(async () => {
      const strong = ["EXPLICIT", "PARENT_ENDED"];
      // What somebody asks for, and the end of the master, stop an `on_complete` job that other causes let run.
      const weaker = strong.includes(kind)
        ? [{ cancel: { $exists: false } }, { "cancel.kind": { $nin: strong } }]
        : [{ cancel: { $exists: false } }];
      await batches.updateOne(
        { _id: id, state: { $in: ["DRAFT", "OPEN", "RUNNING", "COMPLETING"] }, $or: weaker } as Filter<BatchDocument>,
        [
          {
            $set: {
              state: { $cond: [{ $in: ["$state", ["DRAFT", "OPEN"]] }, "RUNNING", "$state"] },
              cancel: { kind, reason: { $literal: reason }, time: "$$NOW" },
              checkTime: "$$NOW",
              updateTime: "$$NOW",
              revision: { $add: ["$revision", 1] },
            },
          },
        ],
        DURABLE,
      );
      const after = await batches.findOne({ _id: id });
      return after === null ? undefined : batchOf(after);
    });
}

/** Whether the caller may add to the batch or seal it, and with which fence: an app, or a page that holds its job. */
function accessTo({
  jobs,
  batches,
}: Session): (batchId: string, by: Holding | undefined) => Promise<{ readonly fence: number } | "lost"> {
  return async (batchId, by) => {
    const batch = await batches.findOne({ _id: batchId, ...VISIBLE }, { projection: { parent: 1 } });
    if (batch === null) throw notFound("batch", batchId);
    if (by === undefined) return { fence: Number.MAX_SAFE_INTEGER };
    const holder = { _id: by.jobId, state: "RUNNING", "lease.token": by.token } as const;
    const job = await jobs.findOne(holder as Filter<JobDocument>, { projection: { fence: 1 } });
    if (job === null) return "lost";
    // A member's fence says nothing of its master's.
    return { fence: batch.parent === by.jobId ? job.fence : Number.MAX_SAFE_INTEGER };
  };
}
