// The seal of a batch: counts its members under a revision that must still stand when the count is written.

import type { Filter, UpdateFilter } from "mongodb";
import type { BatchStore, SealRequest, SealResult } from "../../core/batch-store.js";
import { notFound, storeUnavailable } from "../../core/errors.js";
import { limits } from "../../core/limits.js";
import { accessTo } from "./batch-access.js";
import { type BatchDocument, batchOf } from "./batch-documents.js";
import { BY_ID, type Session } from "./session.js";
import { attempt } from "./unavailable.js";

/** How often a seal looks again while members are being added, and how long it waits between. */
const SEAL_TRIES = 10;
const SEAL_WAIT_MS = 20;

export function sealVerb(session: Session): BatchStore["sealBatch"] {
  const access = accessTo(session);
  const seal = sealWrite(session);
  return ({ batchId, expectedCount, by }: SealRequest) =>
    attempt(async () => {
      const allowed = await access(batchId, by);
      if (allowed === "lost") return { kind: "lost" };
      for (let tries = 0; tries < SEAL_TRIES; tries++) {
        const result = await seal(batchId, expectedCount, allowed.fence);
        if (result.kind !== "busy") return result;
        await new Promise((resolve) => setTimeout(resolve, SEAL_WAIT_MS));
      }
      throw storeUnavailable(new Error(`members are being added to batch ${batchId}`));
    });
}

type Sealing = SealResult | { readonly kind: "busy" };

/** One try. The revision that was read must still stand: every append raises it before and after its members. */
export function sealWrite({
  jobs,
  batches,
  clock,
}: Session): (batchId: string, expectedCount?: number, fence?: number) => Promise<Sealing> {
  const isUnderWay = ({ since }: BatchDocument["pending"][number]) =>
    since.getTime() + limits.abandonedAppendMs > clock.now();
  return async (batchId, expectedCount, fence = Number.MAX_SAFE_INTEGER) => {
    const batch = await batches.findOne({ _id: batchId });
    if (batch === null) throw notFound("batch", batchId);
    // A newer attempt of the master has attached; the revision guards the write against one that does now.
    if (batch.fence > fence) return { kind: "lost" };
    if (batch.total === undefined && (batch.state !== "OPEN" || batch.cancel !== undefined))
      return { kind: "cancelled" };
    if (batch.total === undefined && batch.pending.some(isUnderWay)) return { kind: "busy" };
    const total = batch.total ?? (await jobs.countDocuments({ batch: batchId }, { hint: "byBatch" }));
    if (expectedCount !== undefined && expectedCount !== total) return { kind: "mismatch", count: total };
    if (batch.total !== undefined) return { kind: "sealed", batch: batchOf(batch) };
    const unchanged = { _id: batchId, state: "OPEN", revision: batch.revision } as const;
    const sealed = {
      $set: {
        state: "RUNNING",
        total,
        pending: [],
        ...(batch.pending.length === 0 ? {} : { dropped: batch.pending.map(({ entry }) => entry) }),
      },
      $inc: { revision: 1 },
      $currentDate: { sealTime: true, checkTime: true, updateTime: true },
    } as const;
    await batches.updateOne(
      { ...unchanged, cancel: { $exists: false } } as Filter<BatchDocument>,
      sealed as UpdateFilter<BatchDocument>,
      BY_ID,
    );
    const after = await batches.findOne({ _id: batchId });
    return after?.total === undefined ? { kind: "busy" } : { kind: "sealed", batch: batchOf(after) };
  };
}
