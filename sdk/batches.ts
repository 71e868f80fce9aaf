// Batches that are there: read, listed, watched, cancelled, tried again.

import type { Batch, BatchState as BatchStateName, BatchUpdate } from "./batch.js";
import { type BatchCalls, BatchHandle } from "./batch-handle.js";
import type { CallOptions, Channel } from "./channel.js";
import { batchFromWire, shownBatch } from "./convert-batch.js";
import { BatchState } from "./gen/drover/v1/batch_pb.js";
import { Paged } from "./paging.js";
import { type BatchWatchOptions, watchBatch } from "./watch-batch.js";

/** Which batches a list holds. `state` together with `parentJobId` is INVALID_ARGUMENT: no index has both. */
export interface BatchFilter extends CallOptions {
  readonly state?: BatchStateName | undefined;
  /** Only those of this master. */
  readonly parentJobId?: string | undefined;
  /** Batches in one page: 1 to 1,000. Default: 100. */
  readonly pageSize?: number | undefined;
  /** Default: newest first. */
  readonly oldestFirst?: boolean | undefined;
}

export interface BatchPage {
  readonly batches: readonly Batch[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

export class Batches implements BatchCalls {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** NOT_FOUND. */
  async get(id: string, options?: CallOptions): Promise<Batch> {
    return shownBatch(await this.#channel.call((wire) => this.#channel.jobs.getBatch({ batchId: id }, wire), options));
  }

  /** Batches in order of creation: iterate it for all, or call `page` on it for one page. */
  list(filter: BatchFilter = {}): Paged<BatchPage, Batch> {
    const { parentJobId = "", pageSize = 0, oldestFirst = false } = filter;
    const state = filter.state === undefined ? BatchState.UNSPECIFIED : BatchState[filter.state];
    return new Paged<BatchPage, Batch>(
      async (pageToken) => {
        const request = { state, parentJobId, pageSize, pageToken, oldestFirst };
        const page = await this.#channel.call((wire) => this.#channel.jobs.listBatches(request, wire), filter);
        return { batches: page.batches.map(batchFromWire), nextPageToken: page.nextPageToken };
      },
      (page) => page.batches,
    );
  }

  /**
   * The batch now with its counts, then each change that the reader is quick enough to see, and always its end; then
   * the loop ends. Reconnects by itself. NOT_FOUND.
   */
  watch(id: string, options?: BatchWatchOptions): AsyncGenerator<BatchUpdate> {
    return watchBatch(this.#channel, id, options);
  }

  /** Cancels it with all below it, and returns it as it is now; one that has ended is unchanged. NOT_FOUND. */
  async cancel(id: string, reason = "", options?: CallOptions): Promise<Batch> {
    const request = { batchId: id, reason };
    return shownBatch(await this.#channel.call((wire) => this.#channel.jobs.cancelBatch(request, wire), options));
  }

  /**
   * Makes a new batch of the members that failed or were cancelled; asked again, returns the same. FAILED_PRECONDITION
   * for a batch that has not ended or that succeeded; NOT_FOUND.
   */
  async retry(id: string, options?: CallOptions): Promise<BatchHandle> {
    const answer = await this.#channel.call((wire) => this.#channel.jobs.retryBatch({ batchId: id }, wire), options);
    return new BatchHandle(this, shownBatch(answer).id, answer.existing);
  }

  /** A handle of a batch that was made elsewhere. Calls nothing. */
  handle(id: string): BatchHandle {
    return new BatchHandle(this, id);
  }
}
