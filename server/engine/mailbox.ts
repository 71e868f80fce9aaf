// How a watcher waits: for a wake-up, for so long at most, and not when it has left.

import type { Clock } from "../core/clock.js";

/** One slot that says "look again": woken any number of times, it is taken once. */
export class Mailbox {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #full = false;
  #resolve: (() => void) | undefined;

  /** @param signal of the watcher's own call: it is listened to for as long as there is one. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#resolve?.(), { once: true });
  }

  readonly wake = (): void => {
    this.#full = true;
    this.#resolve?.();
  };

  /** Resolves when woken, when the time is over, and when the watcher leaves. Returns whether it was woken. */
  async next(waitMs: number): Promise<boolean> {
    if (!this.#full && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        const stop = this.#clock.after(waitMs, resolve);
        this.#resolve = () => {
          stop();
          resolve();
        };
      });
      this.#resolve = undefined;
    }
    const woken = this.#full;
    this.#full = false;
    return woken;
  }
}
