// Plain job objects to messages and back. Checks only what no message can carry, such as a priority of 1.5 or a time
// that is no number: bounds are the server's to judge.

import { create } from "@bufbuild/protobuf";
import {
  type Duration,
  durationFromMs,
  durationMs,
  type Timestamp,
  timestampFromMs,
  timestampMs,
} from "@bufbuild/protobuf/wkt";
import { countsFromWire } from "./batch-counts.js";
import { decodeBody, encodeBody } from "./body.js";
import { DroverError, invalid } from "./errors.js";
import { AttemptOutcome, FailureReason, type Attempt as WireAttempt } from "./gen/drover/v1/attempt_pb.js";
import { BackoffSchema, EndpointSchema } from "./gen/drover/v1/endpoint_pb.js";
import { JobSchema, JobState, JobStateReason, type Job as WireJob } from "./gen/drover/v1/job_pb.js";
import type { Attempt, BackoffInput, Job, JobInput, Time } from "./job.js";

const INT32_MAX = 2 ** 31 - 1;

/** The message of a job, under the id that it is to have. Throws INVALID_ARGUMENT. */
export function toWire(input: JobInput, id: string): WireJob {
  const job = contentToWire(input);
  job.id = text(id, "id");
  if (id === "") throw invalid("job.id", "must not be empty");
  return job;
}

/**
 * The message of a job that the server is to name. Fields are set one by one: with `create(schema, init)` a set of
 * 1,000 took a fifth longer. Throws INVALID_ARGUMENT.
 */
export function contentToWire(input: JobInput): WireJob {
  const job = create(JobSchema);
  const endpoint = create(EndpointSchema);
  endpoint.url = text(input.url, "endpoint.url");
  if (input.method !== undefined) endpoint.method = text(input.method, "endpoint.method");
  if (input.headers !== undefined) endpoint.headers = texts(input.headers, "endpoint.headers");
  job.endpoint = endpoint;
  const { bytes, contentType } = encodeBody(input.payload, input.contentType, "job.payload");
  job.payload = bytes;
  job.contentType = text(contentType, "content_type");
  if (input.kind !== undefined) job.kind = text(input.kind, "kind");
  if (input.queue !== undefined) job.queue = text(input.queue, "queue");
  if (input.priority !== undefined) job.priority = whole(input.priority, "priority");
  if (input.labels !== undefined) job.labels = texts(input.labels, "labels");
  if (input.scheduleTime !== undefined) job.scheduleTime = time(input.scheduleTime, "schedule_time");
  if (input.delayMs !== undefined) job.delay = duration(input.delayMs, "delay");
  if (input.maxAttempts !== undefined) job.maxAttempts = whole(input.maxAttempts, "max_attempts");
  if (input.backoff !== undefined) job.backoff = backoff(input.backoff);
  if (input.attemptTimeoutMs !== undefined) {
    job.attemptTimeout = duration(input.attemptTimeoutMs, "attempt_timeout");
  }
  if (input.deadlineTime !== undefined) job.deadlineTime = time(input.deadlineTime, "deadline_time");
  if (input.retentionMs !== undefined) job.retention = duration(input.retentionMs, "retention");
  return job;
}

/** Bytes that the message takes at most; exact for the payload, from above for text. Cheaper than to encode it. */
export function wireBytesAtMost(job: WireJob): number {
  let chars = job.id.length + job.childKey.length + job.kind.length + job.queue.length + job.contentType.length;
  if (job.endpoint !== undefined) chars += job.endpoint.url.length + charsOf(job.endpoint.headers);
  chars += charsOf(job.labels);
  return job.payload.length + 3 * chars + 256; // A UTF-16 unit is at most 3 bytes; all else is at most 256.
}

