// Wake-ups within one process: who publishes reaches every subscriber before `publish` returns.

import type { Feed } from "../core/feed.js";
import type { Change } from "../core/store.js";

interface Subscriber {
  readonly onChange: (change: Change) => void;
  readonly onGap: (() => void) | undefined;
}

export class LocalFeed implements Feed {
  readonly #subscribers = new Set<Subscriber>();

  start(): void {}

  async stop(): Promise<void> {}

  publish(change: Partial<Change>): void {
    this.tell(complete(change));
  }

  subscribe(onChange: (change: Change) => void, onGap?: () => void): () => void {
    const subscriber = { onChange, onGap };
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  tell(change: Change): void {
    for (const { onChange } of this.#subscribers) onChange(change);
  }

  tellOfGap(): void {
    for (const { onGap } of this.#subscribers) onGap?.();
  }
}

export function complete(change: Partial<Change>): Change {
  return { jobIds: [], queues: [], cancelled: [], batchIds: [], ...change };
}
