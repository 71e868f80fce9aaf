// What the doors may ask of the engine. Handlers translate between these and the wire, and decide nothing.
// Failures are DroverErrors.

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

export interface Watching {
  /**
   * The job now, if it is newer than `afterRevision`, then newer states, and always the terminal one, after which it
   * ends. `undefined` only keeps a stream alive. NOT_FOUND before anything else if there is no such job.
   */
  watch(id: string, afterRevision: number | undefined, signal: AbortSignal): AsyncIterable<Job | undefined>;
}

export interface Engine {
  readonly submitter: Submitting;
  readonly jobs: JobControl;
  readonly attempts: AttemptControl;
  readonly queues: QueueControl;
  readonly watcher: Watching;
  /** Fails with UNAVAILABLE unless the store answers. */
  ping(): Promise<void>;
}
