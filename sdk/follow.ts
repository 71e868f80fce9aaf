// Following something over streams that may break at any time: opens a stream, and another where that one ended, until
// the end was shown. What is followed, and from where a new stream goes on, is told by a Source.

import type { Channel } from "./channel.js";
import { DroverError, isTransient } from "./errors.js";
import { limits } from "./limits.js";
import { cancelled, delay, retryDelayMs } from "./retry.js";

export interface FollowOptions {
  /** Ends the watch: the loop ends without an error. */
  readonly signal?: AbortSignal | undefined;
  /** A stream on which nothing came for so long, not even a keep-alive, is dead and replaced. Default: 45,000. */
  readonly idleMs?: number | undefined;
}

interface StreamOptions {
  readonly headers: Headers;
  readonly signal: AbortSignal;
}

/** What is followed. */
export interface Source<Message, Shown> {
  /** For people: `job j1`. */
  readonly name: string;
  open(options: StreamOptions): AsyncIterable<Message>;
  /** What of a message is news; undefined if nothing is. */
  take(message: Message): Shown | undefined;
  /** "ended": nothing is to come. "ending": the end was shown, and what else there is comes before the stream ends. */
  readonly phase: "live" | "ending" | "ended";
}

/**
 * Until the first answer it gives up like any call, with UNAVAILABLE; after it, it reconnects until all has ended or
 * the signal fires.
 */
export async function* follow<Message, Shown>(
  channel: Channel,
  source: Source<Message, Shown>,
  options: FollowOptions,
): AsyncGenerator<Shown> {
  const { idleMs = limits.watchIdleMs } = options;
  const call = channel.open(options.signal);
  const giveUpTime = performance.now() + channel.timeoutMs;
  let heard = false;
  let failures = 0;
  try {
    for (;;) {
      if (call.signal.aborted) throw cancelled(call.signal);
      const stream = new Stream((open) => source.open(open), channel.headers, call.signal);
      try {
        for (let next = await stream.next(idleMs); next !== undefined; next = await stream.next(idleMs)) {
          heard = true;
          failures = 0;
          const shown = source.take(next);
          if (shown !== undefined) yield shown;
          if (source.phase === "ended") return;
        }
      } finally {
        stream.end();
      }
      if (source.phase === "ending" && stream.error === undefined) return;
      failures += 1;
      const error = stream.error ?? new DroverError("UNAVAILABLE", `the stream ended before ${source.name} did`);
      if (call.signal.aborted) throw cancelled(call.signal);
      // A server that has as many watches as it takes may have inherited those of another that went.
      const isFull = heard && error.code === "RESOURCE_EXHAUSTED";
      if (!isTransient(error) && !isFull) throw error;
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
class Stream<Message> {
  error: DroverError | undefined;
  readonly #stop = new AbortController();
  readonly #outer: AbortSignal;
  readonly #messages: AsyncIterator<Message>;
  readonly #onAbort = () => this.#stop.abort();

  constructor(open: (options: StreamOptions) => AsyncIterable<Message>, headers: Headers, outer: AbortSignal) {
    this.#outer = outer;
    outer.addEventListener("abort", this.#onAbort);
    this.#messages = open({ headers, signal: this.#stop.signal })[Symbol.asyncIterator]();
  }

  /** Undefined when the stream is over, for whatever reason. The clock runs only while nobody reads a message. */
  async next(idleMs: number): Promise<Message | undefined> {
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
