// Fan-in: looks at batches and masters whose time may have come, and tells everyone what that changed. The end of a
// member, of a batch or of a master's attempt is told here; what nobody told, because a server died, is found by a
// check every few seconds. The rule itself is the store's `advance`.

import type { Checks } from "../core/batch-store.js";
import type { Chance, Clock } from "../core/clock.js";
import type { Feed } from "../core/feed.js";
import { limits } from "../core/limits.js";
import type { Log } from "../core/observer.js";
import type { Departed, JobStore } from "../core/store.js";
import { turn } from "./turn.js";

export interface FanInOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

/** After a failure of the store. */
const RETRY_MS = 500;
/** Batches, and jobs, that are remembered here; beyond it the check finds them. */
const REMEMBERED = 100_000;

export class FanIn {
  readonly #options: FanInOptions;
  /** When each is to be looked at, by the monotonic clock. */
  readonly #batches = new Map<string, number>();
  readonly #jobs = new Map<string, number>();
  /** How long batches that had live members are left alone after each look. */
  readonly #pace = new Map<string, number>();
  /** Running jobs whose pages opened batches here. A hint: the others are found by the check. */
  readonly #masters = new Set<string>();
  #started = false;
  /** Something that was looked at has a next step that waits for nobody. */
  #goesOn = false;
  #stopTimer: (() => void) | undefined;
  #stopTicks: (() => void) | undefined;
  #working: Promise<void> | undefined;
  #ticking: Promise<void> | undefined;

  constructor(options: FanInOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#tickLater();
    this.#schedule();
  }

  /** Waits for the look under way. What is left is found by another server, or after the next start. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#stopTicks?.();
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#batches.clear();
    this.#jobs.clear();
    await Promise.all([this.#working, this.#ticking]);
  }

  /** Jobs have left their queue or their lease: their batches may end, or they wait for their own. */
  departed(jobs: readonly Departed[]): void {
    for (const { jobId, batchId, waits } of jobs) {
      if (waits) this.#waits(jobId);
      if (batchId !== undefined) this.touch(batchId);
    }
  }

  /** Attempts have ended. A job that goes on to another may be named too: looking once too often does no harm. */
  settled(attempts: readonly { readonly jobId: string; readonly batchId?: string }[]): void {
    for (const { jobId, batchId } of attempts) {
      if (this.#masters.delete(jobId)) this.#waits(jobId);
      if (batchId !== undefined) this.touch(batchId);
    }
  }

  /** The page of this job opens batches: it may wait for them when its attempt ends. */
  opens(jobId: string): void {
    if (this.#masters.size >= REMEMBERED) this.#masters.clear();
    this.#masters.add(jobId);
  }

  /** Something happened to this batch or to a member of it. */
  touch(batchId: string): void {
    if (this.#batches.has(batchId) || this.#batches.size >= REMEMBERED) return;
    this.#batches.set(batchId, this.#options.clock.monotonic() + (this.#pace.get(batchId) ?? limits.fanInMs));
    this.#schedule();
  }

  /** What the poll does: looks at what nobody has looked at for a while. */
  async tick(): Promise<void> {
    while (this.#started) {
      const due = await this.#options.store.dueChecks(limits.setSize);
      await this.#look(due);
      if (due.batchIds.length < limits.setSize && due.jobIds.length < limits.setSize) return;
      await turn();
    }
  }

  /**
   * Looks at these now. What is to follow at once has its turn after what is due by then: the cancel of a million members
   * takes two thousand looks, and others do not wait for all of them.
   */
  async #look(checks: Checks): Promise<void> {
    if (checks.batchIds.length + checks.jobIds.length === 0) return;
    const again = await this.#advance(checks);
    for (const id of again.batchIds) this.#batches.set(id, 0);
    for (const id of again.jobIds) this.#jobs.set(id, 0);
    if (again.batchIds.length + again.jobIds.length === 0) return;
    this.#goesOn = true;
    this.#schedule();
  }

  async #advance(checks: Checks): Promise<Checks> {
    const { store, feed } = this.#options;
    const { departed, flagged, changed, queues, again, unfinished } = await store.advance(checks);
    if (this.#pace.size >= REMEMBERED) this.#pace.clear();
    const waiting = new Set(unfinished);
    for (const id of checks.batchIds) if (!waiting.has(id)) this.#pace.delete(id);
    for (const id of waiting) {
      this.#pace.set(id, Math.min(limits.fanInMaxMs, (this.#pace.get(id) ?? limits.fanInMs) * 2));
    }
    const jobIds = [...departed.map(({ jobId }) => jobId), ...flagged];
    if (jobIds.length + changed.length + queues.length > 0) {
      feed.publish({ jobIds, cancelled: flagged, batchIds: changed, queues });
    }
    this.departed(departed);
    return again;
  }

  #waits(jobId: string): void {
    if (this.#jobs.size < REMEMBERED) this.#jobs.set(jobId, 0);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#started || this.#stopTimer !== undefined || this.#working !== undefined) return;
    if (this.#batches.size + this.#jobs.size === 0) return;
    this.#stopTimer = this.#options.clock.after(this.#goesOn ? 0 : limits.fanInMs, () => {
      this.#stopTimer = undefined;
      this.#goesOn = false;
      this.#working = this.#work().finally(() => {
        this.#working = undefined;
        this.#schedule();
      });
    });
  }

  async #work(): Promise<void> {
    const { clock, log } = this.#options;
    const checks = { batchIds: taken(this.#batches, clock.monotonic()), jobIds: taken(this.#jobs, clock.monotonic()) };
    try {
      await this.#look(checks);
    } catch (error) {
      log.warn("batches could not be looked at; trying again soon", { error });
      const later = clock.monotonic() + RETRY_MS;
      for (const id of checks.batchIds) this.#batches.set(id, later);
      for (const id of checks.jobIds) this.#jobs.set(id, later);
    }
  }

  #tickLater(): void {
    const { clock, chance } = this.#options;
    this.#stopTicks = clock.after(limits.batchCheckMs * (0.9 + 0.2 * chance.random()), () => {
      this.#ticking = this.#tickOrWarn().finally(() => {
        this.#ticking = undefined;
        if (this.#started) this.#tickLater();
      });
    });
  }

  async #tickOrWarn(): Promise<void> {
    try {
      await this.tick();
    } catch (error) {
      this.#options.log.warn("batches could not be checked; trying again later", { error });
    }
  }
}

/** Those that are due, taken out; at most one set. */
function taken(due: Map<string, number>, now: number): string[] {
  const ids: string[] = [];
  for (const [id, time] of due) {
    if (time <= now) ids.push(id);
    if (ids.length >= limits.setSize) break;
  }
  for (const id of ids) due.delete(id);
  return ids;
}
