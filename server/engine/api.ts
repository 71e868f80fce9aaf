// What the doors may ask of the engine. Handlers translate between these and the wire, and decide nothing.
// Failures are DroverErrors.

import type { Batch, BatchCounts, BatchState } from "../core/batch.js";
import type { BatchInput } from "../core/batch-submission.js";
import type { DroverError } from "../core/errors.js";
import type { Job, JobView } from "../core/job.js";
import type { JobFilter, QueueInfo } from "../core/store.js";
import type { JobInput } from "../core/submission.js";

/** `existing`: the same job had been stored before. */
export type SubmitResult = { readonly job: Job; readonly existing: boolean } | DroverError;

export interface Submitting {
  /** One result for each, in order. `pathOf` names an input in error messages, such as `jobs[3]`. */
  submit(inputs: readonly JobInput[], pathOf: (index: number) => string): Promise<readonly SubmitResult[]>;
}

export interface ListQuery {
  readonly filter: JobFilter;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly oldestFirst: boolean;
  readonly view: JobView;
}

export interface JobControl {
  get(id: string): Promise<Job>;
  list(query: ListQuery): Promise<{ jobs: readonly Job[]; nextPageToken: string }>;
  cancel(id: string, reason: string): Promise<Job>;
  retry(id: string): Promise<{ job: Job; existing: boolean }>;
}

/** `token` is the attempt token, as the page got it in Job-Token. */
export interface AttemptControl {
  report(
    token: string,
    progress: { done?: number; total?: number; message: string } | undefined,
  ): Promise<{ cancelRequested: boolean; leaseExpireTime: number }>;
  complete(token: string, result: Uint8Array, contentType: string): Promise<Job>;
  fail(token: string, failure: { message: string; retryable: boolean; retryDelayMs?: number }): Promise<Job>;
}

export interface QueueControl {
  list(pageSize: number, pageToken: string): Promise<{ queues: readonly QueueInfo[]; nextPageToken: string }>;
  get(name: string): Promise<QueueInfo>;
  pause(name: string): Promise<QueueInfo>;
  resume(name: string): Promise<QueueInfo>;
  /** How many jobs it cancelled. */
  purge(name: string): Promise<number>;
}

/** A batch and how its members stand. */
export type BatchInfo = Batch & { readonly counts: BatchCounts };

export interface BatchQuery {
  readonly state?: BatchState;
  readonly parentJobId?: string;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly oldestFirst: boolean;
}

/** `token` is the attempt token of a page, absent for apps. */
export interface BatchControl {
  /** Makes a batch with its first jobs, and seals it unless it is to stay open. All is valid or nothing is written. */
  submit(
    input: BatchInput,
    jobs: readonly JobInput[],
    open: boolean,
    token: string | undefined,
  ): Promise<{ batch: BatchInfo; jobIds: readonly string[]; existing: boolean }>;
  add(
    batchId: string,
    chunkKey: string,
    jobs: readonly JobInput[],
    token: string | undefined,
  ): Promise<readonly string[]>;
  seal(batchId: string, expectedCount: number | undefined, token: string | undefined): Promise<BatchInfo>;
  get(batchId: string): Promise<BatchInfo>;
  list(query: BatchQuery): Promise<{ batches: readonly BatchInfo[]; nextPageToken: string }>;
  cancel(batchId: string, reason: string): Promise<BatchInfo>;
  /** A new batch with the members that failed or were cancelled. A repeat finds the same. */
  retry(batchId: string): Promise<{ batch: BatchInfo; existing: boolean }>;
}

/** Which members of a watched batch are shown. */
export type MembersShown = "NONE" | "FAILED" | "ALL";

export interface BatchUpdate {
  readonly batch: BatchInfo;
  readonly members: readonly Job[];
  /** All that was there when the watch began has been shown. */
  readonly snapshotComplete: boolean;
}

export interface TreeUpdate {
  readonly root: Job;
  /** Those that are new or have changed. */
  readonly batches: readonly BatchInfo[];
}

export interface BatchWatching {
  /**
   * The batch now, then each change of it or of its counts, about once a second; ends after its terminal state.
   * `undefined` only keeps a stream alive. NOT_FOUND before anything else if there is no such batch.
   */
  watchBatch(id: string, members: MembersShown, signal: AbortSignal): AsyncIterable<BatchUpdate | undefined>;
  /** The root and every batch below it, then what changed. Ends when the root has ended. Else as `watchBatch`. */
  watchTree(rootJobId: string, signal: AbortSignal): AsyncIterable<TreeUpdate | undefined>;
}

/** Of a master: with the counts of all its batches together. */
export type WatchedJob = Job & { readonly batchCounts?: BatchCounts };

export interface Watching {
  /**
   * The job now, if it is newer than `afterRevision`, then newer states, of a master newer counts of its batches, and always the terminal one, after which it
   * ends. `undefined` only keeps a stream alive. NOT_FOUND before anything else if there is no such job.
   */
  watch(id: string, afterRevision: number | undefined, signal: AbortSignal): AsyncIterable<WatchedJob | undefined>;
}

export interface Engine {
  readonly submitter: Submitting;
  readonly jobs: JobControl;
  readonly attempts: AttemptControl;
  readonly queues: QueueControl;
  readonly watcher: Watching;
  readonly batches: BatchControl;
  readonly batchWatcher: BatchWatching;
  /** Fails with UNAVAILABLE unless the store answers. */
  ping(): Promise<void>;
}
