// What crosses between the thread of a SQLite file and the thread of everything else: calls of the store's verbs, by
// number, and their answers. Errors are taken apart and put together, since a structured clone keeps no class.

import { DroverError, type ErrorDetails } from "../../core/errors.js";
import type { JobStore } from "../../core/store.js";

/** The verbs of the port that answer later. */
export type Verb = {
  [Name in keyof JobStore]-?: JobStore[Name] extends (...args: never[]) => Promise<unknown> ? Name : never;
}[keyof JobStore];

export interface Call {
  readonly number: number;
  readonly verb: Verb;
  readonly args: readonly unknown[];
}

/** `now` is the store's time when the calls had been made. */
export interface Answers {
  readonly now: number;
  readonly answers: readonly Answer[];
}

export type Answer = { readonly number: number } & ({ readonly value: unknown } | { readonly error: ErrorParts });

type ErrorParts = Pick<DroverError, "code" | "message" | "stack"> & {
  readonly details: Omit<ErrorDetails, "cause">;
  readonly cause: CauseParts | undefined;
};

/** What the log shows of a cause, and of its cause. */
interface CauseParts {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: unknown;
  readonly cause: CauseParts | undefined;
}

/** Verbs fail with nothing else than this error. */
export function errorParts({ code, message, stack, reason, violations, retryDelayMs, cause }: DroverError): ErrorParts {
  const details = {
    violations,
    ...(reason === undefined ? {} : { reason }),
    ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
  };
  return { code, message, ...(stack === undefined ? {} : { stack }), details, cause: causeParts(cause) };
}

export function errorOf({ code, message, stack, details, cause }: ErrorParts): DroverError {
  const error = new DroverError(code, message, { ...details, cause: causeOf(cause) });
  return Object.assign(error, { stack });
}

function causeParts(cause: unknown): CauseParts | undefined {
  if (cause === undefined) return undefined;
  const { name, message, stack, cause: deeper } = cause instanceof Error ? cause : new Error(String(cause));
  return { name, message, stack, code: (cause as { readonly code?: unknown }).code, cause: causeParts(deeper) };
}

function causeOf(parts: CauseParts | undefined): Error | undefined {
  if (parts === undefined) return undefined;
  const { name, message, stack, code, cause } = parts;
  const error = new Error(message, cause === undefined ? undefined : { cause: causeOf(cause) });
  return Object.assign(error, { name, stack }, code === undefined ? {} : { code });
}
