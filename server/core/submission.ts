// A job as a caller asks for it: the rules for each field, the defaults, and the digest that tells a repeat from
// another job under the same id. Pure; the allow-list is judged elsewhere.

import type { FieldViolation } from "./errors.js";
import type { Backoff, JobSpec } from "./job.js";
import { limits } from "./limits.js";
import { checkHeaders, checkUrl } from "./page-address.js";

/** What a caller may give. Absent is absent, not empty. Times and lengths are milliseconds. */
export interface JobInput {
  readonly id?: string;
  readonly kind?: string;
  readonly queue?: string;
  readonly endpoint?: {
    readonly url: string;
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
  };
  readonly payload?: Uint8Array;
  readonly contentType?: string;
  readonly priority?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly scheduleTime?: number;
  readonly delayMs?: number;
  readonly maxAttempts?: number;
  readonly backoff?: Partial<Backoff>;
  readonly attemptTimeoutMs?: number;
  readonly deadlineTime?: number;
  readonly retentionMs?: number;
  /** Of a member: the same key in the same batch is the same job. */
  readonly childKey?: string;
  /** Fields that only the service sets, or that belong to members of a batch, as the caller named them. */
  readonly refused?: readonly string[];
}

export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const NAME = /^[A-Za-z0-9._:-]+$/;
const CONTENT_TYPE = /^[\x21-\x7e][\x20-\x7e]*$/;
const MAX_TIME = 253_402_300_799_999; // The end of the year 9999: the last that a Timestamp can hold.

/** What is wrong with it; empty if nothing. `path` is where it stands in the request, such as `jobs[3]`. */
export function violationsOf(input: JobInput, path: string): FieldViolation[] {
  const found: FieldViolation[] = [];
  const bad = (field: string, description: string) => found.push({ field: `${path}.${field}`, description });
  const inRange = (field: string, value: number | undefined, min: number, max: number, unit: string) => {
    if (value !== undefined && !(value >= min && value <= max)) bad(field, `must be ${min} to ${max}${unit}`);
  };
  const whole = (field: string, value: number | undefined, min: number, max: number) => {
    inRange(field, value, min, max, "");
    if (value !== undefined && !Number.isInteger(value)) bad(field, "must be a whole number");
  };
  const name = (field: string, value: string | undefined) => {
    const wrong = nameViolation(value);
    if (wrong !== undefined) bad(field, wrong);
  };

  for (const field of input.refused ?? []) bad(field, "is output only, or does not apply here");
  name("id", input.id);
  name("queue", input.queue);
  const wrongKey = keyViolation(input.childKey);
  if (wrongKey !== undefined) bad("child_key", wrongKey);
  if (input.kind !== undefined && (input.kind.length > limits.kindChars || hasControl(input.kind))) {
    bad("kind", `must be at most ${limits.kindChars} characters without control characters`);
  }
  if (input.endpoint === undefined) bad("endpoint.url", "is required");
  else {
    const method = input.endpoint.method ?? "POST";
    const wrong = checkUrl(input.endpoint.url);
    if (wrong !== undefined) bad("endpoint.url", wrong);
    if (!METHODS.some((m) => m === method)) bad("endpoint.method", `must be one of ${METHODS.join(", ")}`);
    for (const { header, description } of checkHeaders(input.endpoint.headers ?? {})) {
      bad(header === undefined ? "endpoint.headers" : `endpoint.headers[${JSON.stringify(header)}]`, description);
    }
    if (method === "GET" && input.payload !== undefined && input.payload.length > 0) {
      bad("payload", "must be empty with method GET, which carries no body");
    }
  }
  if (input.payload !== undefined && input.payload.length > limits.payloadBytes) {
    bad("payload", `must be at most ${limits.payloadBytes} bytes`);
  }
  if (input.contentType !== undefined) {
    if (input.contentType.length > limits.contentTypeChars || !CONTENT_TYPE.test(input.contentType)) {
      bad("content_type", `must be 1 to ${limits.contentTypeChars} printable ASCII characters`);
    }
  }
  whole("priority", input.priority, limits.priorityMin, limits.priorityMax);
  for (const { field, description } of labelViolations(input.labels ?? {})) bad(field, description);
  if (input.scheduleTime !== undefined && input.delayMs !== undefined) {
    bad("delay", "must not be given together with schedule_time");
  }
  inRange("schedule_time", input.scheduleTime, 0, MAX_TIME, " ms since 1970");
  inRange("delay", input.delayMs, 0, limits.delayMaxMs, " ms");
  whole("max_attempts", input.maxAttempts, 1, limits.maxAttempts);
  const backoff = backoffOf(input.backoff);
  inRange("backoff.initial", backoff.initialMs, 0, limits.backoffInitialMaxMs, " ms");
  inRange("backoff.max", backoff.maxMs, 0, limits.backoffMaxMs, " ms");
  if (backoff.maxMs < backoff.initialMs) bad("backoff.max", "must not be less than backoff.initial");
  inRange("backoff.multiplier", backoff.multiplier, 1, limits.backoffMultiplierMax, "");
  inRange("attempt_timeout", input.attemptTimeoutMs, 1, limits.attemptTimeoutMaxMs, " ms");
  inRange("deadline_time", input.deadlineTime, 0, MAX_TIME, " ms since 1970");
  if (input.deadlineTime !== undefined && (input.scheduleTime ?? 0) >= input.deadlineTime) {
    bad("deadline_time", "must be later than schedule_time");
  }
  inRange("retention", input.retentionMs, 0, limits.retentionMaxMs, " ms");
  return found;
}

