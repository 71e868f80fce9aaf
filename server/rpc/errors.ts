// The one table that turns an error into what a caller over the wire is told: code, text and google.rpc details.
// The text of anything that is no DroverError stays in the log.

import { create, createRegistry, type DescMessage, type Message } from "@bufbuild/protobuf";
import { anyPack, DurationSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@drover/sdk/gen/google/rpc/error_details_pb";
import { type Status, StatusSchema } from "@drover/sdk/gen/google/rpc/status_pb";
import { DroverError, type ErrorCode } from "../core/errors.js";
import { limits } from "../core/limits.js";
import type { Log } from "../core/observer.js";

const CODES: Readonly<Record<ErrorCode, Code>> = {
  INVALID_ARGUMENT: Code.InvalidArgument,
  NOT_FOUND: Code.NotFound,
  ALREADY_EXISTS: Code.AlreadyExists,
  FAILED_PRECONDITION: Code.FailedPrecondition,
  PERMISSION_DENIED: Code.PermissionDenied,
  UNAUTHENTICATED: Code.Unauthenticated,
  RESOURCE_EXHAUSTED: Code.ResourceExhausted,
  UNAVAILABLE: Code.Unavailable,
  UNIMPLEMENTED: Code.Unimplemented,
  INTERNAL: Code.Internal,
};

const INTERNAL_TEXT = "internal error; the log of the server says more";
const ERROR_DOMAIN = "drover";

/** What JSON needs to write the details within a google.rpc.Status. */
export const DETAIL_TYPES = createRegistry(BadRequestSchema, ErrorInfoSchema, RetryInfoSchema);

/** One google.rpc detail, made but not yet packed. */
interface Detail {
  readonly desc: DescMessage;
  readonly value: Message;
}

/** What a handler's caller gets. Unknown and internal errors are logged here. */
export function toConnectError(error: unknown, log: Log): ConnectError {
  if (error instanceof ConnectError) return error;
  // The caller left, or its time is up: nobody is told, and nothing is wrong.
  if (error instanceof Error && error.name === "AbortError") return ConnectError.from(error, Code.Canceled);
  if (!(error instanceof DroverError) || error.code === "INTERNAL") {
    log.error("a call failed", { error });
    return new ConnectError(INTERNAL_TEXT, Code.Internal);
  }
  const details = detailsOf(error).map(({ desc, value }) => ({ desc, value }));
  return new ConnectError(textOf(error), CODES[error.code], undefined, details);
}

/** The same as a message, for one item of a call that goes on. */
export function toStatus(error: DroverError, log: Log): Status {
  if (error.code === "INTERNAL") log.error("an item of a call failed", { error });
  return create(StatusSchema, {
    code: CODES[error.code],
    message: error.code === "INTERNAL" ? INTERNAL_TEXT : textOf(error),
    details: detailsOf(error).map(({ desc, value }) => anyPack(desc, value)),
  });
}

/** The google.rpc.Status that gRPC sends beside its code and text. */
export function statusOf(error: ConnectError): Status {
  const details = error.details.flatMap((detail) =>
    "desc" in detail ? [anyPack(detail.desc, create(detail.desc, detail.value))] : [],
  );
  return create(StatusSchema, { code: error.code, message: error.rawMessage, details });
}

function detailsOf(error: DroverError): Detail[] {
  const details: Detail[] = [];
  if (error.violations.length > 0) {
    const fieldViolations = error.violations.slice(0, limits.violationsShown).map(({ field, description }) => ({
      field: shorten(field, limits.violationFieldChars),
      description: shorten(description, limits.messageChars),
    }));
    details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) });
  }
  if (error.reason !== undefined) {
    const value = create(ErrorInfoSchema, { reason: error.reason, domain: ERROR_DOMAIN });
    details.push({ desc: ErrorInfoSchema, value });
  }
  if (error.retryDelayMs !== undefined) {
    const seconds = Math.floor(error.retryDelayMs / 1_000);
    const nanos = Math.round((error.retryDelayMs - seconds * 1_000) * 1e6);
    const retryDelay = create(DurationSchema, { seconds: BigInt(seconds), nanos });
    details.push({ desc: RetryInfoSchema, value: create(RetryInfoSchema, { retryDelay }) });
  }
  return details;
}

function textOf(error: DroverError): string {
  return shorten(error.message, limits.messageChars);
}

/** Also drops halves of surrogate pairs, which no UTF-8 can carry. */
function shorten(text: string, chars: number): string {
  return (text.length <= chars ? text : `${text.slice(0, chars - 1)}…`).toWellFormed();
}
