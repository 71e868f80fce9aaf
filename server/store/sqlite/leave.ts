// The one write by which a job leaves a lease or its place in the queue: back to wait, or to its end. Settle, claim,
// cancel, purge and sweep all go through it.

import type { Attempt, Failure } from "../../core/attempt.js";
import { isTerminal, type JobState, type OwnEnd, type StateReason, waitingRank } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import type { Departed } from "../../core/store.js";
import { type JobRow, stateCode, withAttempt } from "./codec.js";
import type { Session } from "./session.js";

export type Departure = {
  readonly next:
    | { readonly state: "PENDING"; readonly delayMs: number; readonly keepsPlace?: true }
    | { readonly state: "SUCCEEDED" | "FAILED" | "CANCELLED"; readonly reason: StateReason };
  /** By how much each count rises. */
  readonly attempts?: number;
  readonly interruptions?: number;
  readonly busy?: number;
  readonly failure?: Omit<Failure, "time">;
  /** How the lease that it had is recorded. */
  readonly attempt?: Pick<Attempt, "outcome" | "message" | "httpStatus">;
  /** The token that settled it, for telling a repeat. */
  readonly settledBy?: string;
  readonly resultContentType?: string;
};

/** What it reads of a job. */
export type Leaving = Pick<
  JobRow,
  | "seq"
  | "queue"
  | "rank"
  | "deadline_time"
  | "retention_ms"
  | "cancel"
  | "fence"
  | "attempt_count"
  | "lease_due_time"
  | "lease_start_time"
  | "attempts"
  | "batches"
  | "batch"
  | "completes"
  | "id"
>;

export const LEAVING_COLUMNS = `seq, queue, rank, deadline_time, retention_ms, cancel, fence, attempt_count,
  lease_due_time, lease_start_time, attempts, batches, batch, completes, id`;

/**
 * Returns the state in which the job is then: WAITING where it would end and has batches, which may have ended already;
 * `advance` tells. A job of a batch has no expiry of its own.
 */
export function leaveWrite({ prepare, due }: Session): (job: Leaving, departure: Departure, now: number) => JobState {
  const update = prepare(`
    UPDATE job SET state = ?2, state_reason = ?3, available_time = ?4, attempt_count = attempt_count + ?5,
      interrupted_count = interrupted_count + ?6, busy_count = busy_count + ?7, failure = ifnull(?8, failure),
      attempts = ?9, result_content_type = ?10, last_token = ifnull(?11, last_token), finish_time = ?12,
      expire_time = ?13, update_time = ?14, revision = revision + 1, cancel = NULL, lease_holder = NULL, lease_token = NULL,
      lease_due_time = NULL, lease_start_time = NULL, lease_accepted = NULL, own_end = ?15,
      check_time = ?16, rank = ?17
    WHERE seq = ?1`);

  return (job, departure, now) => {
    // A cancel wins over another try, and over what a master would wait for; over nothing else.
    const cancelled = job.cancel !== null && (departure.next.state === "PENDING" || job.batches !== null);
    const next = cancelled ? ({ state: "CANCELLED", reason: "CANCELLED" } as const) : departure.next;
    const waits = next.state !== "PENDING" && job.batches !== null;
    const ends = next.state !== "PENDING" && !waits;
    const wanted = next.state === "PENDING" ? dueTime(job, next, now) : null;
    const availableTime = wanted === null ? null : Math.min(wanted, job.deadline_time ?? wanted);
    const rank = waitingRank(job.rank);
    const { failure, attempt } = departure;
    update.run(
      job.seq,
      stateCode(waits ? "WAITING" : next.state),
      ends ? next.reason : null,
      availableTime,
      departure.attempts ?? 0,
      departure.interruptions ?? 0,
      departure.busy ?? 0,
      failure === undefined ? null : JSON.stringify({ ...failure, time: now } satisfies Failure),
      attempt === undefined ? job.attempts : withAttempt(job.attempts, pastAttempt(job, attempt, now)),
      departure.resultContentType === undefined ? null : JSON.stringify(departure.resultContentType),
      departure.settledBy ?? null,
      ends ? now : null,
      ends ? expiry(job, next.state, now) : null,
      now,
      waits ? JSON.stringify({ state: next.state, reason: next.reason } satisfies OwnEnd) : null,
      waits ? now : null,
      rank,
    );
    if (availableTime !== null) due.note(job.queue, rank, availableTime);
    return waits ? "WAITING" : next.state;
  };
}

function dueTime(
  { lease_due_time }: Leaving,
  { delayMs, keepsPlace }: Extract<Departure["next"], { state: "PENDING" }>,
  now: number,
): number {
  return (keepsPlace === true ? lease_due_time : null) ?? Math.round(now + delayMs);
}

export function pastAttempt(
  job: Pick<JobRow, "attempt_count" | "fence" | "lease_start_time">,
  attempt: Pick<Attempt, "outcome" | "message" | "httpStatus">,
  now: number,
): Attempt {
  return {
    number: job.attempt_count + 1,
    fence: job.fence,
    startTime: job.lease_start_time ?? now,
    endTime: now,
    ...attempt,
  };
}

/** A job of a batch has none of its own: it goes with the batch. */
export function expiry(
  job: Pick<JobRow, "retention_ms" | "batch" | "completes">,
  state: JobState,
  now: number,
): number | null {
  if (job.batch !== null || job.completes !== null) return null;
  return now + (job.retention_ms ?? (state === "FAILED" ? limits.defaultFailedRetentionMs : limits.defaultRetentionMs));
}

/** For a job that has left: what may have to follow. */
export function departed(row: Pick<JobRow, "id" | "batch" | "completes">, state: JobState): Departed {
  const batchId = row.batch ?? row.completes;
  const told = isTerminal(state) && batchId !== null;
  return { jobId: row.id, waits: state === "WAITING", ...(told ? { batchId } : {}) };
}
