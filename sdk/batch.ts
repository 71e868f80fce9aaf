// The plain types of a batch: what a caller gives and what it is shown. Times are Dates; lengths of time are
// milliseconds and end in `Ms`.

import type { BatchCounts } from "./batch-counts.js";
import type { DefinedJob } from "./define-job.js";
import type * as wire from "./gen/drover/v1/batch_pb.js";
import type { Job, JobInput } from "./job.js";
import type { Schema } from "./schema.js";

/** "UNSPECIFIED" stands for a value that is newer than this client. */
export type BatchState = keyof typeof wire.BatchState;
export type BatchStateReason = keyof typeof wire.BatchStateReason;

/** What the page of an `onComplete` job is told of its batch. */
export interface BatchSummary {
  readonly id: string;
  readonly key: string;
  readonly state: BatchState;
  readonly counts: BatchCounts;
  readonly labels: Readonly<Record<string, string>>;
}

/** What becomes of a batch whose members fail. */
export interface FailurePolicy {
  /** CONTINUE: the others run. CANCEL_REST: they are cancelled once more failed than are tolerated. Default: CONTINUE. */
  readonly mode?: "CONTINUE" | "CANCEL_REST";
  /** Failures that the batch bears and still succeeds: 0 or more. Default: 0. */
  readonly toleratedFailureCount?: number;
  /** The same as a part of all members, 0 to 1; the larger of the two counts. Default: 0. */
  readonly toleratedFailureRatio?: number;
}

export interface BatchOptions {
  /** Runs when all members have ended, unless the batch was cancelled. Its page gets `{ batch, input }`. */
  readonly onComplete?: DefinedJob<Schema, Schema, "completion"> | JobInput;
  readonly failurePolicy?: FailurePolicy;
  /** What becomes of it if its master ends first: CANCEL or ABANDON, which lets it go on. Default: CANCEL. */
  readonly parentClosePolicy?: "CANCEL" | "ABANDON";
  /**
   * How long after its last job an open batch waits to be sealed: 1 s to 7 days. Default: 30 minutes. Longer than the
   * source takes for a thousand jobs, which go to the server together.
   */
  readonly sealTimeoutMs?: number;
  /** At most 32; keys 1 to 64 characters, values at most 256. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A batch as a server shows it. What is not there is undefined. */
export interface Batch {
  readonly id: string;
  /** Names it among the batches of its master, or among those without one. */
  readonly key: string;
  readonly failurePolicy: FailurePolicy | undefined;
  readonly parentClosePolicy: "CANCEL" | "ABANDON";
  readonly sealTimeoutMs: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly parentJobId: string | undefined;
  readonly state: BatchState;
  /** Why it ended; undefined until then. */
  readonly stateReason: BatchStateReason | undefined;
  readonly counts: BatchCounts;
  readonly onCompleteJobId: string | undefined;
  readonly retryOf: string | undefined;
  readonly retriedBy: string | undefined;
  readonly createTime: Date | undefined;
  readonly sealTime: Date | undefined;
  readonly finishTime: Date | undefined;
  readonly updateTime: Date | undefined;
  /** Rises with every change. */
  readonly revision: number;
}

/** What a watch of a batch shows at a time. */
export interface BatchUpdate {
  readonly batch: Batch;
  /** Members that changed, as far as they were asked for. One may be shown again after a connection broke. */
  readonly members: readonly Job[];
  /** All that was there when the watch began, or went on after a broken connection, has been shown. */
  readonly snapshotComplete: boolean;
}

/** What a watch of a tree shows at a time. */
export interface TreeUpdate {
  readonly root: Job;
  /** Batches below it that changed. */
  readonly batches: readonly Batch[];
}

/** SUCCEEDED, FAILED or CANCELLED: it never changes again. */
export function isBatchTerminal(state: BatchState): boolean {
  return state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";
}
