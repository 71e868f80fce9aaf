// A batch as a caller asks for it: the rules for each field, the defaults, and what its digest is taken over. Pure.

import type { BatchSpec, FailurePolicy } from "./batch.js";
import type { FieldViolation } from "./errors.js";
import { limits } from "./limits.js";
import {
  canonicalForm,
  type JobInput,
  labelViolations,
  nameViolation,
  sortedEntries,
  specOf,
  violationsOf,
} from "./submission.js";

/** What a caller may give. Absent is absent, not empty. Lengths are milliseconds. */
export interface BatchInput {
  readonly key?: string;
  readonly onComplete?: JobInput;
  readonly failurePolicy?: Partial<FailurePolicy>;
  readonly parentClosePolicy?: BatchSpec["parentClosePolicy"];
  readonly sealTimeoutMs?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Fields that only the service sets, as the caller named them. */
  readonly refused?: readonly string[];
}

/** @param underMaster a page opens it: then it needs a key, by which a page that runs again finds it. */
export function batchViolations(input: BatchInput, underMaster: boolean): FieldViolation[] {
  const path = "batch";
  const found: FieldViolation[] = [];
  const bad = (field: string, description: string) => found.push({ field: `${path}.${field}`, description });
  for (const field of input.refused ?? []) bad(field, "is output only, or does not apply here");
  const wrong = nameViolation(input.key);
  if (wrong !== undefined) bad("key", wrong);
  if (input.key === undefined && underMaster)
    bad("key", "is required for a batch of a job: a page that runs again finds it by it");
  if (input.onComplete !== undefined) {
    found.push(...violationsOf(input.onComplete, `${path}.on_complete`));
    found.push(...onCompleteViolations(input.onComplete, `${path}.on_complete`));
  }
  const { toleratedCount, toleratedRatio } = input.failurePolicy ?? {};
  if (toleratedCount !== undefined && !(Number.isSafeInteger(toleratedCount) && toleratedCount >= 0)) {
    bad("failure_policy.tolerated_failure_count", "must be a whole number, 0 or more");
  }
  if (toleratedRatio !== undefined && !(toleratedRatio >= 0 && toleratedRatio <= 1)) {
    bad("failure_policy.tolerated_failure_ratio", "must be 0 to 1");
  }
  const { sealTimeoutMs } = input;
  if (
    sealTimeoutMs !== undefined &&
    !(sealTimeoutMs >= limits.sealTimeoutMinMs && sealTimeoutMs <= limits.sealTimeoutMaxMs)
  ) {
    bad("seal_timeout", `must be ${limits.sealTimeoutMinMs} to ${limits.sealTimeoutMaxMs} ms`);
  }
  for (const { field, description } of labelViolations(input.labels ?? {})) bad(field, description);
  return found;
}

/** Its page is sent the counts and its own payload, as JSON: it needs a body. */
function onCompleteViolations(job: JobInput, path: string): FieldViolation[] {
  const found: FieldViolation[] = [];
  const bad = (field: string, description: string) => found.push({ field: `${path}.${field}`, description });
  for (const field of ["id", "childKey", "scheduleTime", "delayMs"] as const) {
    if (job[field] !== undefined) bad(FIELD_NAMES[field], "does not apply to an on_complete job");
  }
  if (job.endpoint?.method === "GET") bad("endpoint.method", "must not be GET: the counts are sent in the body");
  if (job.contentType !== undefined && job.contentType !== "application/json") {
    bad("content_type", "must be application/json: the payload is sent on within JSON");
  }
  if (job.payload !== undefined && job.payload.length > 0 && !isJson(job.payload)) bad("payload", "must be JSON");
  return found;
}

const FIELD_NAMES = { id: "id", childKey: "child_key", scheduleTime: "schedule_time", delayMs: "delay" } as const;

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** The batch with its defaults. Only for input without violations. */
export function batchSpecOf(input: BatchInput): BatchSpec {
  const { id: _, ...onComplete } = input.onComplete === undefined ? { id: "" } : specOf(input.onComplete, () => "");
  return {
    key: input.key ?? "",
    ...(input.onComplete === undefined ? {} : { onComplete: onComplete as NonNullable<BatchSpec["onComplete"]> }),
    failurePolicy: {
      mode: input.failurePolicy?.mode ?? "CONTINUE",
      toleratedCount: input.failurePolicy?.toleratedCount ?? 0,
      toleratedRatio: input.failurePolicy?.toleratedRatio ?? 0,
    },
    parentClosePolicy: input.parentClosePolicy ?? "CANCEL",
    sealTimeoutMs: input.sealTimeoutMs ?? limits.defaultSealTimeoutMs,
    labels: input.labels ?? {},
  };
}

/** What the digest is taken over: everything that the caller gave, before defaults, with maps in order of their keys. */
export function canonicalBatch(input: BatchInput): string {
  const { onComplete, failurePolicy } = input;
  return JSON.stringify([
    input.key ?? null,
    onComplete === undefined ? null : canonicalForm(onComplete),
    onComplete?.payload === undefined ? null : Buffer.from(onComplete.payload).toString("base64"),
    failurePolicy === undefined
      ? null
      : [failurePolicy.mode ?? null, failurePolicy.toleratedCount ?? null, failurePolicy.toleratedRatio ?? null],
    input.parentClosePolicy ?? null,
    input.sealTimeoutMs ?? null,
    sortedEntries(input.labels),
  ]);
}
