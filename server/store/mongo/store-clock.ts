// The store's clock as this process knows it: what the server last said, and the time since by a clock that never
// jumps. The answer was under way, so this is a little before the true time, and never ahead of it.

import type { Db } from "mongodb";

const SYNC_MS = 20_000;
const STEP_MS = 1_000;

export class StoreClock {
  readonly #database: Db;
  #serverTime = 0;
  #heardAt = 0;
  #last = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(database: Db) {
    this.#database = database;
  }

  async start(): Promise<void> {
    await this.#sync();
    // The store may be opened in a second try.
    this.stop();
    this.#timer = setInterval(() => void this.#sync().catch(() => this.#keep()), SYNC_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  now(): number {
    this.#last = Math.max(this.#last, Math.floor(this.#serverTime + performance.now() - this.#heardAt));
    return this.#last;
  }

  async #sync(): Promise<void> {
    const askedAt = performance.now();
    const { localTime } = (await this.#database.admin().command({ hello: 1 })) as { localTime: Date };
    const heardAt = performance.now();
    const told = localTime.getTime();
    // Now it is this at least, and at most so much more as the answer took: much, where the process stood still. What
    // was known before, if it lies between, is closer.
    const known = this.#serverTime + heardAt - this.#heardAt;
    if (known >= told && known <= told + heardAt - askedAt) return;
    this.#heardAt = heardAt;
    this.#serverTime = told;
    // A new primary, or a clock that was set back: then it is followed. Less than this is the way of the answer.
    if (this.#serverTime + STEP_MS < this.#last) this.#last = this.#serverTime;
  }

  /** A server that does not answer now is asked again later; meanwhile the time goes on as it did. */
  #keep(): void {
    this.now();
  }
}
