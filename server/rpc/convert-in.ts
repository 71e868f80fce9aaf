// From the wire to the domain. Decides nothing that the engine decides: only what cannot be said in the domain's own
// types is refused here (unknown enum numbers, numbers beyond those of JavaScript). A thousand jobs come in one call,
// so a job is read by plain property access; reflection cost ten times as much.

import type { Duration, Timestamp } from "@bufbuild/protobuf/wkt";
import { type Job as JobMessage, JobState as WireJobState } from "@drover/sdk/gen/drover/v1/job_pb";
import { type ListJobsRequest, JobView as WireJobView } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { type FieldViolation, invalid } from "../core/errors.js";
import { JOB_STATES, type JobState } from "../core/job.js";
import { limits } from "../core/limits.js";
import type { JobInput } from "../core/submission.js";
import type { ListQuery } from "../engine/api.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Zero and empty are "absent" wherever proto3 cannot tell the two apart. */
export function jobInput(job: JobMessage): JobInput {
  return inputOf(job, false);
}

function inputOf(job: JobMessage, member: boolean): JobInput {
  const input: Mutable<JobInput> = {};
  if (job.id !== "") input.id = job.id;
  if (job.kind !== "") input.kind = job.kind;
  if (job.queue !== "") input.queue = job.queue;
  const { endpoint, backoff } = job;
  if (endpoint !== undefined) {
    const page: Mutable<NonNullable<JobInput["endpoint"]>> = { url: endpoint.url };
    if (endpoint.method !== "") page.method = endpoint.method;
    if (hasKeys(endpoint.headers)) page.headers = endpoint.headers;
    input.endpoint = page;
  }
  if (job.payload.length > 0) input.payload = job.payload;
  if (job.contentType !== "") input.contentType = job.contentType;
  if (job.priority !== undefined) input.priority = job.priority;
  if (hasKeys(job.labels)) input.labels = job.labels;
  if (job.scheduleTime !== undefined) input.scheduleTime = timeIn(job.scheduleTime, Math.ceil);
  if (job.delay !== undefined) input.delayMs = durationIn(job.delay);
  if (job.maxAttempts !== undefined) input.maxAttempts = job.maxAttempts;
  if (backoff !== undefined) {
    const given: Mutable<NonNullable<JobInput["backoff"]>> = {};
    if (backoff.initial !== undefined) given.initialMs = durationIn(backoff.initial);
    if (backoff.max !== undefined) given.maxMs = durationIn(backoff.max);
    if (backoff.multiplier !== undefined) given.multiplier = backoff.multiplier;
    input.backoff = given;
  }
  if (job.attemptTimeout !== undefined) input.attemptTimeoutMs = durationIn(job.attemptTimeout);
  if (job.deadlineTime !== undefined) input.deadlineTime = timeIn(job.deadlineTime, Math.floor);
  if (job.retention !== undefined) input.retentionMs = durationIn(job.retention);
  if (member && job.childKey !== "") input.childKey = job.childKey;
  const refused = refusedFields(job, member);
  if (refused !== undefined) input.refused = refused;
  return input;
}

/** The jobs of a call of its largest size or less. */
export function jobInputs(jobs: readonly JobMessage[]): readonly JobInput[] {
  if (jobs.length > limits.jobsPerCall) {
    throw invalid([{ field: "jobs", description: `must be at most ${limits.jobsPerCall}` }]);
  }
  return jobs.map(jobInput);
}

/** The same for members of a batch, which may have keys of their own. */
export function memberInputs(jobs: readonly JobMessage[]): readonly JobInput[] {
  if (jobs.length > limits.jobsPerCall) {
    throw invalid([{ field: "jobs", description: `must be at most ${limits.jobsPerCall}` }]);
  }
  return jobs.map((job) => inputOf(job, true));
}

export function singleJobInput(job: JobMessage | undefined): JobInput {
  if (job === undefined) throw invalid([{ field: "job", description: "is required" }]);
  return jobInput(job);
}

export function listQuery(request: ListJobsRequest): ListQuery {
  const violations: FieldViolation[] = [];
  const bad = (field: string, description: string) => violations.push({ field, description });
  const state = stateIn(request.state);
  if (state === undefined && request.state !== WireJobState.UNSPECIFIED)
    bad("state", `${request.state} is no JobState`);
  if (WireJobView[request.view] === undefined) bad("view", `${request.view} is no JobView`);
  violations.push(...pageSizeViolations(request.pageSize));
  if (violations.length > 0) throw invalid(violations);
  return {
    filter: {
      ...(request.queue === "" ? {} : { queue: request.queue }),
      ...(state === undefined ? {} : { state }),
      ...(request.kind === "" ? {} : { kind: request.kind }),
      ...(request.label === "" ? {} : { label: request.label }),
      ...(request.batchId === "" ? {} : { batch: request.batchId }),
      ...(request.parentJobId === "" ? {} : { parent: request.parentJobId }),
    },
    pageSize: request.pageSize,
    pageToken: request.pageToken,
    oldestFirst: request.oldestFirst,
    view: request.view === WireJobView.FULL ? "FULL" : "BASIC",
  };
}

