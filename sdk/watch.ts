// Watching a job over streams that may break at any time. The cursor is a revision, so a new stream goes on where the
// last one ended and nothing is kept but that number; the last state is always shown.

import type { Channel } from "./channel.js";
import { fromWire } from "./convert.js";
import { DroverError, isTransient } from "./errors.js";
import type { WatchJobResponse } from "./gen/drover/v1/job_service_pb.js";
import { isTerminal, type Job } from "./job.js";
import { limits } from "./limits.js";
import { cancelled, delay, retryDelayMs } from "./retry.js";

export interface WatchOptions {
  /** Only states newer than this revision; the last state is shown in any case. Default: what there is now, first. */
  readonly afterRevision?: number | undefined;
  /** Ends the watch: the loop ends without an error. */
  readonly signal?: AbortSignal | undefined;
  /** A stream on which nothing came for so long, not even a keep-alive, is dead and replaced. Default: 45,000. */
  readonly idleMs?: number | undefined;
}

/**
 * The job now, then each newer state that the reader is quick enough to see, and always the one in which it ended.
 * Until the first answer it gives up like any call, with UNAVAILABLE; after it, it reconnects until the job has ended
 * or the signal fires.
 */
export async function* watchJob(channel: Channel, id: string, options: WatchOptions = {}): AsyncGenerator<Job> {
  const { idleMs = limits.watchIdleMs } = options;
  const call = channel.open(options.signal);
  const giveUpTime = performance.now() + channel.timeoutMs;
  let seen = options.afterRevision === undefined ? undefined : BigInt(options.afterRevision);
  let heard = false;
  let failures = 0;
  try {
    for (;;) {
      if (call.signal.aborted) throw cancelled(call.signal);
      const stream = new WatchStream(channel, id, seen, call.signal);
      try {
        for (let next = await stream.next(idleMs); next !== undefined; next = await stream.next(idleMs)) {
          heard = true;
          failures = 0;
          if (next.job === undefined) continue;
          const job = fromWire(next.job);
          // A server that is behind another may show what was seen already; the end is shown whatever its revision.
          const ended = isTerminal(job.state);
          if (!ended && seen !== undefined && next.job.revision <= seen) continue;
          seen = next.job.revision;
          yield job;
          if (ended) return;
        }
      } finally {
        stream.end();
      }
      failures += 1;
      const error = stream.error ?? new DroverError("UNAVAILABLE", `the stream ended before job ${id} did`);
      if (call.signal.aborted) throw cancelled(call.signal);
      if (!isTransient(error)) throw error;
      const waitMs = retryDelayMs(failures, error, channel.policy);
      const gaveUp = failures >= channel.policy.tries || performance.now() + waitMs > giveUpTime;
      if (!heard && gaveUp) throw error;
      await delay(waitMs, call.signal);
    }
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  } finally {
    call.end();
  }
}

/** One stream, to its end. It ends in `error`, or without one where the server said that it is over. */
class WatchStream {
  error: DroverError | undefined;
  readonly #stop = new AbortController();
  readonly #outer: AbortSignal;
  readonly #messages: AsyncIterator<WatchJobResponse>;
  readonly #onAbort = () => this.#stop.abort();

  constructor(channel: Channel, jobId: string, afterRevision: bigint | undefined, outer: AbortSignal) {
    this.#outer = outer;
    outer.addEventListener("abort", this.#onAbort);
    const request = afterRevision === undefined ? { jobId } : { jobId, afterRevision };
    const stream = channel.jobs.watchJob(request, { headers: channel.headers, signal: this.#stop.signal });
    this.#messages = stream[Symbol.asyncIterator]();
  }

  /** Undefined when the stream is over, for whatever reason. The clock runs only while nobody reads a message. */
  async next(idleMs: number): Promise<WatchJobResponse | undefined> {
    let dead = false;
    const timer = setTimeout(() => {
      dead = true;
      this.#stop.abort();
    }, idleMs);
    try {
      const { done, value } = await this.#messages.next();
      return done ? undefined : value;
    } catch (thrown) {
      this.error = dead
        ? new DroverError("UNAVAILABLE", `nothing came for ${idleMs} ms, not even a keep-alive`)
        : DroverError.from(thrown);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Connect leaves a stream open whose reader just stops: only its signal closes it. */
  end(): void {
    this.#outer.removeEventListener("abort", this.#onAbort);
    this.#stop.abort();
  }
}
