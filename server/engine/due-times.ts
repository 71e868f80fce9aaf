// Remembers when jobs that this server knows of become due, so that they start on time and not at the next poll.
// A hint only: bounded, and lost with the process.

import type { Clock } from "../core/clock.js";
import { limits } from "../core/limits.js";

/** Due times closer together than this share a wake-up. */
const STEP_MS = 10;

export class DueTimes {
  readonly #clock: Clock;
  readonly #stops = new Map<number, () => void>();
  #wake: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  onDue(wake: () => void): void {
    this.#wake = wake;
  }

  /** Something will be due in so many milliseconds. */
  add(inMs: number): void {
    const step = Math.ceil((this.#clock.monotonic() + inMs) / STEP_MS);
    if (inMs > limits.retryAfterMaxMs || this.#stops.has(step) || this.#stops.size >= limits.dueTimes) return;
    const stop = this.#clock.after(Math.max(0, step * STEP_MS - this.#clock.monotonic()), () => {
      this.#stops.delete(step);
      this.#wake();
    });
    this.#stops.set(step, stop);
  }

  stop(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }
}
