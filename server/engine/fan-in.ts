// Fan-in: looks at batches and masters whose time may have come, and tells everyone what that changed. The end of a
// member, of a batch or of a master's attempt is told here; what nobody told, because a server died, is found by a
// check every few seconds. The rule itself is the store's `advance`.

import type { Checks } from "../core/batch-store.js";
import type { Chance, Clock } from "../core/clock.js";
import type { Feed } from "../core/feed.js";
import { limits } from "../core/limits.js";
import type { Log } from "../core/observer.js";
import type { Departed, JobStore } from "../core/store.js";

export interface FanInOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
}

/** After a failure of the store. */
const RETRY_MS = 500;
/** How many are remembered; beyond it all are forgotten. */
const MASTERS = 100_000;

export class FanIn {
  readonly #options: FanInOptions;
  /** When each is to be looked at, by the monotonic clock. */
  readonly #batches = new Map<string, number>();
  readonly #jobs = new Map<string, number>();
  /** How long batches that had live members are left alone after each look. */
  readonly #pace = new Map<string, number>();
  /** Running jobs whose pages opened batches here. A hint: the others are found by the check. */
  readonly #masters = new Set<string>();
  #stopTimer: (() => void) | undefined;
  #stopTicks: (() => void) | undefined;
  #working: Promise<void> | undefined;

  constructor(options: FanInOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stopTicks === undefined) this.#tickLater();
  }

  /** Waits for the look under way. What is left is found by another server, or after the next start. */
  async stop(): Promise<void> {
    this.#stopTicks?.();
    this.#stopTimer?.();
    this.#stopTicks = this.#stopTimer = undefined;
    this.#batches.clear();
    this.#jobs.clear();
    await this.#working;
  }

  /** Jobs have left their queue or their lease: their batches may end, or they wait for their own. */
  departed(jobs: readonly Departed[]): void {
    for (const { jobId, batchId, waits } of jobs) {
      if (waits) this.#jobs.set(jobId, 0);
      if (batchId !== undefined) this.touch(batchId);
    }
    this.#schedule();
  }

  /** Attempts have ended. A job that goes on to another may be named too: looking once too often does no harm. */
  settled(attempts: readonly { readonly jobId: string; readonly batchId?: string }[]): void {
    for (const { jobId, batchId } of attempts) {
      if (this.#masters.delete(jobId)) this.#jobs.set(jobId, 0);
      if (batchId !== undefined) this.touch(batchId);
    }
    this.#schedule();
  }

  /** The page of this job opens batches: it may wait for them when its attempt ends. */
  opens(jobId: string): void {
    if (this.#masters.size >= MASTERS) this.#masters.clear();
    this.#masters.add(jobId);
  }

  /** Something happened to this batch or to a member of it. */
  touch(batchId: string): void {
    if (this.#batches.has(batchId)) return;
    this.#batches.set(batchId, this.#options.clock.monotonic() + (this.#pace.get(batchId) ?? limits.fanInMs));
    this.#schedule();
  }

  /** Looks at these now. */
  async look(checks: Checks): Promise<void> {
    let next = checks;
    while (next.batchIds.length + next.jobIds.length > 0) next = await this.#advance(next);
  }

  /** What the poll does: looks at what nobody has looked at for a while. */
  async tick(): Promise<void> {
    for (;;) {
      const due = await this.#options.store.dueChecks(limits.setSize);
      await this.look(due);
      if (due.batchIds.length < limits.setSize && due.jobIds.length < limits.setSize) return;
    }
  }

  async #advance(checks: Checks): Promise<Checks> {
    const { store, feed } = this.#options;
    const { departed, flagged, changed, queues, again, unfinished } = await store.advance(checks);
    for (const id of checks.batchIds) this.#pace.delete(id);
    for (const id of unfinished) {
      this.#pace.set(id, Math.min(limits.fanInMaxMs, (this.#pace.get(id) ?? limits.fanInMs) * 2));
    }
    const jobIds = [...departed.map(({ jobId }) => jobId), ...flagged];
    if (jobIds.length + changed.length + queues.length > 0) {
      feed.publish({ jobIds, cancelled: flagged, batchIds: changed, queues });
    }
    this.departed(departed);
    return again;
  }

  #schedule(): void {
    if (this.#stopTimer !== undefined || this.#working !== undefined) return;
    const next = Math.min(...this.#batches.values(), ...this.#jobs.values());
    if (next === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#options;
    this.#stopTimer = clock.after(Math.max(0, next - clock.monotonic()), () => {
      this.#stopTimer = undefined;
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
      await this.look(checks);
    } catch (error) {
      log.warn("batches could not be looked at; trying again soon", { error });
      const later = clock.monotonic() + RETRY_MS;
      for (const id of checks.batchIds) this.#batches.set(id, later);
      for (const id of checks.jobIds) this.#jobs.set(id, later);
    }
  }

  #tickLater(): void {
    const { clock, chance, log } = this.#options;
    const wait = limits.batchCheckMs * (0.9 + 0.2 * chance.random());
    this.#stopTicks = clock.after(wait, async () => {
      try {
        await this.tick();
      } catch (error) {
        log.warn("batches could not be checked; trying again later", { error });
      }
      if (this.#stopTicks !== undefined) this.#tickLater();
    });
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
