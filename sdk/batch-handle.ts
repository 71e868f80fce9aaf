// One batch, by its id: to follow it, wait for its end, cancel it, try again what failed.

import type { Batch, BatchUpdate } from "./batch.js";
import { isBatchTerminal } from "./batch.js";
import type { CallOptions } from "./channel.js";
import { DroverError } from "./errors.js";
import type { BatchWatchOptions } from "./watch-batch.js";

/** The calls of a client that a handle makes. */
export interface BatchCalls {
  get(id: string, options?: CallOptions): Promise<Batch>;
  watch(id: string, options?: BatchWatchOptions): AsyncGenerator<BatchUpdate>;
  cancel(id: string, reason?: string, options?: CallOptions): Promise<Batch>;
  retry(id: string, options?: CallOptions): Promise<BatchHandle>;
}

export class BatchHandle {
  readonly id: string;
  /** What gave this handle found the same batch there already. False for a handle made by id. */
  readonly existing: boolean;
  readonly #calls: BatchCalls;

  constructor(calls: BatchCalls, id: string, existing = false) {
    this.#calls = calls;
    this.id = id;
    this.existing = existing;
  }

  /** See `Batches.get`. */
  get(options?: CallOptions): Promise<Batch> {
    return this.#calls.get(this.id, options);
  }

  /** See `Batches.watch`. */
  watch(options?: BatchWatchOptions): AsyncGenerator<BatchUpdate> {
    return this.#calls.watch(this.id, options);
  }

  /**
   * Waits until the batch has ended, its `onComplete` job included, however long that takes, and returns it as it
   * ended: `state` and `counts` say how. NOT_FOUND; CANCELLED when the signal fires.
   */
  async wait(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Batch> {
    for await (const { batch } of this.watch(options)) if (isBatchTerminal(batch.state)) return batch;
    throw new DroverError("CANCELLED", `waiting for batch ${this.id} was stopped by its signal`, {
      cause: options.signal?.reason,
    });
  }

  /** See `Batches.cancel`. */
  cancel(reason?: string, options?: CallOptions): Promise<Batch> {
    return this.#calls.cancel(this.id, reason, options);
  }

  /** See `Batches.retry`. */
  retry(options?: CallOptions): Promise<BatchHandle> {
    return this.#calls.retry(this.id, options);
  }
}
