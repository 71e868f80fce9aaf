// What becomes of a job when an attempt ends: one clause for each outcome. Pure: randomness is handed in.

import type { AttemptOutcome, Failure, Outcome } from "./attempt.js";
import type { Backoff, Job, StateReason } from "./job.js";
import { limits } from "./limits.js";

/**
 * What a lease holder asks the store to write. The store adds what only it knows: its clock, the fence and start of
 * the attempt, and a cancel that came meanwhile: what would go back to PENDING then ends CANCELLED.
 */
export interface Settlement {
  readonly jobId: string;
  /** The batch that may end by the job's end. */
  readonly batchId?: string;
  /** The lease token: the write changes nothing unless it still holds the job. */
  readonly token: string;
  readonly next:
    | { readonly state: "SUCCEEDED"; readonly result: Uint8Array; readonly contentType: string }
    | { readonly state: "FAILED" | "CANCELLED"; readonly reason: StateReason }
    /** Due so long after the store's now, but never later than the job's deadline. */
    | { readonly state: "PENDING"; readonly delayMs: number }
    /** Due since it was before its lease: it loses no place in the line. */
    | { readonly state: "PENDING"; readonly delayMs: 0; readonly keepsPlace: true };
  /** Which count of the job rises by one. */
  readonly counts: "attempt" | "busy" | "none";
  readonly failure?: Omit<Failure, "time">;
  readonly attempt: { readonly outcome: AttemptOutcome; readonly httpStatus?: number; readonly message: string };
}

/** Outcomes that are written by a settle; the others are an accept, or nothing. */
export type SettledOutcome = Exclude<Outcome, { kind: "accepted" | "lost" }>;

export function settlementOf(job: Job, token: string, outcome: SettledOutcome, random: () => number): Settlement {
  const batchId = job.batchId ?? job.completes;
  const base = { jobId: job.id, token, ...(batchId === undefined ? {} : { batchId }) } as const;
  switch (outcome.kind) {
    case "succeeded":
      return {
        ...base,
        next: { state: "SUCCEEDED", result: outcome.result, contentType: outcome.contentType },
        counts: "attempt",
        attempt: { outcome: "SUCCEEDED", ...status(outcome), message: "" },
      };
    case "failed": {
      const spent = job.attemptCount + 1 >= job.maxAttempts;
      return {
        ...base,
        next: spent
          ? { state: "FAILED", reason: "ATTEMPTS_EXHAUSTED" }
          : { state: "PENDING", delayMs: outcome.retryDelayMs ?? backoffMs(job.backoff, job.attemptCount + 1, random) },
        counts: "attempt",
        failure: { reason: outcome.reason, ...status(outcome), message: outcome.message },
        attempt: { outcome: "FAILED", ...status(outcome), message: outcome.message },
      };
    }
    case "rejected":
      return {
        ...base,
        next: {
          state: "FAILED",
          reason: outcome.reason === "ENDPOINT_NOT_ALLOWED" ? "ENDPOINT_NOT_ALLOWED" : "PERMANENT",
        },
        counts: "attempt",
        failure: { reason: outcome.reason, ...status(outcome), message: outcome.message },
        attempt: { outcome: "REJECTED", ...status(outcome), message: outcome.message },
      };
    case "busy": {
      const spent = job.busyCount + 1 >= limits.busyAnswers;
      return {
        ...base,
        next: spent
          ? { state: "FAILED", reason: "BUSY_TOO_OFTEN" }
          : { state: "PENDING", delayMs: outcome.retryDelayMs ?? backoffMs(job.backoff, job.busyCount + 1, random) },
        counts: "busy",
        failure: { reason: "BUSY", httpStatus: outcome.httpStatus, message: outcome.message },
        attempt: { outcome: "BUSY", httpStatus: outcome.httpStatus, message: outcome.message },
      };
    }
    case "released":
      return {
        ...base,
        next: { state: "PENDING", delayMs: 0, keepsPlace: true },
        counts: "none",
        attempt: { outcome: "RELEASED", message: "given back: not called yet, or its server stopped" },
      };
    case "cancelled":
      return {
        ...base,
        next: { state: "CANCELLED", reason: "CANCELLED" },
        counts: "attempt",
        attempt: { outcome: "CANCELLED", message: outcome.reason },
      };
    default:
      return outcome satisfies never;
  }
}

/**
 * Full jitter: anywhere from 0 to `initial * multiplier^(count - 1)`, at most `max`. The source is "Exponential
 * Backoff And Jitter" (AWS Architecture Blog, 2015): retries that spread out end a storm soonest.
 */
export function backoffMs(backoff: Backoff, count: number, random: () => number): number {
  // Bounded before it is multiplied: nothing times infinity would be no number.
  const growth = Math.min(backoff.multiplier ** (count - 1), Number.MAX_VALUE);
  const ceiling = Math.min(backoff.maxMs, backoff.initialMs * growth);
  return Math.round(random() * ceiling);
}

function status(outcome: { readonly httpStatus?: number }): { readonly httpStatus?: number } {
  return outcome.httpStatus === undefined ? {} : { httpStatus: outcome.httpStatus };
}
