// What an operator does with queues: read, pause, resume, empty.

import { invalid, notFound } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import { limits } from "../core/limits.js";
import type { JobStore, QueueInfo } from "../core/store.js";
import type { QueueControl } from "./api.js";
import type { FanIn } from "./fan-in.js";
import { checkId } from "./job-control.js";
import { badPageToken, decodePageToken, encodePageToken, pageSizeOf } from "./page-token.js";
import { turn } from "./turn.js";

export class StoredQueues implements QueueControl {
  readonly #store: JobStore;
  readonly #feed: Feed;
  readonly #fanIn: Pick<FanIn, "departed">;

  constructor(options: {
    readonly store: JobStore;
    readonly feed: Feed;
    readonly fanIn: Pick<FanIn, "departed">;
  }) {
    this.#store = options.store;
    this.#feed = options.feed;
    this.#fanIn = options.fanIn;
  }

  async list(pageSize: number, pageToken: string): Promise<{ queues: readonly QueueInfo[]; nextPageToken: string }> {
    const limit = pageSizeOf(pageSize);
    const [after = ""] = decodePageToken("queues", pageToken) ?? [];
    if (typeof after !== "string") throw badPageToken();
    const queues = await this.#store.listQueues(after, limit + 1);
    const page = queues.slice(0, limit);
    const last = page.at(-1);
    const more = queues.length > limit && last !== undefined;
    return { queues: page, nextPageToken: more ? encodePageToken("queues", [last.name]) : "" };
  }

  async get(name: string): Promise<QueueInfo> {
    checkQueue(name);
    const queue = await this.#store.getQueue(name);
    if (queue === undefined) throw notFound("queue", name);
    return queue;
  }

  pause(name: string): Promise<QueueInfo> {
    return this.#setPaused(name, true);
  }

  resume(name: string): Promise<QueueInfo> {
    return this.#setPaused(name, false);
  }

  /** Cancels what is PENDING, set by set; what is submitted meanwhile may be cancelled too. */
  async purge(name: string): Promise<number> {
    checkQueue(name);
    let count = 0;
    for (;;) {
      const { done: ended, more } = await this.#store.purge(name, limits.setSize);
      this.#feed.publish({ jobIds: ended.map(({ jobId }) => jobId) });
      this.#fanIn.departed(ended);
      count += ended.length;
      await turn();
      if (!more) return count;
    }
  }

  async #setPaused(name: string, paused: boolean): Promise<QueueInfo> {
    checkQueue(name);
    await this.#store.setPaused(name, paused);
    this.#feed.publish({ queues: paused ? [] : [name], pausing: true });
    return this.get(name);
  }
}

function checkQueue(name: string): void {
  if (name.startsWith("~")) throw invalid([{ field: "queue", description: 'must not begin with "~"' }]);
  checkId(name, "queue");
}
