// How a command ends: its exit code and, for a person, why. The one table from error codes to exit codes.

import { DroverError as ClientError } from "@drover/sdk";
import { DroverError } from "../core/errors.js";

export const ExitCode = {
  OK: 0,
  NOT_SUCCEEDED: 1,
  USAGE: 2,
  REFUSED: 3,
  NOT_FOUND: 4,
  CONFLICT: 5,
  UNAVAILABLE: 6,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const CODES: Readonly<Record<string, ExitCode>> = {
  INVALID_ARGUMENT: ExitCode.REFUSED,
  PERMISSION_DENIED: ExitCode.REFUSED,
  UNAUTHENTICATED: ExitCode.REFUSED,
  RESOURCE_EXHAUSTED: ExitCode.REFUSED,
  UNIMPLEMENTED: ExitCode.REFUSED,
  NOT_FOUND: ExitCode.NOT_FOUND,
  ALREADY_EXISTS: ExitCode.CONFLICT,
  FAILED_PRECONDITION: ExitCode.CONFLICT,
  UNAVAILABLE: ExitCode.UNAVAILABLE,
  DEADLINE_EXCEEDED: ExitCode.UNAVAILABLE,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (!isDroverError(error)) return ExitCode.NOT_SUCCEEDED;
  return CODES[error.code] ?? ExitCode.NOT_SUCCEEDED;
}

export function explain(error: unknown): string {
  if (isDroverError(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function isDroverError(error: unknown): error is ClientError | DroverError {
  return error instanceof ClientError || error instanceof DroverError;
}