/** The job with its defaults. Only for input without violations. */
export function specOf(input: JobInput, newId: () => string): JobSpec {
  return {
    id: input.id ?? newId(),
    kind: input.kind ?? "",
    queue: input.queue ?? "default",
    endpoint: {
      url: input.endpoint?.url ?? "",
      method: input.endpoint?.method ?? "POST",
      headers: input.endpoint?.headers ?? {},
    },
    payload: input.payload ?? new Uint8Array(),
    contentType: input.contentType ?? "application/json",
    priority: input.priority ?? 0,
    labels: input.labels ?? {},
    maxAttempts: input.maxAttempts ?? limits.defaultMaxAttempts,
    backoff: backoffOf(input.backoff),
    attemptTimeoutMs: input.attemptTimeoutMs ?? limits.defaultAttemptTimeoutMs,
    ...(input.deadlineTime === undefined ? {} : { deadlineTime: input.deadlineTime }),
    ...(input.retentionMs === undefined ? {} : { retentionMs: input.retentionMs }),
  };
}

/**
 * What the digest is taken over: everything that the caller gave, before defaults, with maps in order of their keys.
 * The payload follows it as bytes.
 */
export function canonicalForm(input: JobInput): string {
  const { endpoint, backoff } = input;
  return JSON.stringify([
    input.id ?? null,
    input.kind ?? null,
    input.queue ?? null,
    endpoint?.url ?? null,
    endpoint?.method ?? null,
    sortedEntries(endpoint?.headers),
    input.contentType ?? null,
    input.priority ?? null,
    sortedEntries(input.labels),
    input.scheduleTime ?? null,
    input.delayMs ?? null,
    input.maxAttempts ?? null,
    backoff === undefined ? null : [backoff.initialMs ?? null, backoff.maxMs ?? null, backoff.multiplier ?? null],
    input.attemptTimeoutMs ?? null,
    input.deadlineTime ?? null,
    input.retentionMs ?? null,
    ...(input.childKey === undefined ? [] : [input.childKey]),
  ]);
}

function backoffOf(given: Partial<Backoff> | undefined): Backoff {
  const initialMs = given?.initialMs ?? limits.defaultBackoffInitialMs;
  return {
    initialMs,
    maxMs: given?.maxMs ?? Math.max(limits.defaultBackoffMaxMs, initialMs),
    multiplier: given?.multiplier ?? limits.defaultBackoffMultiplier,
  };
}

/** For ids, keys and names of queues: what is wrong with it. */
export function nameViolation(value: string | undefined): string | undefined {
  if (value === undefined || (value.length >= 1 && value.length <= limits.idChars && NAME.test(value)))
    return undefined;
  return `must be 1 to ${limits.idChars} of A-Z a-z 0-9 . _ : -`;
}

/** For keys of members and chunks: a derived id, such as that of the job that adds them, is one too. */
export function keyViolation(value: string | undefined): string | undefined {
  return value !== undefined && /^~[A-Za-z0-9_-]{32}$/.test(value) ? undefined : nameViolation(value);
}

export function labelViolations(labels: Readonly<Record<string, string>>): FieldViolation[] {
  const found: FieldViolation[] = [];
  const entries = Object.entries(labels);
  if (entries.length > limits.labelCount) {
    found.push({ field: "labels", description: `must be at most ${limits.labelCount}` });
  }
  for (const [key, value] of entries) {
    const field = `labels[${JSON.stringify(key)}]`;
    if (key.length < 1 || key.length > limits.labelKeyChars || key.includes("=") || hasControl(key)) {
      const description = `key must be 1 to ${limits.labelKeyChars} characters without "=" and control characters`;
      found.push({ field, description });
    }
    if (value.length > limits.labelValueChars || hasControl(value)) {
      const description = `value must be at most ${limits.labelValueChars} characters without control characters`;
      found.push({ field, description });
    }
  }
  return found;
}

/** Also true for what is no text: a lone surrogate, which no UTF-8 can carry. */
export function hasControl(text: string): boolean {
  if (!text.isWellFormed()) return true;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

export function sortedEntries(
  map: Readonly<Record<string, string>> | undefined,
): readonly (readonly [string, string])[] | null {
  if (map === undefined) return null;
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
