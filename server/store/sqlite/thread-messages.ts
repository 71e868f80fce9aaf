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

/** `now` is the store's time at the end of the call. */
export type Answer = { readonly number: number; readonly now: number } & (
  | { readonly value: unknown }
  | { readonly error: ErrorParts }
);

type ErrorParts = Pick<DroverError, "code" | "message"> & { readonly details: ErrorDetails };

/** Verbs fail with nothing else than this error; a cause is cloned as a plain one, with its stack. */
export function errorParts({ code, message, ...rest }: DroverError & { readonly cause?: unknown }): ErrorParts {
  const { reason, violations, retryDelayMs, cause } = rest;
  const details = {
    violations,
    ...(reason === undefined ? {} : { reason }),
    ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
    ...(cause === undefined ? {} : { cause: cause instanceof Error ? cause : String(cause) }),
  };
  return { code, message, details };
}

export function errorOf({ code, message, details }: ErrorParts): DroverError {
  return new DroverError(code, message, details);
}
