// The port to wake-ups: who changes something publishes it, who waits for changes subscribes. Level-triggered: a
// change is a hint to look again, and everything that listens looks again by itself now and then.

import type { Change } from "./store.js";

export interface Feed {
  /** Idempotent. */
  start(): void;
  /** Idempotent. */
  stop(): Promise<void>;
  /** Reaches subscribers of this process at once, those of other servers soon. Never fails. */
  publish(change: Partial<Change>): void;
  /** `onGap`: changes may have been missed. Returns how to unsubscribe. */
  subscribe(onChange: (change: Change) => void, onGap?: () => void): () => void;
}
