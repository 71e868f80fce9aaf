// Batches as callers move them: made, filled, sealed, cancelled, read. Each write is one document's, guarded by what it
// was before, so that it may be repeated after an unknown outcome, by anyone, at any time. The order of the writes is
// the protocol: `test/model/` explores it.

import type { Filter, UpdateFilter } from "mongodb";
import type { AddJobsRequest, AddJobsResult, BatchStore } from "../../core/batch-store.js";
import { notFound, storeUnavailable } from "../../core/errors.js";
import { limits } from "../../core/limits.js";
import { lineageBefore, lineageBelow } from "../../core/lineage.js";
import { accessTo } from "./batch-access.js";
import { type BatchDocument, batchDocument, batchOf } from "./batch-documents.js";
import { type JobDocument, jobOf } from "./documents.js";
import { insertVerb, isDuplicate } from "./insert.js";
import { BY_ID, DURABLE, type Session } from "./session.js";
import { attempt } from "./unavailable.js";

/** Appends that may still be under way; the others are those of servers that died, and take up no room. */
const UNDER_WAY = {
  $filter: {
    input: "$pending",
    cond: { $gt: ["$$this.since", { $subtract: ["$$NOW", limits.abandonedAppendMs] }] },
  },
};

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
        const above = job.batchId ?? job.completes;
        const own = above === undefined ? null : await batches.findOne({ _id: above });
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
          BY_ID,
        );
        const after = await jobs.findOne({ _id: job.id }, { projection: { batches: 1, cancel: 1, lease: 1 } });
        if (!after?.batches?.includes(batch.id)) return { kind: after?.cancel === undefined ? "lost" : "cancelled" };
        if (after.lease?.token !== master.token) return { kind: "lost" };
      }
      await openDraft(batches, batch.id);
      // The revision tells a seal that was under way: a newer attempt has come.
      await batches.updateOne(
        { _id: batch.id, fence: { $lt: job.fence } },
        { $set: { fence: job.fence }, $inc: { revision: 1 } },
        BY_ID,
      );
      return { kind: "stored", batch: batchOf(await stored(batch.id)), existing };
    });
}

/** For one that its master has noted. */
export async function openDraft(batches: Session["batches"], id: string): Promise<void> {
  const open = { $set: { state: "OPEN" }, $inc: { revision: 1 }, $currentDate: { updateTime: true } } as const;
  await batches.updateOne({ _id: id, state: "DRAFT" }, open as UpdateFilter<BatchDocument>, BY_ID);
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

  /** After the entry of an append was not there: a repeat of what was added before is still well. */
  async function withoutEntry(
    { batchId, jobs: members }: AddJobsRequest,
    entry: string,
    fence: number,
  ): Promise<AddJobsResult> {
    const batch = await batches.findOne({ _id: batchId });
    if (batch === null) throw notFound("batch", batchId);
    if (batch.fence > fence) return { kind: "lost" };
    // The seal did not wait for this one any more, and did not count it.
    if (batch.dropped?.includes(entry)) return { kind: "sealed" };
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
      const index = await conflictIn(members);
      if (index >= 0) return { kind: "conflict", index };
      const isIn = { $in: [{ $literal: entry }, "$pending.entry"] };
      const hasRoom = { $or: [isIn, { $lt: [{ $size: UNDER_WAY }, limits.pendingChunks] }] };
      // A repeat is as young as this call: what the first one's server left is not taken for abandoned meanwhile.
      const others = { $filter: { input: "$pending", cond: { $ne: ["$$this.entry", { $literal: entry }] } } };
      const pending = { $concatArrays: [others, [{ entry: { $literal: entry }, since: "$$NOW" }]] };
      const begun = await batches.updateOne(
        { ...open, fence: { $lte: allowed.fence }, $expr: hasRoom } as Filter<BatchDocument>,
        [
          {
            $set: {
              pending,
              revision: { $add: ["$revision", 1] },
              ...{ appendTime: "$$NOW", updateTime: "$$NOW" },
            },
          },
        ],
        BY_ID,
      );
      if (begun.matchedCount === 0) return withoutEntry(request, entry, allowed.fence);
      const results = await insert(members);
      const conflict = results.findIndex(
        (result, place) => result.kind === "conflict" && members[place]?.childKey === undefined,
      );
      const done = await batches.updateOne(
        { ...open, "pending.entry": entry } as Filter<BatchDocument>,
        { $pull: { pending: { entry } }, ...times } as UpdateFilter<BatchDocument>,
        BY_ID,
      );
      if (conflict >= 0) return { kind: "conflict", index: conflict };
      const queues = [...new Set(members.map(({ queue }) => queue))];
      if (done.matchedCount === 1) return { kind: "added", queues };
      // Somebody else took the entry away: a newer attempt, a repeat of this call, or whoever closed the batch.
      const result = await withoutEntry(request, entry, allowed.fence);
      return result.kind === "added" ? { kind: "added", queues } : result;
    });
}