export function checkedPageSize(pageSize: number): number {
  const violations = pageSizeViolations(pageSize);
  if (violations.length > 0) throw invalid(violations);
  return pageSize;
}

export function revisionIn(field: string, revision: bigint | undefined): number | undefined {
  if (revision === undefined) return undefined;
  if (revision < 0n || revision > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalid([{ field, description: `must be 0 to ${Number.MAX_SAFE_INTEGER}` }]);
  }
  return Number(revision);
}

const FIRST_SECOND = -62_135_596_800n; // Year 1.
const LAST_SECOND = 253_402_300_799n; // Year 9999.
const MOST_SECONDS = 315_576_000_000n; // 10,000 years.
const NANOS_PER_SECOND = 1_000_000_000;

/**
 * Milliseconds; a start is rounded up, as nothing starts before its time. What is no time by protobuf's own rules
 * becomes NaN: it is in no range, so that the rule for the field refuses it together with all else that is wrong.
 */
function timeIn({ seconds, nanos }: Timestamp, round: (value: number) => number): number {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos >= NANOS_PER_SECOND) return Number.NaN;
  return Number(seconds) * 1_000 + round(nanos / 1e6);
}

/** Milliseconds, rounded away from zero; NaN as above. */
export function durationIn({ seconds, nanos }: Duration): number {
  if (seconds > MOST_SECONDS || seconds < -MOST_SECONDS) return Number.NaN;
  if (nanos <= -NANOS_PER_SECOND || nanos >= NANOS_PER_SECOND) return Number.NaN;
  if ((seconds > 0n && nanos < 0) || (seconds < 0n && nanos > 0)) return Number.NaN;
  const part = nanos / 1e6;
  return Number(seconds) * 1_000 + (nanos < 0 ? Math.floor(part) : Math.ceil(part));
}

function stateIn(state: WireJobState): JobState | undefined {
  const name = WireJobState[state];
  return JOB_STATES.find((known) => known === name);
}

export function pageSizeViolations(pageSize: number): FieldViolation[] {
  return pageSize < 0 ? [{ field: "page_size", description: "must not be negative" }] : [];
}

/** The fields that only the service sets, or that members of a batch alone have, by their names in the proto. */
function refusedFields(job: JobMessage, member: boolean): string[] | undefined {
  let found: string[] | undefined;
  const refuse = (field: string) => {
    found ??= [];
    found.push(field);
  };
  if (!member && job.childKey !== "") refuse("child_key");
  if (job.state !== 0) refuse("state");
  if (job.stateReason !== 0) refuse("state_reason");
  if (job.batchId !== "") refuse("batch_id");
  if (job.parentJobId !== "") refuse("parent_job_id");
  if (job.rootJobId !== "") refuse("root_job_id");
  if (job.depth !== 0) refuse("depth");
  if (job.attemptCount !== 0) refuse("attempt_count");
  if (job.interruptedCount !== 0) refuse("interrupted_count");
  if (job.fence !== 0n) refuse("fence");
  if (job.availableTime !== undefined) refuse("available_time");
  if (job.lease !== undefined) refuse("lease");
  if (job.progress !== undefined) refuse("progress");
  if (job.result.length > 0) refuse("result");
  if (job.resultContentType !== "") refuse("result_content_type");
  if (job.failure !== undefined) refuse("failure");
  if (job.attempts.length > 0) refuse("attempts");
  if (job.batchIds.length > 0) refuse("batch_ids");
  if (job.retryOf !== "") refuse("retry_of");
  if (job.retriedBy !== "") refuse("retried_by");
  if (job.createTime !== undefined) refuse("create_time");
  if (job.startTime !== undefined) refuse("start_time");
  if (job.finishTime !== undefined) refuse("finish_time");
  if (job.updateTime !== undefined) refuse("update_time");
  if (job.revision !== 0n) refuse("revision");
  if (job.cancelRequested) refuse("cancel_requested");
  if (job.busyCount !== 0) refuse("busy_count");
  if (job.batchCounts !== undefined) refuse("batch_counts");
  return found;
}

export function hasKeys(map: Readonly<Record<string, string>>): boolean {
  for (const _ in map) return true;
  return false;
}
