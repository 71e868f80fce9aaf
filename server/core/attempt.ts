// One attempt to run a job: its lease, what it reports, and the value that it ends in. An attempt that fails is a
// value too, never an exception.

/** Who holds a job. The token is random and new with each claim: every write of the holder is fenced by it. */
export interface Lease {
  readonly holder: string;
  readonly token: string;
  /** When the job was due: its `availableTime` before it was leased, also where this lease follows one that lapsed. */
  readonly dueTime: number;
  /** When this attempt was claimed. */
  readonly startTime: number;
  readonly expireTime: number;
  /** The page answered 202: it renews, no server does. */
  readonly accepted: boolean;
}

export interface Progress {
  readonly done?: number;
  readonly total?: number;
  readonly message: string;
  readonly updateTime: number;
}

export type FailureReason =
  | "HTTP_STATUS"
  | "NETWORK"
  | "TIMEOUT"
  | "REPORTED"
  | "RESULT_TOO_LARGE"
  | "BAD_STREAM"
  | "REDIRECT"
  | "ENDPOINT_NOT_ALLOWED"
  | "LEASE_EXPIRED"
  | "BUSY";

export interface Failure {
  readonly reason: FailureReason;
  readonly httpStatus?: number;
  /** For a person; at most `limits.messageChars`. */
  readonly message: string;
  readonly time: number;
}

export type AttemptOutcome =
  | "SUCCEEDED"
  | "FAILED"
  | "REJECTED"
  | "BUSY"
  | "INTERRUPTED"
  | "RELEASED"
  | "LAPSED"
  | "CANCELLED";

/** A past attempt, as a job's history shows it. */
export interface Attempt {
  /** 1-based; what the page saw in Job-Attempt. */
  readonly number: number;
  readonly fence: number;
  readonly startTime: number;
  readonly endTime: number;
  readonly httpStatus?: number;
  readonly outcome: AttemptOutcome;
  readonly message: string;
}

/** What an attempt came to. `core/retry.ts` turns it into what the store is asked to write. */
export type Outcome =
  /** The page did the job. */
  | {
      readonly kind: "succeeded";
      readonly httpStatus?: number;
      readonly result: Uint8Array;
      readonly contentType: string;
    }
  /** The page answered 202 and will report by itself. */
  | { readonly kind: "accepted"; readonly httpStatus: number }
  /** Try again after the backoff, or after `retryDelayMs`. */
  | {
      readonly kind: "failed";
      readonly reason: FailureReason;
      readonly httpStatus?: number;
      readonly message: string;
      readonly retryDelayMs?: number;
    }
  /** Never again. */
  | {
      readonly kind: "rejected";
      readonly reason: FailureReason;
      readonly httpStatus?: number;
      readonly message: string;
    }
  /** The page is busy: later, at no cost. */
  | { readonly kind: "busy"; readonly httpStatus: number; readonly retryDelayMs?: number; readonly message: string }
  /** Given back by a server that stops. */
  | { readonly kind: "released" }
  /** Aborted after a cancel and its grace. */
  | { readonly kind: "cancelled"; readonly reason: string }
  /** The lease is gone: there is nothing to write. */
  | { readonly kind: "lost" };
