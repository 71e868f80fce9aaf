// Keeps the slots of this server full: claims due jobs in sets, starts one attempt in each free slot, and gives back
// on stop what cannot finish. Claims for free slots, and while attempts are short for one set ahead, so that no slot
// waits for the store.

import { isStoreUnavailable } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import type { Job } from "../core/job.js";
import { limits } from "../core/limits.js";
import type { FanIn } from "./fan-in.js";
import { type AttemptOptions, RunningAttempt } from "./run-attempt.js";

export interface DispatcherOptions extends AttemptOptions {
  readonly feed: Feed;
  readonly fanIn: Pick<FanIn, "departed">;
  /** Who claims, for people. */
  readonly holder: string;
  /** Slots: attempts at the same time, at least 1. */
  readonly concurrency: number;
}

interface Ready {
  readonly attempt: RunningAttempt;
  readonly job: Job;
  readonly claimedAt: number;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #ready: Ready[] = [];
  readonly #running = new Set<RunningAttempt>();
  /** Ends of attempts that are not in the store yet. */
  readonly #writing = new Set<Promise<void>>();
  #claiming: Promise<void> | undefined;
  /** The store had no more due jobs, and nothing has been heard since. */
  #drained = false;
  #lastQueue = "";
  #lastClaim = Number.NEGATIVE_INFINITY;
  /** Moving average of how long attempts take. */
  #attemptMs: number = limits.aheadAttemptMs;
  #started = false;
  #onIdle: (() => void) | undefined;
  readonly #stops = new Map<"feed" | "poll" | "claim", () => void>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    const { feed, dueTimes } = this.#options;
    this.#stops.set(
      "feed",
      feed.subscribe(
        (change) => {
          if (change.cancelled.length > 0) this.#giveBackBelow(change.cancelled);
          if (change.queues.length > 0) this.wake();
        },
        () => this.wake(),
      ),
    );
    dueTimes.onDue(() => this.wake());
    this.#pollLater();
    this.wake();
  }

  /** Claims no more, gives back what has not started, waits for the rest, and gives that back too after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    if (!this.#started) return;
    this.#started = false;
    for (const stop of this.#stops.values()) stop();
    this.#stops.clear();
    await this.#claiming;
    for (const ready of this.#ready.splice(0)) this.#giveBack(ready);
    const stopGrace = this.#options.clock.after(graceMs, () => {
      for (const attempt of this.#running) attempt.release();
    });
    if (this.#running.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    stopGrace();
    const stopInsisting = this.#options.clock.after(this.#options.leaseMs, () => this.#options.settler.giveUp());
    await Promise.all(this.#writing);
    stopInsisting();
  }

  /** Something may be due. */
  wake(): void {
    this.#drained = false;
    this.#fill();
  }

  /** What the poll does: looks for due jobs, and gives back what was held ahead for too long. */
  tick(): void {
    const stale = this.#options.clock.monotonic() - limits.aheadHeldMs;
    while (this.#ready.length > 0 && (this.#ready[0] as Ready).claimedAt <= stale) {
      this.#giveBack(this.#ready.shift() as Ready);
      // Attempts have become long: nothing is held ahead again before many short ones have ended.
      this.#attemptMs = limits.aheadAttemptMs * 4;
    }
    this.wake();
  }

  /** Starts what is ready, and claims if there is room. */
  #fill(): void {
    if (!this.#started) return;
    while (this.#running.size < this.#options.concurrency) {
      const next = this.#ready.shift();
      if (next === undefined) break;
      void this.#run(next);
    }
    if (this.#drained || this.#claiming !== undefined || this.#wanted() === 0) return;
    const wait = this.#lastClaim + limits.claimSpacingMs - this.#options.clock.monotonic();
    if (wait <= 0) this.#claim();
    else if (!this.#stops.has("claim")) {
      this.#stops.set(
        "claim",
        this.#options.clock.after(wait, () => {
          this.#stops.delete("claim");
          this.#fill();
        }),
      );
    }
  }

  #wanted(): number {
    const { concurrency } = this.#options;
    const free = concurrency - this.#running.size;
    const ahead = this.#attemptMs < limits.aheadAttemptMs ? 2 * concurrency : 0;
    if (this.#ready.length > ahead / 2) return 0;
    return Math.min(limits.setSize, free + ahead - this.#ready.length);
  }

  #claim(): void {
    this.#lastClaim = this.#options.clock.monotonic();
    this.#claiming = this.#claimSet(this.#wanted()).finally(() => {
      this.#claiming = undefined;
      this.#fill();
    });
  }

  async #claimSet(count: number): Promise<void> {
    const { store, clock, feed, fanIn, observer, holder, leaseMs, log } = this.#options;
    const asked = clock.monotonic();
    // A wake-up while the claim is under way may be for what it no longer saw: it clears this again.
    this.#drained = true;
    try {
      const { jobs, passedOver, lastQueue, more } = await store.claim({
        holder,
        count,
        leaseMs,
        afterQueue: this.#lastQueue,
      });
      this.#lastQueue = lastQueue;
      if (more) this.#drained = false;
      if (jobs.length + passedOver.length === 0) return;
      observer.claimed(jobs.length, clock.monotonic() - asked);
      this.#accept(jobs, asked);
      const batchIds = [...new Set(jobs.flatMap(({ batchId }) => batchId ?? []))];
      feed.publish({ jobIds: [...jobs.map(({ id }) => id), ...passedOver.map(({ jobId }) => jobId)], batchIds });
      fanIn.departed(passedOver);
    } catch (error) {
      if (isStoreUnavailable(error)) log.warn("could not claim; trying again at the next poll", { error });
      else log.error("could not claim; trying again at the next poll", { error });
    }
  }

  #accept(jobs: readonly Job[], asked: number): void {
    const { store, observer, leaseMs } = this.#options;
    const now = store.now();
    for (const job of jobs) {
      // One that is claimed again after its holder died, or was given back, has not waited all the time since it was due.
      const last = job.attempts.at(-1);
      const waitsSince = Math.max(job.lease?.dueTime ?? now, last?.endTime ?? 0);
      if (last?.outcome !== "INTERRUPTED") observer.dispatched(Math.max(0, now - waitsSince));
      const attempt = new RunningAttempt(job, asked + leaseMs, this.#options);
      this.#ready.push({ attempt, job, claimedAt: asked });
    }
  }

  async #run({ attempt, job }: Ready): Promise<void> {
    const started = this.#options.clock.monotonic();
    this.#running.add(attempt);
    this.#track((await attempt.run(job)).written);
    this.#running.delete(attempt);
    this.#attemptMs += (this.#options.clock.monotonic() - started - this.#attemptMs) / 32;
    this.#fill();
    if (this.#running.size === 0) this.#onIdle?.();
  }

  /**
   * Held ahead, not started, and maybe below what is now cancelled: given back. The store ends what is, and the next
   * claim judges the others afresh.
   */
  #giveBackBelow(cancelled: readonly string[]): void {
    const stays = this.#ready.splice(0).filter((ready) => {
      if (!ready.attempt.concerns.some((id) => cancelled.includes(id))) return true;
      this.#giveBack(ready);
      return false;
    });
    this.#ready.push(...stays);
  }

  #giveBack({ attempt, job }: Ready): void {
    attempt.release();
    this.#track(attempt.run(job).then(({ written }) => written));
  }

  #track(written: Promise<void>): void {
    this.#writing.add(written);
    void written.finally(() => this.#writing.delete(written));
  }

  #pollLater(): void {
    // Servers that started together should not ask together.
    const wait = limits.pollMs * (0.9 + 0.2 * this.#options.chance.random());
    this.#stops.set(
      "poll",
      this.#options.clock.after(wait, () => {
        this.#pollLater();
        this.tick();
      }),
    );
  }
}
