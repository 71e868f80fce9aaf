// Trying again: what may succeed later, after which wait, how often and for how long. Safe because everything that is
// sent again carries the same id.

import { DroverError, isTransient } from "./errors.js";
import { limits } from "./limits.js";

export interface RetryPolicy {
  /** Tries in all; 1 tries once. */
  readonly tries: number;
  /** The longest wait before the second try; it doubles with each further one. */
  readonly initialDelayMs: number;
  /** The longest wait before any. */
  readonly maxDelayMs: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  tries: limits.tries,
  initialDelayMs: limits.retryInitialMs,
  maxDelayMs: limits.retryMaxMs,
};

export interface RetryOptions {
  readonly policy: RetryPolicy;
  /** For all tries and the waits between them. */
  readonly timeoutMs: number;
  /** Ends the call with CANCELLED. */
  readonly signal: AbortSignal;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random?: () => number;
}

/**
 * Runs a call until it succeeds. Throws its error as soon as it is not transient, when the tries are spent, or when
 * the next try would begin after `timeoutMs`.
 */
export async function retrying<T>(run: (timeoutMs: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { policy, signal, wait = delay, random } = options;
  const end = performance.now() + options.timeoutMs;
  let leftMs = options.timeoutMs;
  for (let failures = 1; ; failures++) {
    try {
      signal.throwIfAborted();
      // At least 1: Connect takes 0 for no limit.
      return await run(Math.max(1, Math.min(leftMs, limits.tryTimeoutMs)));
    } catch (thrown) {
      if (signal.aborted) throw cancelled(signal);
      const error = DroverError.from(thrown);
      const waitMs = retryDelayMs(failures, error, policy, random);
      leftMs = end - performance.now() - waitMs;
      if (!isTransient(error) || failures >= policy.tries || leftMs <= 0) throw error;
      await wait(waitMs, signal);
    }
  }
}

/** Full jitter, so that callers who failed together do not come back together; after what the server asks for. */
export function retryDelayMs(failures: number, error: DroverError, policy: RetryPolicy, random = Math.random): number {
  const longest = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** (failures - 1));
  return (error.retryDelayMs ?? 0) + random() * longest;
}

/** What a call that was stopped by its signal ends with. */
export function cancelled(signal: AbortSignal): DroverError {
  const reason: unknown = signal.reason;
  if (reason instanceof DroverError) return reason;
  return new DroverError("CANCELLED", "the call was stopped by its signal", { cause: reason });
}

/** Resolves after so long, or as soon as the signal fires. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
