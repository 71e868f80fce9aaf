// A planned job and batch as the service is asked to store them, in the JSON of its HTTP door.

import {
  ATTEMPT_TIMEOUT_MS,
  DEADLINE_MS,
  FEW_ATTEMPTS,
  MAX_ATTEMPTS,
  type PlannedBatch,
  type PlannedJob,
  pathOf,
} from "./work.js";

export type Json = Readonly<Record<string, unknown>>;

const BACKOFF = { initial: "0.1s", max: "0.5s" };
/** A batch whose opener died before sealing it is closed by the first, one that was to be left open by the second. */
const SEAL_TIMEOUT = "20s";
const SHORT_SEAL_TIMEOUT = "4s";
const SHORT_RETENTION = "1s";

export function jobRequest(job: PlannedJob, origin: string): Json {
  return {
    endpoint: { url: origin + pathOf(job) },
    // A master's page needs to know what it opens.
    payload: Buffer.from(JSON.stringify(job.batches)).toString("base64"),
    contentType: "application/json",
    maxAttempts: job.kind === "fails" ? FEW_ATTEMPTS : MAX_ATTEMPTS,
    backoff: BACKOFF,
    ...(job.kind === "expires" ? { deadlineTime: new Date(Date.now() + DEADLINE_MS).toISOString() } : {}),
    ...(job.kind === "hangs" ? { attemptTimeout: `${ATTEMPT_TIMEOUT_MS / 1_000}s` } : {}),
    ...(job.queue === "default" ? {} : { queue: job.queue }),
    ...(job.isPruned ? { retention: SHORT_RETENTION } : {}),
    ...(job.isLabelled ? { labels: { name: job.name } } : {}),
    ...(job.delayMs > 0 ? { delay: `${job.delayMs / 1_000}s` } : {}),
  };
}

export function memberRequest(job: PlannedJob, origin: string): Json {
  return { ...jobRequest(job, origin), childKey: job.name };
}

export function batchRequest(batch: PlannedBatch, origin: string): Json {
  const { name, onComplete, toleratedFailures, isSealed, isAbandoned } = batch;
  return {
    key: name,
    sealTimeout: isSealed ? SEAL_TIMEOUT : SHORT_SEAL_TIMEOUT,
    failurePolicy: { mode: "MODE_CONTINUE", toleratedFailureCount: toleratedFailures },
    ...(isAbandoned ? { parentClosePolicy: "PARENT_CLOSE_POLICY_ABANDON" } : {}),
    ...(onComplete === undefined ? {} : { onComplete: jobRequest(onComplete, origin) }),
  };
}
