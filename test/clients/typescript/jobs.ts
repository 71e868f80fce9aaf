// Jobs as the conversation writes them, in the JSON form of their message, and as the SDK takes and shows them.

import { fromJson, type JsonValue as ProtobufJson } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { BatchJobInput, Job, JobInput } from "@drover/sdk";
import { JobSchema } from "@drover/sdk/gen/drover/v1/job_pb";
import { type Json, type JsonObject, resolve, toBase64 } from "./json.js";

export function jobInputOf(json: JsonObject): JobInput & Pick<BatchJobInput, "childKey"> {
  const job = fromJson(JobSchema, json as ProtobufJson);
  const { backoff, delay, endpoint, maxAttempts } = job;
  return {
    url: endpoint?.url ?? "",
    kind: job.kind,
    queue: job.queue || "default",
    payload: job.payload,
    contentType: "application/json",
    labels: job.labels,
    ...(job.id !== "" && { id: job.id }),
    ...(job.childKey !== "" && { childKey: job.childKey }),
    ...(delay !== undefined && { delayMs: durationMs(delay) }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(backoff?.initial &&
      backoff.max && {
        backoff: { initialMs: durationMs(backoff.initial), maxMs: durationMs(backoff.max) },
      }),
  };
}

/** So many jobs, each made when it is asked for, with its place in `${index}`. */
export function* batchJobsOf(json: JsonObject, count: number): Generator<BatchJobInput> {
  for (let index = 0; index < count; index++) {
    yield jobInputOf(resolve(json, new Map([["index", String(index)]])) as JsonObject);
  }
}

/** What a watch shows, in the JSON form of a job's message: of it, what conversations look at. */
export function sightOf(job: Job): JsonObject {
  const { progress, failure, lease, batchCounts } = job;
  return withoutAbsent({
    state: `JOB_STATE_${job.state}`,
    stateReason: job.stateReason && `JOB_STATE_REASON_${job.stateReason}`,
    attemptCount: job.attemptCount || undefined,
    progress:
      progress && withoutAbsent({ done: progress.done, total: progress.total, message: progress.message || undefined }),
    result: job.result === undefined ? undefined : toBase64(job.result as Json),
    failure:
      failure &&
      withoutAbsent({
        reason: `FAILURE_REASON_${failure.reason}`,
        httpStatus: failure.httpStatus,
        message: failure.message || undefined,
      }),
    lease: lease && withoutAbsent({ accepted: lease.accepted || undefined }),
    batchCounts:
      batchCounts &&
      Object.fromEntries(
        Object.entries(batchCounts)
          .filter(([, count]) => count !== 0)
          .map(([state, count]) => [state, String(count)]),
      ),
    revision: String(job.revision),
  });
}

function withoutAbsent(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject;
}
