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

export type Answer = { readonly number: number } & (
  | { readonly value: unknown }
  | { readonly error: Pick<DroverError, "code" | "message"> & { readonly details: ErrorDetails } }
);

/** Verbs fail with nothing else than this error; a cause is cloned as a plain one, with its stack. */
export function failed(number: number, { code, message, ...rest }: DroverError & { readonly cause?: unknown }): Answer {
  const { reason, violations, retryDelayMs, cause } = rest;
  const details = {
    violations,
    ...(reason === undefined ? {} : { reason }),
    ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
    ...(cause === undefined ? {} : { cause: cause instanceof Error ? cause : String(cause) }),
  };
  return { number, error: { code, message, details } };
}

export function errorOf({ code, message, details }: Extract<Answer, { error: unknown }>["error"]): DroverError {
  return new DroverError(code, message, details);
}
