// What the package shows, wherever it runs; the entries add how a server is reached there. Messages and services as
// generated are under `@drover/sdk/gen/`.

export { type Answer, type Handler, later, never, PageAnswer } from "./answer.js";
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
export {
  type Batch,
  type BatchOptions,
  type BatchState,
  type BatchStateReason,
  type BatchSummary,
  type BatchUpdate,
  type FailurePolicy,
  isBatchTerminal,
  type TreeUpdate,
} from "./batch.js";
export type { BatchCounts } from "./batch-counts.js";
export type { BatchHandle } from "./batch-handle.js";
export type { Batches, BatchFilter, BatchPage } from "./batches.js";
export type { CallOptions } from "./channel.js";
export type { AppBatchOptions, ClientOptions, DroverClient, JobFilter, JobPage } from "./client.js";
export {
  type DefinedJob,
  type DefinedJobOptions,
  type Definition,
  defineCompletion,
  defineJob,
  type JobDefaults,
  type JobDefinition,
  type JobSettings,
  type PageInput,
  type PageResult,
  type Role,
} from "./define-job.js";
export type { DefinedJobHandle } from "./defined-job-handle.js";
export { type EndpointOptions, endpoint, type Page } from "./endpoint.js";
export { DroverError, type ErrorCode, type FieldViolation } from "./errors.js";
export type { FollowOptions } from "./follow.js";
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
export type { PageJob } from "./page-job.js";
export type { Paged } from "./paging.js";
export type { Queue, QueueListOptions, QueuePage, Queues } from "./queues.js";
export type { RetryPolicy } from "./retry.js";
export type { AnythingSchema, Given, NothingSchema, Schema, Seen } from "./schema.js";
export type { BatchJob, BatchJobInput } from "./submit-batch.js";
export type { SubmitMany, SubmitManyOptions, SubmitResult } from "./submit-many.js";
export type { WatchOptions } from "./watch.js";
export type { BatchWatchOptions } from "./watch-batch.js";
