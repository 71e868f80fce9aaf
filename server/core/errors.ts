// The one error of Drover, with a closed list of codes. Each edge (gRPC, HTTP, command line) has one table that
// translates it; nothing else decides what a caller is told.

/** What went wrong, in the words of gRPC's status codes. */
export type ErrorCode =
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "FAILED_PRECONDITION"
  | "PERMISSION_DENIED"
  | "UNAUTHENTICATED"
  | "RESOURCE_EXHAUSTED"
  | "UNAVAILABLE"
  | "UNIMPLEMENTED"
  | "INTERNAL";

/** Machine-readable reason, as in `drover.v1.ErrorReason` without its prefix. */
export type ErrorReason =
  | "LEASE_LOST"
  | "CANCELLED"
  | "TERMINAL"
  | "ENDPOINT_NOT_ALLOWED"
  | "NOT_RETRYABLE"
  | "TOKEN_INVALID"
  | "SEALED"
  | "COUNT_MISMATCH";

/** One field of a request that breaks a rule. `field` is a path such as `job.endpoint.url` or `jobs[3].queue`. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface ErrorDetails {
  readonly reason?: ErrorReason;
  readonly violations?: readonly FieldViolation[];
  /** When a repeat makes sense; only with UNAVAILABLE. */
  readonly retryDelayMs?: number;
  readonly cause?: unknown;
}

export class DroverError extends Error {
  readonly code: ErrorCode;
  readonly reason: ErrorReason | undefined;
  readonly violations: readonly FieldViolation[];
  readonly retryDelayMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "DroverError";
    this.code = code;
    this.reason = details.reason;
    this.violations = details.violations ?? [];
    this.retryDelayMs = details.retryDelayMs;
  }
}

/** A request that breaks rules: names each field and its bound. */
export function invalid(violations: readonly FieldViolation[]): DroverError {
  const message = violations.map((v) => `${v.field}: ${v.description}`).join("; ");
  return new DroverError("INVALID_ARGUMENT", message, { violations });
}

export function notFound(what: string, id: string): DroverError {
  return new DroverError("NOT_FOUND", `${what} ${JSON.stringify(id)} does not exist`);
}

/** What a stale holder is told: it changed nothing. */
export function leaseLost(jobId: string): DroverError {
  return new DroverError("FAILED_PRECONDITION", `this attempt no longer holds job ${jobId}`, {
    reason: "LEASE_LOST",
  });
}

/** The store cannot be reached, or the outcome of a write is unknown: the caller may repeat. */
export function storeUnavailable(cause: unknown): DroverError {
  return new DroverError("UNAVAILABLE", "the store cannot be reached, or did not confirm in time; repeat the call", {
    retryDelayMs: 1_000,
    cause,
  });
}

export function isStoreUnavailable(error: unknown): boolean {
  return error instanceof DroverError && error.code === "UNAVAILABLE";
}
