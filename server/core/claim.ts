// What a claim does with a job that is due: the rule that every store carries out, in its own language, in one atomic
// step. The SQLite store calls it; the contract suite holds the MongoDB pipeline to it.

import type { Job, StateReason } from "./job.js";
import { limits } from "./limits.js";

/** The part of a job that decides. */
export type Claimable = Pick<
  Job,
  "state" | "cancel" | "deadlineTime" | "attemptCount" | "maxAttempts" | "interruptedCount" | "lease"
>;

export type ClaimDecision =
  /** It runs. `interrupted`: its last holder died; that is recorded and counted. */
  | { readonly kind: "run"; readonly interrupted: boolean }
  /** A page that answered 202 fell silent: an attempt is used, and the job waits for its backoff. */
  | { readonly kind: "lapse" }
  /** It ends here and no page is called. `interrupted` and `lapsed` as above: how the lease it had is recorded. */
  | {
      readonly kind: "end";
      readonly state: "FAILED" | "CANCELLED";
      readonly reason: StateReason;
      readonly lease: "none" | "interrupted" | "lapsed";
    };

/**
 * `now` is the store's. Called only for a job that is PENDING or RUNNING with `availableTime <= now`.
 * @param cut why what lies above it does not let it run; see `core/lineage.ts`.
 */
export function decideClaim(job: Claimable, now: number, cut?: StateReason): ClaimDecision {
  const lapsed = job.state === "RUNNING" && job.lease?.accepted === true;
  const interrupted = job.state === "RUNNING" && !lapsed;
  const lease = lapsed ? "lapsed" : interrupted ? "interrupted" : "none";
  if (job.cancel !== undefined) return { kind: "end", state: "CANCELLED", reason: "CANCELLED", lease };
  if (lapsed && job.attemptCount + 1 >= job.maxAttempts) {
    return { kind: "end", state: "FAILED", reason: "ATTEMPTS_EXHAUSTED", lease };
  }
  if (interrupted && job.interruptedCount + 1 >= limits.interruptions) {
    return { kind: "end", state: "FAILED", reason: "INTERRUPTED_TOO_OFTEN", lease };
  }
  if (job.deadlineTime !== undefined && job.deadlineTime <= now) {
    return { kind: "end", state: "FAILED", reason: "DEADLINE", lease };
  }
  if (lapsed) return { kind: "lapse" };
  // Last, since a store may look at what lies above only for those that it would run.
  if (cut !== undefined) return { kind: "end", state: "CANCELLED", reason: cut, lease };
  return { kind: "run", interrupted };
}
