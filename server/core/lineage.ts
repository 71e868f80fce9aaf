// Whether what lies above a job still lets it run. Pure; the stores read what it asks for. This is what makes the cancel
// of a whole tree one write at its top.

import {
  type Ancestor,
  type Batch,
  type BatchCancelKind,
  type BatchSpec,
  isBatchTerminal,
  isStrong,
  type Lineage,
} from "./batch.js";
import { isTerminal, type Job, type StateReason } from "./job.js";

/** The batch to which a job belongs, or whose `on_complete` job it is; undefined for all other jobs. */
export function ownBatchOf({ batchId, completes }: Pick<Job, "batchId" | "completes">): Ancestor | undefined {
  if (batchId !== undefined) return { batchId };
  return completes === undefined ? undefined : { batchId: completes, completes: true };
}

/** Where the batches of a job lie. `own` is the batch that `ownBatchOf` names. */
export function lineageBelow(
  job: Pick<Job, "id" | "depth" | "rootJobId" | "batchId" | "completes">,
  own: Pick<Batch, "above"> | undefined,
  policy: BatchSpec["parentClosePolicy"],
): Lineage {
  const link = ownBatchOf(job);
  const above: readonly Ancestor[] = [
    { jobId: job.id },
    ...(link === undefined ? [] : [link]),
    ...(own === undefined ? [] : own.above),
  ];
  return {
    parentJobId: job.id,
    rootJobId: job.rootJobId ?? job.id,
    depth: job.depth + 1,
    above: policy === "ABANDON" ? [] : above,
  };
}

/** Where a batch lies that is made before its master. */
export function lineageBefore(masterId: string | undefined): Lineage {
  if (masterId === undefined) return { depth: 0, above: [] };
  return { parentJobId: masterId, rootJobId: masterId, depth: 1, above: [{ jobId: masterId }] };
}

/** What lies below such a job is not to run any more. */
export function jobStops({ state, cancel, ownEnd }: Pick<Job, "state" | "cancel" | "ownEnd">): boolean {
  if (state === "WAITING") return ownEnd?.state !== "SUCCEEDED";
  return cancel !== undefined || isTerminal(state);
}

/** What is linked to such a batch, as a member or by completing it, is not to run any more. */
export function batchStops(
  { completes }: Ancestor,
  { cancel }: { readonly cancel?: { readonly kind: BatchCancelKind } | undefined },
): boolean {
  return cancel !== undefined && (completes !== true || isStrong(cancel.kind));
}

/**
 * Why a job is not to run any more; undefined while it may.
 * @param own its link to `batch`. @param stops whether something above that stops what lies below it.
 */
export function cutReason(
  own: Ancestor,
  batch: {
    readonly state: Batch["state"];
    readonly cancel?: { readonly kind: BatchCancelKind } | undefined;
    readonly above: readonly Ancestor[];
  },
  stops: (ancestor: Ancestor) => boolean,
): StateReason | undefined {
  if (batchStops(own, batch)) return batch.cancel?.kind === "PARENT_ENDED" ? "PARENT_ENDED" : "CANCELLED";
  if (batch.above.some(stops)) return "PARENT_ENDED";
  // It came too late: stored after its batch was closed.
  return isBatchTerminal(batch.state) ? "CANCELLED" : undefined;
}
