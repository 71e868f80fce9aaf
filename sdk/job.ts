// The plain types of a job: what a caller gives and what it is shown. Times that are given may be a Date or
// milliseconds since 1970, times that are shown are Dates; lengths of time are milliseconds and end in `Ms`.

import type { BatchCounts } from "./batch-counts.js";
import type * as attempt from "./gen/drover/v1/attempt_pb.js";
import type * as job from "./gen/drover/v1/job_pb.js";

/** "UNSPECIFIED" stands for a value that is newer than this client. "Scheduled" and "retrying" are PENDING. */
export type JobState = keyof typeof job.JobState;
export type StateReason = keyof typeof job.JobStateReason;
export type FailureReason = keyof typeof attempt.FailureReason;
export type AttemptOutcome = keyof typeof attempt.AttemptOutcome;

/** A Date, or milliseconds since 1970. */
export type Time = Date | number;

/** The wait after a failed attempt: a random part of `initialMs * multiplier ** (attempts - 1)`, up to `maxMs`. */
export interface BackoffInput {
  /** 0 to 1 day. Default: 1,000. */
  readonly initialMs?: number;
  /** At least `initialMs`, at most 7 days. Default: 10 minutes. */
  readonly maxMs?: number;
  /** 1 to 100. Default: 2. */
  readonly multiplier?: number;
}

/** A job to submit. What breaks a bound is refused by the server: INVALID_ARGUMENT with `violations`. */
export interface JobInput {
  /** The page to call: an absolute http or https address, at most 2,048 characters, without fragment. */
  readonly url: string;
  /** GET carries no body. Default: POST. */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent with each call: at most 64, in 16 KiB; not those that are Drover's own, such as `Job-Id`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The body of the call, at most 256 KiB. A Uint8Array is sent as it is, as application/octet-stream; a string with
   * a `contentType` that is text, as text; all else as JSON. Default: none.
   */
  readonly payload?: unknown;
  /** Default: application/json, or application/octet-stream for a Uint8Array. */
  readonly contentType?: string;
  /**
   * 1 to 128 of A-Z a-z 0-9 . _ : -. The same id with the same content is the same job, with other content it is
   * ALREADY_EXISTS. Default: a new UUIDv7, made before the first try.
   */
  readonly id?: string;
  /** What sort of job, for people and filters; at most 128 characters. Default: empty. */
  readonly kind?: string;
  /** 1 to 128 of A-Z a-z 0-9 . _ : -. Default: "default". */
  readonly queue?: string;
  /** -1000 to 1000, higher first within its queue. Default: 0. */
  readonly priority?: number;
  /** At most 32; keys 1 to 64 characters, values at most 256. */
  readonly labels?: Readonly<Record<string, string>>;
  /** When it may start. Not together with `delayMs`. Default: at once. */
  readonly scheduleTime?: Time;
  /** How long after it was stored it may start, by the server's clock: 0 to 10 years. */
  readonly delayMs?: number;
  /** 1 to 1,000. Default: 10. */
  readonly maxAttempts?: number;
  readonly backoff?: BackoffInput;
  /** How long one attempt may take: 1 ms to 7 days. Default: 15 minutes. */
  readonly attemptTimeoutMs?: number;
  /** After it no attempt starts, and a waiting job ends FAILED. Default: none. */
  readonly deadlineTime?: Time;
  /** How long the ended job is kept: 0 to 10 years. Default: 7 days, a failed one 30. */
  readonly retentionMs?: number;
}

/** How far a running job is. */
export interface Progress {
  readonly done: number | undefined;
  readonly total: number | undefined;
  readonly message: string;
  readonly updateTime: Date | undefined;
}

/** Who runs a job, and until when nobody else may. */
export interface Lease {
  readonly holder: string;
  readonly expireTime: Date | undefined;
  /** The page answered 202 and reports by itself. */
  readonly accepted: boolean;
}

/** The last failure of a job. */
export interface Failure {
  readonly reason: FailureReason;
  readonly httpStatus: number | undefined;
  readonly message: string;
  readonly time: Date | undefined;
}

/** A past attempt. */
export interface Attempt {
  /** 1-based; what the page saw in Job-Attempt. */
  readonly number: number;
  readonly fence: number;
  readonly startTime: Date | undefined;
  readonly endTime: Date | undefined;
  readonly httpStatus: number | undefined;
  readonly outcome: AttemptOutcome;
  readonly message: string;
}

/** A job as a server shows it. What was not shown, or is not there, is undefined. */
export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly queue: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded by `contentType`: JSON, text as a string, else a Uint8Array. Shown by `get` and by `view: "FULL"`. */
  readonly payload: unknown;
  readonly contentType: string;
  readonly priority: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly scheduleTime: Date | undefined;
  readonly delayMs: number | undefined;
  readonly maxAttempts: number | undefined;
  readonly backoff: BackoffInput | undefined;
  readonly attemptTimeoutMs: number | undefined;
  readonly deadlineTime: Date | undefined;
  readonly retentionMs: number | undefined;

  readonly state: JobState;
  /** Why it ended; undefined until then. */
  readonly stateReason: StateReason | undefined;
  /** Attempts used. */
  readonly attemptCount: number;
  /** How often a server died while it ran this job. */
  readonly interruptedCount: number;
  /** How often its page answered 429 or 503. */
  readonly busyCount: number;
  /** Rises by one with each claim. */
  readonly fence: number;
  /** The scheduled start, the next retry or the end of the lease. */
  readonly availableTime: Date | undefined;
  readonly lease: Lease | undefined;
  readonly progress: Progress | undefined;
  /** What the page answered, decoded by `resultContentType` as the payload is. */
  readonly result: unknown;
  readonly resultContentType: string;
  readonly failure: Failure | undefined;
  /** The last 20 that ended, oldest first. */
  readonly attempts: readonly Attempt[];
  /** The batch that it is a member of. */
  readonly batchId: string | undefined;
  /** Which child of its batch it is. */
  readonly childKey: string | undefined;
  /** The master that made it. */
  readonly parentJobId: string | undefined;
  /** The top of its tree; its own id for a job without a parent. */
  readonly rootJobId: string | undefined;
  /** 0 for a job without a parent. */
  readonly depth: number;
  /** The batches that it opened. */
  readonly batchIds: readonly string[];
  /** How the members of all its batches stand. Shown of a master, and by a watch of it alone. */
  readonly batchCounts: BatchCounts | undefined;
  /** The job that this one retries. */
  readonly retryOf: string | undefined;
  /** The job that retries this one. */
  readonly retriedBy: string | undefined;
  readonly createTime: Date | undefined;
  readonly startTime: Date | undefined;
  readonly finishTime: Date | undefined;
  readonly updateTime: Date | undefined;
  /** Rises with every change. */
  readonly revision: number;
  /** A cancel was asked for and has not taken effect yet. */
  readonly cancelRequested: boolean;
}

/** SUCCEEDED, FAILED or CANCELLED: it never changes again. */
export function isTerminal(state: JobState): boolean {
  return state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";
}
