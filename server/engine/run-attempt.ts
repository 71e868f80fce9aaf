// One attempt, from a claimed job to the end of its lease: hold, call the page, judge how it ended, write that down.
// Every way to end is an Outcome; an exception here is a defect.

import type { Outcome, Progress } from "../core/attempt.js";
import type { Calling, EndpointCaller } from "../core/caller.js";
import type { Chance, Clock } from "../core/clock.js";
import type { Job } from "../core/job.js";
import { limits } from "../core/limits.js";
import type { Log, Observer } from "../core/observer.js";
import { type Settlement, settlementOf } from "../core/retry.js";
import { shortText } from "../core/short-text.js";
import type { JobStore } from "../core/store.js";
import type { AttemptTokens } from "./attempt-token.js";
import type { DueTimes } from "./due-times.js";
import type { Held, LeaseKeeper } from "./lease-keeper.js";
import { headersFor, type PageRequestOptions } from "./page-request.js";
import type { Settler } from "./settler.js";

export interface AttemptOptions {
  readonly store: JobStore;
  readonly caller: EndpointCaller;
  readonly keeper: LeaseKeeper;
  readonly settler: Settler;
  readonly tokens: AttemptTokens;
  readonly dueTimes: DueTimes;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly observer: Observer;
  readonly log: Log;
  readonly leaseMs: number;
  readonly page: PageRequestOptions;
}

/** Outcomes that are decided here and not by the page. */
type Interruption = Extract<Outcome, { kind: "lost" | "cancelled" | "released" }>;

export class RunningAttempt implements Held {
  readonly jobId: string;
  /** The job, its batch and its tree: a cancel of any of these may concern it. */
  readonly concerns: readonly string[];
  readonly token: string;
  leasedUntil: number;
  readonly #options: AttemptOptions;
  #calling: Calling | undefined;
  #interruption: Interruption | undefined;
  #endOfGrace: (() => void) | undefined;
  #latestProgress: Omit<Progress, "updateTime"> | undefined;
  #reporting: Promise<void> | undefined;

  /** @param leasedUntil monotonic, counted from before the claim was asked for. */
  constructor(job: Job, leasedUntil: number, options: AttemptOptions) {
    this.#options = options;
    this.jobId = job.id;
    this.concerns = [job.id, job.batchId ?? job.completes ?? job.id, job.rootJobId ?? job.id];
    this.token = job.lease?.token ?? "";
    this.leasedUntil = leasedUntil;
    options.keeper.hold(this);
  }

  /**
   * Calls the page. Resolves when the call has ended; `written` when its end is in the store too. Until then nothing of
   * job and call is kept: to write takes longer than a short call, and what lives for long costs the collector most.
   */
  async run(job: Job): Promise<{ readonly written: Promise<void> }> {
    const started = this.#options.clock.monotonic();
    this.#releaseIfOver();
    const outcome = this.#interruption ?? (await this.#callOrFail(job));
    this.#calling = undefined;
    this.#endOfGrace?.();
    this.#options.observer.attemptEnded(outcome.kind, this.#options.clock.monotonic() - started);
    return { written: this.#written(this.#writeOf(job, outcome)) };
  }

  /**
   * A process that stood still, or waited long for the store or for a connection, may find its lease ended: another may
   * be calling the page by now. Nobody has called it here, so it is no interruption: twenty of those would end the job.
   */
  #releaseIfOver(): boolean {
    const isOver = this.#options.clock.monotonic() >= this.leasedUntil;
    if (isOver) this.release();
    return isOver;
  }

  /** Gives the job back without a call, or in the middle of one. */
  release(): void {
    this.#interrupt({ kind: "released" });
  }

