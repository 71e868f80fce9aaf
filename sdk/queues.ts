// Queues, for operators: shown, paused, emptied.

import type { CallOptions, Channel } from "./channel.js";
import { dateOf } from "./convert.js";
import { DroverError } from "./errors.js";
import type { Queue as WireQueue } from "./gen/drover/v1/queue_pb.js";
import { Paged } from "./paging.js";

export interface Queue {
  readonly name: string;
  /** No job of it is started. */
  readonly paused: boolean;
  /** Jobs that have not ended: those that may start now, those that wait for a time, those that run. */
  readonly counts: { readonly pending: number; readonly scheduled: number; readonly running: number };
  /** Since when the job that may start and has waited longest could have started. */
  readonly oldestAvailableTime: Date | undefined;
}

export interface QueuePage {
  readonly queues: readonly Queue[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

export interface QueueListOptions extends CallOptions {
  /** 1 to 1,000. Default: 100. */
  readonly pageSize?: number | undefined;
}

export class Queues {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** All queues, by name. */
  list(options: QueueListOptions = {}): Paged<QueuePage, Queue> {
    const { pageSize = 0 } = options;
    return new Paged<QueuePage, Queue>(
      async (pageToken) => {
        const request = { pageSize, pageToken };
        const page = await this.#channel.call((wire) => this.#channel.queues.listQueues(request, wire), options);
        return { queues: page.queues.map(fromWire), nextPageToken: page.nextPageToken };
      },
      (page) => page.queues,
    );
  }

  /** NOT_FOUND if no job was ever stored in it, and it was never paused or resumed. */
  async get(queue: string, options?: CallOptions): Promise<Queue> {
    return shown(await this.#channel.call((wire) => this.#channel.queues.getQueue({ queue }, wire), options));
  }

  /** Starts no more of its jobs; calls under way go on. The queue need not exist yet. */
  async pause(queue: string, options?: CallOptions): Promise<Queue> {
    return shown(await this.#channel.call((wire) => this.#channel.queues.pauseQueue({ queue }, wire), options));
  }

  /** Starts its jobs again. */
  async resume(queue: string, options?: CallOptions): Promise<Queue> {
    return shown(await this.#channel.call((wire) => this.#channel.queues.resumeQueue({ queue }, wire), options));
  }

  /**
   * Cancels all its PENDING jobs, deletes nothing, and returns how many it cancelled. Tried once, since a repeat could
   * not count those that the first try cancelled.
   */
  async purge(queue: string, options?: CallOptions): Promise<number> {
    const answer = await this.#channel.call((wire) => this.#channel.queues.purgeQueue({ queue }, wire), options, false);
    return Number(answer.cancelledCount);
  }
}

function shown({ queue }: { readonly queue?: WireQueue | undefined }): Queue {
  if (queue === undefined) throw new DroverError("INTERNAL", "the server's answer holds no queue");
  return fromWire(queue);
}

function fromWire(queue: WireQueue): Queue {
  return {
    name: queue.name,
    paused: queue.paused,
    counts: {
      pending: Number(queue.counts?.pending ?? 0n),
      scheduled: Number(queue.counts?.scheduled ?? 0n),
      running: Number(queue.counts?.running ?? 0n),
    },
    oldestAvailableTime: dateOf(queue.oldestAvailableTime),
  };
}
