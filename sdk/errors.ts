// The one error of the SDK, with a closed list of codes, and the one door through which everything that is thrown
// becomes one. Reads what a server tells by google.rpc: the fields at fault, the reason, when to try again.

import { type DescMessage, isMessage, type MessageShape } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { type Status, StatusSchema } from "./gen/google/rpc/status_pb.js";

/** What went wrong: the codes of gRPC, in its order from 1, and two for jobs that ended without success. */
export const ERROR_CODES = [
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
  "JOB_FAILED",
  "JOB_CANCELLED",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** One field of a request that breaks a rule; `field` is a path such as `job.endpoint.url`. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface ErrorDetails {
  readonly reason?: string | undefined;
  readonly violations?: readonly FieldViolation[];
  readonly retryDelayMs?: number | undefined;
  readonly cause?: unknown;
}

/** All that the SDK throws. */
export class DroverError extends Error {
  readonly code: ErrorCode;
  /**
   * Machine-readable: with FAILED_PRECONDITION and PERMISSION_DENIED a name such as "LEASE_LOST", with JOB_FAILED and
   * JOB_CANCELLED the job's `stateReason`.
   */
  readonly reason: string | undefined;
  /** The fields at fault, with INVALID_ARGUMENT; else empty. */
  readonly violations: readonly FieldViolation[];
  /** The server asks to wait at least so long before the call is repeated. */
  readonly retryDelayMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "DroverError";
    this.code = code;
    this.reason = details.reason;
    this.violations = details.violations ?? [];
    this.retryDelayMs = details.retryDelayMs;
  }

  /**
   * Turns whatever was thrown, or the google.rpc.Status of one job of a call, into a DroverError; one that is already
   * is returned as it is. A connection that broke, in any of the ways in which one can, is UNAVAILABLE.
   */
  static from(thrown: unknown): DroverError {
    if (thrown instanceof DroverError) return thrown;
    if (isMessage(thrown, StatusSchema)) return fromStatus(thrown);
    if (thrown instanceof ConnectError) return fromConnect(thrown, codeOf(thrown));
    if (!(thrown instanceof Error)) return new DroverError("UNKNOWN", String(thrown), { cause: thrown });
    const code =
      thrown.name === "AbortError" ? "CANCELLED" : thrown.name === "TimeoutError" ? "DEADLINE_EXCEEDED" : "UNKNOWN";
    return new DroverError(code, thrown.message, { cause: thrown });
  }
}

/** An argument that cannot be sent as it is. */
export function invalid(field: string, description: string): DroverError {
  return new DroverError("INVALID_ARGUMENT", `${field}: ${description}`, { violations: [{ field, description }] });
}

/** The same error with other names for its fields, in the message and in the violations. */
export function renamed(error: DroverError, rename: (text: string) => string): DroverError {
  return new DroverError(error.code, rename(error.message), {
    reason: error.reason,
    violations: error.violations.map(({ field, description }) => ({ field: rename(field), description })),
    retryDelayMs: error.retryDelayMs,
    cause: error.cause,
  });
}

/** The error of a submit after which the job may be stored, with the id to find it by: it may have been made for the caller. */
export function withJobId(thrown: unknown, id: string): DroverError {
  const error = DroverError.from(thrown);
  if (!isTransient(error) && error.code !== "CANCELLED") return error;
  const message = `${error.message}; job ${id} may be stored: submit it again under this id`;
  const { code, reason, violations, retryDelayMs, cause } = error;
  return new DroverError(code, message, { reason, violations, retryDelayMs, cause });
}

/** The same call may succeed later, and a call with an id may be repeated. */
export function isTransient(error: DroverError): boolean {
  return error.code === "UNAVAILABLE" || error.code === "DEADLINE_EXCEEDED";
}

function fromStatus(status: Status): DroverError {
  const error = new ConnectError(status.message, status.code);
  error.details = status.details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  return fromConnect(error, nameOf(status.code));
}

function fromConnect(error: ConnectError, code: ErrorCode): DroverError {
  const retryDelay = detailOf(error, RetryInfoSchema)?.retryDelay;
  return new DroverError(code, error.rawMessage, {
    reason: detailOf(error, ErrorInfoSchema)?.reason,
    violations:
      detailOf(error, BadRequestSchema)?.fieldViolations.map(({ field, description }) => ({ field, description })) ??
      [],
    retryDelayMs: retryDelay && durationMs(retryDelay),
    cause: error,
  });
}

function detailOf<Desc extends DescMessage>(error: ConnectError, schema: Desc): MessageShape<Desc> | undefined {
  return error.details.length === 0 ? undefined : error.findDetails(schema)[0];
}

function nameOf(code: number): ErrorCode {
  return (code <= Code.Unauthenticated ? ERROR_CODES[code - 1] : undefined) ?? "UNKNOWN";
}

/** How Connect begins the text of a request that cannot be encoded, and of an answer that cannot be decoded. */
const NOT_ENCODED = "serialize binary: ";
const NOT_DECODED = "parse binary: ";

function codeOf(error: ConnectError): ErrorCode {
  // A number of pages that is none, an id that is no text: no other try would mend it.
  if (error.code === Code.Internal && error.rawMessage.startsWith(NOT_ENCODED)) return "INVALID_ARGUMENT";
  if (error.code === Code.Internal && error.rawMessage.startsWith(NOT_DECODED)) return "INTERNAL";
  return isBrokenConnection(error) ? "UNAVAILABLE" : nameOf(error.code);
}

/**
 * What a server says arrives with metadata, its trailers or headers. Without any these codes come from this side: a
 * reset, a closed session, an answer cut short. A cancel comes from neither end of the channel, which knows its own:
 * a server that stops, or a proxy, let go of the call.
 */
function isBrokenConnection(error: ConnectError): boolean {
  if (error.code === Code.Canceled) return true;
  if (!error.metadata.keys().next().done) return false;
  switch (error.code) {
    case Code.Aborted:
    case Code.Internal:
      return true;
    case Code.Unknown:
      return error.cause !== undefined;
    default:
      return false;
  }
}
