// From the domain to the wire. Messages are written as literals, whole, so that the compiler misses no field and none
// is made by reflection. A lease's token never leaves.

import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import {
  type Attempt as AttemptMessage,
  AttemptOutcome,
  type Failure as FailureMessage,
  FailureReason,
  type Lease as LeaseMessage,
  type Progress as ProgressMessage,
} from "@drover/sdk/gen/drover/v1/attempt_pb";
import { type Job as JobMessage, JobState, JobStateReason } from "@drover/sdk/gen/drover/v1/job_pb";
import type { Queue as QueueMessage } from "@drover/sdk/gen/drover/v1/queue_pb";
import type { Attempt, Failure, Lease, Progress } from "../core/attempt.js";
import type { Job, JobSpec } from "../core/job.js";
import type { QueueInfo } from "../core/store.js";

const NONE = new Uint8Array();

/** `whole`: with its payload. A result is shown wherever it was read. */
export function jobOut(job: Job, whole = false): JobMessage {
  return {
    $typeName: "drover.v1.Job",
    id: job.id,
    kind: job.kind,
    queue: job.queue,
    endpoint: {
      $typeName: "drover.v1.Endpoint",
      url: job.endpoint.url,
      method: job.endpoint.method,
      headers: { ...job.endpoint.headers },
    },
    payload: whole ? job.payload : NONE,
    contentType: job.contentType,
    priority: job.priority,
    labels: { ...job.labels },
    maxAttempts: job.maxAttempts,
    backoff: {
      $typeName: "drover.v1.Backoff",
      initial: durationOut(job.backoff.initialMs),
      max: durationOut(job.backoff.maxMs),
      multiplier: job.backoff.multiplier,
    },
    attemptTimeout: durationOut(job.attemptTimeoutMs),
    ...(job.deadlineTime === undefined ? {} : { deadlineTime: timeOut(job.deadlineTime) }),
    ...(job.retentionMs === undefined ? {} : { retention: durationOut(job.retentionMs) }),
    childKey: job.childKey ?? "",
    state: JobState[job.state],
    stateReason: job.stateReason === undefined ? JobStateReason.UNSPECIFIED : JobStateReason[job.stateReason],
    batchId: job.batchId ?? "",
    parentJobId: job.parentJobId ?? "",
    rootJobId: job.rootJobId ?? job.id,
    depth: job.depth,
    attemptCount: job.attemptCount,
    interruptedCount: job.interruptedCount,
    fence: BigInt(job.fence),
    ...(job.availableTime === undefined ? {} : { availableTime: timeOut(job.availableTime) }),
    ...(job.lease === undefined ? {} : { lease: leaseOut(job.lease) }),
    ...(job.progress === undefined ? {} : { progress: progressOut(job.progress) }),
    result: job.result ?? NONE,
    resultContentType: job.resultContentType ?? "",
    ...(job.failure === undefined ? {} : { failure: failureOut(job.failure) }),
    attempts: job.attempts.map(attemptOut),
    batchIds: [...job.batchIds],
    retryOf: job.retryOf ?? "",
    retriedBy: job.retriedBy ?? "",
    createTime: timeOut(job.createTime),
    ...(job.startTime === undefined ? {} : { startTime: timeOut(job.startTime) }),
    ...(job.finishTime === undefined ? {} : { finishTime: timeOut(job.finishTime) }),
    updateTime: timeOut(job.updateTime),
    revision: BigInt(job.revision),
    cancelRequested: job.cancel !== undefined,
    busyCount: job.busyCount,
  };
}

/** The template of a batch's `on_complete` job: nothing of it has happened. */
export function onCompleteOut(spec: Omit<JobSpec, "id">, whole: boolean): JobMessage {
  const { createTime: _, updateTime: __, ...message } = jobOut({ ...spec, ...NEVER_RUN, id: "" }, whole);
  return { ...message, rootJobId: "", state: JobState.UNSPECIFIED };
}

const NEVER_RUN = {
  state: "PENDING",
  depth: 0,
  batchIds: [],
  attempts: [],
  attemptCount: 0,
  interruptedCount: 0,
  busyCount: 0,
  fence: 0,
  createTime: 0,
  updateTime: 0,
  revision: 0,
} as const;

export function queueOut(queue: QueueInfo): QueueMessage {
  const { pending, scheduled, running } = queue.counts;
  return {
    $typeName: "drover.v1.Queue",
    name: queue.name,
    paused: queue.paused,
    counts: {
      $typeName: "drover.v1.QueueCounts",
      pending: BigInt(pending),
      scheduled: BigInt(scheduled),
      running: BigInt(running),
    },
    ...(queue.oldestAvailableTime === undefined ? {} : { oldestAvailableTime: timeOut(queue.oldestAvailableTime) }),
  };
}

export function timeOut(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1_000);
  return {
    $typeName: "google.protobuf.Timestamp",
    seconds: BigInt(seconds),
    nanos: Math.floor((ms - seconds * 1_000) * 1e6),
  };
}

export function durationOut(ms: number): Duration {
  const seconds = Math.floor(ms / 1_000);
  return {
    $typeName: "google.protobuf.Duration",
    seconds: BigInt(seconds),
    nanos: Math.floor((ms - seconds * 1_000) * 1e6),
  };
}

function leaseOut(lease: Lease): LeaseMessage {
  return {
    $typeName: "drover.v1.Lease",
    holder: lease.holder,
    expireTime: timeOut(lease.expireTime),
    accepted: lease.accepted,
  };
}

function progressOut(progress: Progress): ProgressMessage {
  return {
    $typeName: "drover.v1.Progress",
    ...(progress.done === undefined ? {} : { done: progress.done }),
    ...(progress.total === undefined ? {} : { total: progress.total }),
    message: progress.message,
    updateTime: timeOut(progress.updateTime),
  };
}

function failureOut(failure: Failure): FailureMessage {
  return {
    $typeName: "drover.v1.Failure",
    reason: FailureReason[failure.reason],
    ...(failure.httpStatus === undefined ? {} : { httpStatus: failure.httpStatus }),
    message: failure.message,
    time: timeOut(failure.time),
  };
}

function attemptOut(attempt: Attempt): AttemptMessage {
  return {
    $typeName: "drover.v1.Attempt",
    number: attempt.number,
    fence: BigInt(attempt.fence),
    startTime: timeOut(attempt.startTime),
    endTime: timeOut(attempt.endTime),
    ...(attempt.httpStatus === undefined ? {} : { httpStatus: attempt.httpStatus }),
    outcome: AttemptOutcome[attempt.outcome],
    message: attempt.message,
  };
}
