// What the package shows, wherever it runs; the entries add how a server is reached there. Messages and services as
// generated are under `@drover/sdk/gen/`.

export {
  AttemptClient,
  type AttemptClientOptions,
  attemptFrom,
  type FailOptions,
  type PageAttempt,
  type ProgressReport,
  type Reported,
  type RequestHeaders,
} from "./attempt.js";
export type { CallOptions } from "./channel.js";
export type { ClientOptions, DroverClient, JobFilter, JobPage } from "./client.js";
export { DroverError, type ErrorCode, type FieldViolation } from "./errors.js";
export {
  type Attempt,
  type AttemptOutcome,
  type BackoffInput,
  type Failure,
  type FailureReason,
  isTerminal,
  type Job,
  type JobInput,
  type JobState,
  type Lease,
  type Progress,
  type StateReason,
  type Time,
} from "./job.js";
export type { JobHandle } from "./job-handle.js";
export type { Paged } from "./paging.js";
export type { Queue, QueueListOptions, QueuePage, Queues } from "./queues.js";
export type { RetryPolicy } from "./retry.js";
export type { SubmitMany, SubmitManyOptions, SubmitResult } from "./submit-many.js";
export type { WatchOptions } from "./watch.js";
