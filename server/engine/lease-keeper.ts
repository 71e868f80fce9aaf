// Keeps the leases of the jobs that this server holds: renews them in sets, and tells each holder when its lease is
// lost or its job is to be cancelled. While the store does not answer, a lease counts as held until its end by this
// process's own monotonic clock, counted from before it was asked for; then it is lost.

import type { Clock } from "../core/clock.js";
import type { Feed } from "../core/feed.js";
import { limits } from "../core/limits.js";
import type { Log, Observer } from "../core/observer.js";
import type { Holding, JobStore } from "../core/store.js";

export interface Held extends Holding {
  /** Monotonic: until then nobody else can have been given the job. */
  leasedUntil: number;
  readonly onLost: () => void;
  readonly onCancel: (reason: string) => void;
}

export interface LeaseKeeperOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly log: Log;
  readonly leaseMs: number;
}

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #held = new Map<string, Held>();
  #renewing: Promise<void> | undefined;
  #stops: (() => void)[] = [];

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const unsubscribe = this.#options.feed.subscribe((change) => this.#check(change.cancelled));
    this.#stops = [unsubscribe, this.#tickLater()];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** An earlier lease of the same job is over: this process stood still for longer than it. */
  hold(held: Held): void {
    const earlier = this.#held.get(held.jobId);
    if (earlier !== undefined) this.#lose(earlier);
    this.#held.set(held.jobId, held);
  }

  /** Only if this very lease is kept: a later one of the same job stays. */
  drop(held: Held): void {
    if (this.#held.get(held.jobId) === held) this.#held.delete(held.jobId);
  }

  /** The store has said that another holds the job: counted once, whoever finds it first. */
  lose(held: Held): void {
    if (this.#held.get(held.jobId) === held) this.#lose(held);
  }

  /** Gives up what has ended, and renews what was last renewed a third of a lease ago. */
  tick(): Promise<void> {
    const { clock, leaseMs } = this.#options;
    const now = clock.monotonic();
    const due: Held[] = [];
    for (const held of this.#held.values()) {
      if (held.leasedUntil <= now) this.#lose(held);
      else if (held.leasedUntil - now < (leaseMs * 2) / 3) due.push(held);
    }
    return this.#renew(due);
  }

  async #renew(due: readonly Held[]): Promise<void> {
    await this.#renewing;
    for (let start = 0; start < due.length; start += limits.setSize) {
      this.#renewing = this.#renewSet(due.slice(start, start + limits.setSize));
      await this.#renewing;
    }
  }

  async #renewSet(due: readonly Held[]): Promise<void> {
    const { store, clock, leaseMs, log } = this.#options;
    // What was given up while an earlier renewal was under way would be held by nobody for a whole lease.
    const set = due.filter((held) => this.#held.get(held.jobId) === held);
    if (set.length === 0) return;
    const asked = clock.monotonic();
    try {
      const { lost, cancelled } = await store.renew(
        set.map(({ jobId, token }) => ({ jobId, token })),
        leaseMs,
      );
      const gone = new Set(lost);
      const reasons = new Map(cancelled.map(({ jobId, reason }) => [jobId, reason]));
      for (const held of set) {
        if (this.#held.get(held.jobId) !== held) continue;
        if (gone.has(held.jobId)) {
          this.#lose(held);
          continue;
        }
        held.leasedUntil = asked + leaseMs;
        const reason = reasons.get(held.jobId);
        if (reason !== undefined) held.onCancel(reason);
      }
    } catch (error) {
      log.warn("leases could not be renewed; they are kept until they end", { count: set.length, error });
    }
  }

  #lose(held: Held): void {
    this.#held.delete(held.jobId);
    this.#options.observer.leasesLost(1);
    held.onLost();
  }

  /** Renewing says at once which of these are to be cancelled. */
  #check(jobIds: readonly string[]): void {
    const held = jobIds.map((id) => this.#held.get(id)).filter((one) => one !== undefined);
    if (held.length > 0) void this.#renew(held);
  }

  #tickLater(): () => void {
    return this.#options.clock.after(this.#options.leaseMs / 6, () => {
      void this.tick();
      this.#stops[1] = this.#tickLater();
    });
  }
}
