// Housekeeping: deletes ended jobs past their retention, and ends what no claim reaches: cancelled jobs whose server
// died, and jobs past their deadline, in queues that are paused. Any server may do it, any number of times.

import type { Chance, Clock } from "../core/clock.js";
import type { Feed } from "../core/feed.js";
import { limits } from "../core/limits.js";
import type { Log, Observer } from "../core/observer.js";
import type { Departed, JobStore, Round } from "../core/store.js";
import type { FanIn } from "./fan-in.js";
import { turn } from "./turn.js";

export interface PrunerOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly observer: Observer;
  readonly log: Log;
  readonly fanIn: Pick<FanIn, "departed">;
}

export class Pruner {
  readonly #options: PrunerOptions;
  readonly #stops = new Map<string, () => void>();

  constructor(options: PrunerOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stops.size > 0) return;
    this.#repeat("sweep", limits.sweepMs, () => this.sweep());
    this.#repeat("prune", limits.pruneMs, () => this.prune());
  }

  stop(): void {
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
  }

  async sweep(): Promise<void> {
    const { store, feed, fanIn } = this.#options;
    let round: Round<readonly Departed[]>;
    do {
      round = await store.sweep(limits.setSize);
      if (round.done.length > 0) feed.publish({ jobIds: round.done.map(({ jobId }) => jobId) });
      fanIn.departed(round.done);
      await turn();
    } while (round.more && round.done.length > 0);
  }

  async prune(): Promise<void> {
    const { store, observer } = this.#options;
    let round: Round<number>;
    do {
      round = await store.prune(limits.setSize);
      observer.pruned(round.done);
      await turn();
    } while (round.more && round.done > 0);
  }

  #repeat(name: string, everyMs: number, work: () => Promise<void>): void {
    const { clock, chance, log } = this.#options;
    const wait = everyMs * (0.9 + 0.2 * chance.random());
    this.#stops.set(
      name,
      clock.after(wait, async () => {
        try {
          await work();
        } catch (error) {
          log.warn(`could not ${name}; trying again later`, { error });
        }
        if (this.#stops.has(name)) this.#repeat(name, everyMs, work);
      }),
    );
  }
}
