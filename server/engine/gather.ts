// Gathers what is written at the same time into sets: one durable write costs the store about as much for one item as
// for hundreds. Nothing waits while nothing is under way; under load each write takes along what came meanwhile.

import type { Clock } from "../core/clock.js";
import { limits } from "../core/limits.js";

export interface GatherOptions<Item, Result> {
  readonly clock: Clock;
  /** Writes a set; one result for each item, in order. A failure is that of every item of the set. */
  readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** Items of the same key never share a set: they are written one after the other. */
  readonly keyOf?: (item: Item) => string;
  readonly bytesOf?: (item: Item) => number;
  /** Least time between the starts of two writes. Default: `limits.gatherMs`. */
  readonly spacingMs?: number;
  /**
   * With so many waiting a second write starts beside the one under way, at once: callers that were all answered by one
   * write would all wait for the next one too, and the store for them. Default: never. Not together with `keyOf`.
   */
  readonly secondAt?: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export class Gatherer<Item, Result> {
  readonly #options: GatherOptions<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  #writing = 0;
  #scheduled = false;
  #lastStart = Number.NEGATIVE_INFINITY;

  constructor(options: GatherOptions<Item, Result>) {
    this.#options = options;
  }

  /** Resolves when the item's set is written. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    const { clock, spacingMs = limits.gatherMs, secondAt = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#waiting.length >= secondAt && this.#writing < 2) return void this.#flush();
    if (this.#writing > 0 || this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    const wait = this.#lastStart + spacingMs - clock.monotonic();
    const run = () => {
      this.#scheduled = false;
      if (this.#waiting.length > 0) void this.#flush();
    };
    if (wait > 0 && this.#waiting.length < limits.setSize) clock.after(wait, run);
    else setImmediate(run);
  }

  async #flush(): Promise<void> {
    const set = this.#take();
    this.#writing += 1;
    this.#lastStart = this.#options.clock.monotonic();
    try {
      const results = await this.#options.write(set.map((waiting) => waiting.item));
      set.forEach((waiting, index) => {
        waiting.resolve(results[index] as Result);
      });
    } catch (error) {
      for (const waiting of set) waiting.reject(error);
    } finally {
      this.#writing -= 1;
      this.#schedule();
    }
  }

  /** The next set: bounded in number and bytes, no key twice; what does not fit stays in order. */
  #take(): Waiting<Item, Result>[] {
    const { keyOf, bytesOf } = this.#options;
    const keys = new Set<string>();
    const set: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    let bytes = 0;
    for (const waiting of this.#waiting) {
      const key = keyOf?.(waiting.item);
      const size = bytesOf?.(waiting.item) ?? 0;
      const fits = set.length === 0 || (set.length < limits.setSize && bytes + size <= limits.setBytes);
      if (!fits || (key !== undefined && keys.has(key))) {
        left.push(waiting);
        continue;
      }
      if (key !== undefined) keys.add(key);
      bytes += size;
      set.push(waiting);
    }
    this.#waiting = left;
    return set;
  }
}
