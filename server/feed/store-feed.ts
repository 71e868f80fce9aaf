// Wake-ups between servers that share a store: subscribers of this process at once, others through the store's
// signals. What is lost on the way is found by whoever looks again.

import type { Feed } from "../core/feed.js";
import type { Change, SignalChannel } from "../core/store.js";
import { complete, LocalFeed } from "./local-feed.js";

export class StoreFeed implements Feed {
  readonly #local = new LocalFeed();
  readonly #signals: SignalChannel;
  #unfollow: (() => Promise<void>) | undefined;

  constructor(signals: SignalChannel) {
    this.#signals = signals;
  }

  start(): void {
    this.#unfollow ??= this.#signals.follow(
      (change) => this.#local.tell(change),
      () => this.#local.tellOfGap(),
    );
  }

  async stop(): Promise<void> {
    const unfollow = this.#unfollow;
    this.#unfollow = undefined;
    await unfollow?.();
  }

  publish(change: Partial<Change>): void {
    const whole = complete(change);
    this.#local.tell(whole);
    const { jobIds, queues, cancelled, batchIds, pausing } = whole;
    const empty = jobIds.length + queues.length + cancelled.length + batchIds.length === 0 && !pausing;
    if (!empty) this.#signals.send(whole);
  }

  subscribe(onChange: (change: Change) => void, onGap?: () => void): () => void {
    return this.#local.subscribe(onChange, onGap);
  }
}