export function fromWire(job: WireJob): Job {
  const { endpoint, backoff, lease, progress, failure } = job;
  return {
    id: job.id,
    kind: job.kind,
    queue: job.queue,
    url: endpoint?.url ?? "",
    method: endpoint?.method ?? "",
    headers: endpoint?.headers ?? {},
    payload: decodeBody(job.payload, job.contentType),
    contentType: job.contentType,
    priority: job.priority ?? 0,
    labels: job.labels,
    scheduleTime: dateOf(job.scheduleTime),
    delayMs: msOf(job.delay),
    maxAttempts: job.maxAttempts,
    backoff: backoff && {
      ...(backoff.initial && { initialMs: durationMs(backoff.initial) }),
      ...(backoff.max && { maxMs: durationMs(backoff.max) }),
      ...(backoff.multiplier !== undefined && { multiplier: backoff.multiplier }),
    },
    attemptTimeoutMs: msOf(job.attemptTimeout),
    deadlineTime: dateOf(job.deadlineTime),
    retentionMs: msOf(job.retention),
    state: nameIn(JobState, job.state),
    stateReason: job.stateReason === 0 ? undefined : nameIn(JobStateReason, job.stateReason),
    attemptCount: job.attemptCount,
    interruptedCount: job.interruptedCount,
    busyCount: job.busyCount,
    fence: Number(job.fence),
    availableTime: dateOf(job.availableTime),
    lease: lease && { holder: lease.holder, expireTime: dateOf(lease.expireTime), accepted: lease.accepted },
    progress: progress && {
      done: progress.done,
      total: progress.total,
      message: progress.message,
      updateTime: dateOf(progress.updateTime),
    },
    result: decodeBody(job.result, job.resultContentType),
    resultContentType: job.resultContentType,
    failure: failure && {
      reason: nameIn(FailureReason, failure.reason),
      httpStatus: failure.httpStatus,
      message: failure.message,
      time: dateOf(failure.time),
    },
    attempts: job.attempts.map(attemptOf),
    batchId: job.batchId || undefined,
    childKey: job.childKey || undefined,
    parentJobId: job.parentJobId || undefined,
    rootJobId: job.rootJobId || undefined,
    depth: job.depth,
    batchIds: job.batchIds,
    batchCounts: job.batchCounts && countsFromWire(job.batchCounts),
    retryOf: job.retryOf || undefined,
    retriedBy: job.retriedBy || undefined,
    createTime: dateOf(job.createTime),
    startTime: dateOf(job.startTime),
    finishTime: dateOf(job.finishTime),
    updateTime: dateOf(job.updateTime),
    revision: Number(job.revision),
    cancelRequested: job.cancelRequested,
  };
}

/** The job that an answer is about. */
export function shownJob({ job }: { readonly job?: WireJob | undefined }): Job {
  if (job === undefined) throw new DroverError("INTERNAL", "the server's answer holds no job");
  return fromWire(job);
}

export function dateOf(timestamp: Timestamp | undefined): Date | undefined {
  return timestamp && new Date(timestampMs(timestamp));
}

/** A length of time as a message; a part of a millisecond is rounded. */
export function duration(ms: number, field: string): Duration {
  return durationFromMs(finite(ms, field));
}

function attemptOf(attempt: WireAttempt): Attempt {
  return {
    number: attempt.number,
    fence: Number(attempt.fence),
    startTime: dateOf(attempt.startTime),
    endTime: dateOf(attempt.endTime),
    httpStatus: attempt.httpStatus,
    outcome: nameIn(AttemptOutcome, attempt.outcome),
    message: attempt.message,
  };
}

/** The short name of a value of a generated enum. */
export function nameIn<E extends Record<string, string | number>>(names: E, value: number): keyof E & string {
  return (names[value as keyof E] as (keyof E & string) | undefined) ?? "UNSPECIFIED";
}

function msOf(duration: Duration | undefined): number | undefined {
  return duration && durationMs(duration);
}

function charsOf(map: Readonly<Record<string, string>>): number {
  let chars = 0;
  for (const key in map) chars += key.length + (map[key] as string).length + 4;
  return chars;
}

function backoff(given: BackoffInput) {
  const message = create(BackoffSchema);
  if (given.initialMs !== undefined) message.initial = duration(given.initialMs, "backoff.initial");
  if (given.maxMs !== undefined) message.max = duration(given.maxMs, "backoff.max");
  if (given.multiplier !== undefined) message.multiplier = given.multiplier;
  return message;
}

function time(given: Time, field: string): Timestamp {
  return timestampFromMs(finite(typeof given === "number" ? given : given.getTime(), field));
}

function finite(ms: number, field: string): number {
  const rounded = Math.round(ms);
  if (!Number.isSafeInteger(rounded)) throw invalid(`job.${field}`, "must be a finite number of milliseconds");
  return rounded;
}

function whole(value: number, field: string): number {
  if (!Number.isInteger(value) || Math.abs(value) > INT32_MAX) {
    throw invalid(`job.${field}`, "must be a whole number");
  }
  return value;
}

function text(value: string, field: string): string {
  if (typeof value !== "string") throw invalid(`job.${field}`, "must be a string");
  return value;
}

function texts(map: Readonly<Record<string, string>>, field: string): Record<string, string> {
  for (const key in map) {
    const entry = `${field}[${JSON.stringify(key)}]`;
    text(map[key] as string, entry);
    // Maps are read into plain objects here and in the server, where this key would be lost without a word.
    if (key === "__proto__") throw invalid(`job.${entry}`, "is not a possible name");
  }
  return map;
}
