// The one write by which a job leaves a lease or its place in the queue, as an update pipeline: back to wait, or to its
// end. Settle, claim, cancel, purge and sweep all use it. What is given are expressions over the document.

import type { Document } from "mongodb";
import { RANKS_FOR_LEASE } from "../../core/job.js";
import { limits } from "../../core/limits.js";

export interface Leaving {
  readonly state: unknown;
  /** Only for states that end. */
  readonly reason: unknown;
  /** Only for PENDING, as is the next. */
  readonly delayMs: unknown;
  /** True: due since it was before its lease. */
  readonly keepsPlace: unknown;
  readonly attempts: unknown;
  readonly interruptions: unknown;
  readonly busy: unknown;
  /** Without time; null for none. */
  readonly failure: unknown;
  /** `{ outcome, message, httpStatus }`; null for none. */
  readonly attempt: unknown;
  /** The token that did it; null to leave it. */
  readonly last: unknown;
}

/** Hold while the pipeline runs, and are gone at its end. */
const NEXT = "_next";
const REASON = "_reason";

/** Stages: the first says where it goes, a cancel winning over another try and what a master would wait for. */
export function leaveStages(leaving: Leaving): { readonly before: Document; readonly fields: Document } {
  const flagged = { $ne: [{ $type: "$cancel" }, "missing"] };
  const hasBatches = { $gt: [{ $size: { $ifNull: ["$batches", []] } }, 0] };
  const cancelled = { $and: [flagged, { $or: [{ $eq: [leaving.state, "PENDING"] }, hasBatches] }] };
  const leaves = { $ne: [`$${NEXT}`, "PENDING"] };
  // A job that has batches waits for them, which may have ended already; `advance` tells.
  const waits = { $and: [leaves, hasBatches] };
  const ends = { $and: [leaves, { $not: [waits] }] };
  // A job of a batch has no expiry of its own: it goes with the batch.
  const expires = { $and: [ends, isMissing("$batch"), isMissing("$completes")] };
  const later = { $add: ["$$NOW", { $round: [leaving.delayMs, 0] }] };
  const dueTime = { $cond: [leaving.keepsPlace, { $ifNull: ["$lease.dueTime", later] }, later] };
  const reason = `$${REASON}`;
  const kept = {
    $ifNull: [
      "$retentionMs",
      { $cond: [{ $eq: [`$${NEXT}`, "FAILED"] }, limits.defaultFailedRetentionMs, limits.defaultRetentionMs] },
    ],
  };
  return {
    before: {
      [NEXT]: { $cond: [cancelled, "CANCELLED", leaving.state] },
      [REASON]: { $cond: [cancelled, "CANCELLED", leaving.reason] },
    },
    fields: {
      state: { $cond: [waits, "WAITING", `$${NEXT}`] },
      ownEnd: { $cond: [waits, { state: `$${NEXT}`, reason }, "$$REMOVE"] },
      checkTime: { $cond: [waits, "$$NOW", "$$REMOVE"] },
      stateReason: { $cond: [ends, reason, "$$REMOVE"] },
      availableTime: { $cond: [leaves, "$$REMOVE", { $min: [dueTime, "$deadlineTime"] }] },
      attemptCount: { $add: ["$attemptCount", leaving.attempts] },
      interruptedCount: { $add: ["$interruptedCount", leaving.interruptions] },
      busyCount: { $add: ["$busyCount", leaving.busy] },
      failure: {
        $cond: [{ $eq: [leaving.failure, null] }, "$failure", { $mergeObjects: [leaving.failure, { time: "$$NOW" }] }],
      },
      attempts: { $cond: [{ $eq: [leaving.attempt, null] }, "$attempts", history(leaving.attempt)] },
      last: { $ifNull: [leaving.last, "$last"] },
      rank: { $add: ["$rank", { $cond: [{ $eq: ["$state", "RUNNING"] }, RANKS_FOR_LEASE, 0] }] },
      lease: "$$REMOVE",
      cancel: "$$REMOVE",
      finishTime: { $cond: [ends, "$$NOW", "$$REMOVE"] },
      expireTime: { $cond: [expires, { $add: ["$$NOW", kept] }, "$$REMOVE"] },
      updateTime: "$$NOW",
      revision: { $add: ["$revision", 1] },
      [NEXT]: "$$REMOVE",
      [REASON]: "$$REMOVE",
    },
  };
}

function isMissing(field: string): Document {
  return { $eq: [{ $type: field }, "missing"] };
}

/** The past attempts with one more, numbered and timed by the lease that the job has. */
export function history(attempt: unknown): Document {
  const whole = {
    $mergeObjects: [
      { number: { $add: ["$attemptCount", 1] }, fence: "$fence" },
      { startTime: { $ifNull: ["$lease.startTime", "$$NOW"] }, endTime: "$$NOW" },
      attempt,
    ],
  };
  return { $slice: [{ $concatArrays: [{ $ifNull: ["$attempts", []] }, [whole]] }, -limits.attemptsShown] };
}

const NO_COUNT = { attempts: 0, interruptions: 0, busy: 0, failure: null, attempt: null, last: null } as const;

/** What a cancel makes of a job that nobody runs. */
export const CANCELLED: Leaving = {
  state: "CANCELLED",
  reason: "CANCELLED",
  delayMs: 0,
  keepsPlace: false,
  ...NO_COUNT,
};