  readonly onLost = (): void => {
    if (this.#calling === undefined && this.#releaseIfOver()) return;
    this.#interrupt({ kind: "lost" });
  };

  /** A page that was called may still answer for a while, then its call is aborted; one that was not is not called. */
  readonly onCancel = (reason: string): void => {
    if (this.#endOfGrace !== undefined || this.#interruption !== undefined) return;
    const interrupt = () => this.#interrupt({ kind: "cancelled", reason: shortText(`cancelled: ${reason}`) });
    if (this.#calling !== undefined) this.#endOfGrace = this.#options.clock.after(limits.cancelGraceMs, interrupt);
    else interrupt();
  };

  #interrupt(interruption: Interruption): void {
    this.#interruption ??= interruption;
    this.#calling?.abort();
  }

  /** A defect on the way to the page must not cost a slot: the job is tried again, and the log says why. */
  async #callOrFail(job: Job): Promise<Outcome> {
    try {
      return await this.#call(job);
    } catch (error) {
      this.#options.log.error("a page could not be called", { jobId: this.jobId, error });
      return { kind: "failed", reason: "NETWORK", message: "the call could not be made; see the server's log" };
    }
  }

  async #call(job: Job): Promise<Outcome> {
    const { store, caller, tokens, page } = this.#options;
    const now = store.now();
    this.#calling = caller.call({
      url: job.endpoint.url,
      method: job.endpoint.method,
      headers: headersFor(job, tokens.sign(this), now + job.attemptTimeoutMs, now, page),
      body: job.payload,
      timeoutMs: job.attemptTimeoutMs,
      mayBeSent: () => !this.#releaseIfOver(),
      onProgress: (progress) => this.#showProgress(progress),
    });
    const outcome = await this.#calling.outcome;
    return this.#interruption ?? outcome;
  }

  /** How its end is written. */
  #writeOf(job: Job, outcome: Outcome): () => Promise<void> {
    if (outcome.kind === "lost") return async () => {};
    if (outcome.kind === "accepted") return () => this.#writeAccepted();
    const settlement = settlementOf(job, this.token, outcome, this.#options.chance.random);
    return () => this.#writeEnd(settlement);
  }

  async #written(write: () => Promise<void>): Promise<void> {
    const { keeper, log } = this.#options;
    try {
      // What the page said just before its end is shown too.
      await this.#reporting;
      await write();
    } catch (error) {
      log.error("an attempt's end was not written; its lease will lapse", { jobId: this.jobId, error });
    } finally {
      keeper.drop(this);
    }
  }

  async #writeEnd(settlement: Settlement): Promise<void> {
    const { settler, dueTimes, keeper } = this.#options;
    const result = await settler.insist(() => settler.settle(settlement));
    if (result === "lost") keeper.lose(this);
    else if (settlement.next.state === "PENDING") dueTimes.add(settlement.next.delayMs);
  }

  /** The page goes on by itself; that it has completed meanwhile is fine. */
  async #writeAccepted(): Promise<void> {
    const { settler, keeper, observer, leaseMs } = this.#options;
    keeper.drop(this);
    const accept = { jobId: this.jobId, token: this.token, accept: true, leaseMs } as const;
    const result = await settler.insist(() => settler.report(accept));
    if (result.kind === "lost") observer.leasesLost(1);
  }

  /** One report at a time: while it is written, only the newest of what follows is kept. */
  #showProgress(progress: Omit<Progress, "updateTime">): void {
    this.#latestProgress = progress;
    this.#reporting ??= this.#writeProgress();
  }

  async #writeProgress(): Promise<void> {
    const { settler, clock, leaseMs, log } = this.#options;
    try {
      while (this.#latestProgress !== undefined) {
        const progress = this.#latestProgress;
        this.#latestProgress = undefined;
        const asked = clock.monotonic();
        const result = await settler.report({ jobId: this.jobId, token: this.token, progress, leaseMs });
        if (result.kind === "lost") return this.onLost();
        if (result.kind === "settled") return;
        this.leasedUntil = asked + leaseMs;
        if (result.cancelRequested) this.onCancel("");
      }
    } catch (error) {
      log.warn("progress was not written; the next report replaces it", { jobId: this.jobId, error });
    } finally {
      this.#reporting = undefined;
    }
  }
}
