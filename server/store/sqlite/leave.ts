// The one write by which a job leaves a lease or its place in the queue: back to wait, or to its end. Settle, claim,
// cancel, purge and sweep all go through it.

import type { Attempt, Failure } from "../../core/attempt.js";
import type { JobState, StateReason } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import { type JobRow, stateCode, withAttempt } from "./codec.js";
import type { Session } from "./session.js";

export type Departure = {
  readonly next:
    | { readonly state: "PENDING"; readonly delayMs: number }
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
  | "lease_start_time"
  | "attempts"
>;

export const LEAVING_COLUMNS = `seq, queue, rank, deadline_time, retention_ms, cancel, fence, attempt_count,
  lease_start_time, attempts`;

/** Returns the state in which the job is then. */
export function leaveWrite({ prepare, due }: Session): (job: Leaving, departure: Departure, now: number) => JobState {
  const update = prepare(`
    UPDATE job SET state = ?2, state_reason = ?3, available_time = ?4, attempt_count = attempt_count + ?5,
      interrupted_count = interrupted_count + ?6, busy_count = busy_count + ?7, failure = ifnull(?8, failure),
      attempts = ?9, result_content_type = ?10, last_token = ifnull(?11, last_token), finish_time = ?12,
      expire_time = ?13, update_time = ?14, revision = revision + 1, cancel = NULL, lease_holder = NULL,
      lease_token = NULL, lease_due_time = NULL, lease_start_time = NULL, lease_accepted = NULL
    WHERE seq = ?1`);

  return (job, departure, now) => {
    // A cancel wins over another try, and over nothing else.
    const cancelled = departure.next.state === "PENDING" && job.cancel !== null;
    const next = cancelled ? ({ state: "CANCELLED", reason: "CANCELLED" } as const) : departure.next;
    const ends = next.state !== "PENDING";
    const wanted = next.state === "PENDING" ? Math.round(now + next.delayMs) : null;
    const availableTime = wanted === null ? null : Math.min(wanted, job.deadline_time ?? wanted);
    const { failure, attempt } = departure;
    update.run(
      job.seq,
      stateCode(next.state),
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
      ends ? now + retention(job, next.state) : null,
      now,
    );
    if (availableTime !== null) due.note(job.queue, job.rank, availableTime);
    return next.state;
  };
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

function retention(job: Pick<JobRow, "retention_ms">, state: JobState): number {
  if (job.retention_ms !== null) return job.retention_ms;
  return state === "FAILED" ? limits.defaultFailedRetentionMs : limits.defaultRetentionMs;
}
