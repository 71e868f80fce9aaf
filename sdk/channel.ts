// The one channel of a client: a transport with what every call has in common, which is headers, a time limit, tries
// and an end when the client is closed.

import { type Client, createClient as createConnectClient, type Transport } from "@connectrpc/connect";
import { DroverError } from "./errors.js";
import { JobService } from "./gen/drover/v1/job_service_pb.js";
import { QueueService } from "./gen/drover/v1/queue_service_pb.js";
import { limits } from "./limits.js";
import { defaultRetryPolicy, type RetryPolicy, retrying } from "./retry.js";

/** For one call. */
export interface CallOptions {
  /** Ends the call with CANCELLED; what it asked for may have been done. */
  readonly signal?: AbortSignal | undefined;
  /** How long it may take with all of its tries. Default: the client's. */
  readonly timeoutMs?: number | undefined;
}

export interface ChannelOptions {
  /** How long one call may take with all of its tries, at least 1. Default: 60,000. Watches have no limit. */
  readonly timeoutMs?: number | undefined;
  /**
   * Sent with each call. An `authorization` is for a proxy before the server, which has to take it away: in calls for
   * batches Drover reads it as the token of a page, and any other is TOKEN_INVALID.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How calls are repeated that the server, or the way to it, could not answer. Default: 12 tries, 100 ms to 5 s. */
  readonly retry?: Partial<RetryPolicy> | undefined;
}

/** What a call hands to Connect. */
export interface WireOptions {
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** A call under way. `signal` fires when the caller gives up or the client is closed. */
export interface OpenCall {
  readonly signal: AbortSignal;
  end(): void;
}

export class Channel {
  readonly jobs: Client<typeof JobService>;
  readonly queues: Client<typeof QueueService>;
  readonly headers: Headers;
  readonly timeoutMs: number;
  readonly policy: RetryPolicy;
  readonly #close: () => void;
  readonly #open = new Set<AbortController>();
  #closed: DroverError | undefined;

  constructor(transport: Transport, close: () => void, options: ChannelOptions) {
    this.jobs = createConnectClient(JobService, transport);
    this.queues = createConnectClient(QueueService, transport);
    this.headers = new Headers(options.headers);
    this.timeoutMs = options.timeoutMs ?? limits.defaultTimeoutMs;
    this.policy = { ...defaultRetryPolicy, ...options.retry };
    this.#close = close;
  }

  /** Calls, again if need be, and throws nothing but DroverErrors. `repeatable`: a repeat changes nothing more. */
  async call<T>(send: (wire: WireOptions) => Promise<T>, options: CallOptions = {}, repeatable = true): Promise<T> {
    const call = this.open(options.signal);
    try {
      return await retrying((timeoutMs) => send({ headers: this.headers, signal: call.signal, timeoutMs }), {
        policy: repeatable ? this.policy : { ...this.policy, tries: 1 },
        timeoutMs: options.timeoutMs ?? this.timeoutMs,
        signal: call.signal,
      });
    } finally {
      call.end();
    }
  }

  /** Must be ended by the caller. */
  open(given: AbortSignal | undefined): OpenCall {
    const controller = new AbortController();
    const stop = () => controller.abort(given?.reason);
    if (this.#closed !== undefined) controller.abort(this.#closed);
    else if (given?.aborted) stop();
    this.#open.add(controller);
    given?.addEventListener("abort", stop);
    return {
      signal: controller.signal,
      end: () => {
        given?.removeEventListener("abort", stop);
        this.#open.delete(controller);
      },
    };
  }

  /** Ends all calls with CANCELLED, now and later. Idempotent. */
  close(): void {
    if (this.#closed !== undefined) return;
    this.#closed = new DroverError("CANCELLED", "the client is closed");
    for (const controller of this.#open) controller.abort(this.#closed);
    this.#close();
  }
}
