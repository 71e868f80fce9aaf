// One job, by its id: to follow it, wait for its result, cancel it, try it again.

import type { CallOptions } from "./channel.js";
import { DroverError } from "./errors.js";
import type { Job } from "./job.js";
import { isTerminal } from "./job.js";
import type { WatchOptions } from "./watch.js";

/** The calls of a client that a handle makes. */
export interface JobCalls {
  get(id: string, options?: CallOptions): Promise<Job>;
  watch(id: string, options?: WatchOptions): AsyncGenerator<Job>;
  cancel(id: string, reason?: string, options?: CallOptions): Promise<Job>;
  retry(id: string, options?: CallOptions): Promise<JobHandle>;
}

export class JobHandle {
  readonly id: string;
  /** The submit or retry that gave this handle found the same job there already. False for a handle made by id. */
  readonly existing: boolean;
  readonly #calls: JobCalls;

  constructor(calls: JobCalls, id: string, existing = false) {
    this.#calls = calls;
    this.id = id;
    this.existing = existing;
  }

  /** See `DroverClient.get`. */
  get(options?: CallOptions): Promise<Job> {
    return this.#calls.get(this.id, options);
  }

  /** See `DroverClient.watch`. */
  watch(options?: WatchOptions): AsyncGenerator<Job> {
    return this.#calls.watch(this.id, options);
  }

  /** See `DroverClient.cancel`. */
  cancel(reason?: string, options?: CallOptions): Promise<Job> {
    return this.#calls.cancel(this.id, reason, options);
  }

  /** See `DroverClient.retry`. */
  retry(options?: CallOptions): Promise<JobHandle> {
    return this.#calls.retry(this.id, options);
  }

  /**
   * Waits until the job has ended, however long that takes, and returns what its page answered: JSON as a value, text
   * as a string, anything else as a Uint8Array, nothing as undefined.
   *
   * Throws JOB_FAILED or JOB_CANCELLED with the job's `stateReason` as `reason` and its last failure in the message;
   * NOT_FOUND; CANCELLED when the signal fires. `T` is not checked.
   */
  async result<T = unknown>(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<T> {
    for await (const job of this.watch(options)) {
      if (job.state === "SUCCEEDED") return job.result as T;
      if (isTerminal(job.state)) throw failed(job);
    }
    throw new DroverError("CANCELLED", `waiting for job ${this.id} was stopped by its signal`, {
      cause: options.signal?.reason,
    });
  }
}

function failed(job: Job): DroverError {
  const { failure } = job;
  const status = failure?.httpStatus === undefined ? "" : ` ${failure.httpStatus}`;
  const last = failure === undefined ? "" : `: ${failure.reason}${status}${failure.message && `, ${failure.message}`}`;
  const message = `job ${job.id} is ${job.state} (${job.stateReason ?? "no reason given"})${last}`;
  return new DroverError(job.state === "CANCELLED" ? "JOB_CANCELLED" : "JOB_FAILED", message, {
    reason: job.stateReason,
  });
}
