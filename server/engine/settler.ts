// Writes what lease holders have to say: ended attempts and reports, in sets, under the token of their lease. Keeps
// trying while the store does not answer: a write that is fenced may be repeated at any time.

import type { Clock } from "../core/clock.js";
import { isStoreUnavailable } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import { limits } from "../core/limits.js";
import type { Log, Observer } from "../core/observer.js";
import type { Settlement } from "../core/retry.js";
import type { JobStore, Report, ReportResult, SettleResult } from "../core/store.js";
import type { FanIn } from "./fan-in.js";
import { Gatherer } from "./gather.js";

export interface SettlerOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly log: Log;
  readonly fanIn: Pick<FanIn, "settled">;
}

/** Between two tries to write to a store that does not answer. */
const RETRY_MS = 250;

export class Settler {
  readonly #options: SettlerOptions;
  readonly #settlements: Gatherer<Settlement, SettleResult>;
  readonly #reports: Gatherer<Report, ReportResult>;
  #givenUp = false;

  constructor(options: SettlerOptions) {
    this.#options = options;
    const { clock } = options;
    this.#settlements = new Gatherer({
      clock,
      spacingMs: limits.settleGatherMs,
      write: (set) => this.#settle(set),
      keyOf: (settlement) => settlement.jobId,
      bytesOf: (settlement) => (settlement.next.state === "SUCCEEDED" ? settlement.next.result.length : 0),
    });
    this.#reports = new Gatherer({ clock, write: (set) => this.#report(set), keyOf: (report) => report.jobId });
  }

  /** For RPCs: fails with UNAVAILABLE when the store does not answer, and the caller repeats. */
  settle(settlement: Settlement): Promise<SettleResult> {
    return this.#settlements.add(settlement);
  }

  /** As `settle`. */
  report(report: Report): Promise<ReportResult> {
    return this.#reports.add(report);
  }

  /** For the dispatcher: tries until it is written, or this server has given up. */
  async insist<Result>(write: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (this.#givenUp || !isStoreUnavailable(error)) throw error;
        this.#options.log.warn("an attempt's end could not be written; trying again", { error });
        await new Promise<void>((resolve) => this.#options.clock.after(RETRY_MS, resolve));
      }
    }
  }

  /** From now on nothing is tried again: what is not written is left to the end of its lease. */
  giveUp(): void {
    this.#givenUp = true;
  }

  async #settle(set: readonly Settlement[]): Promise<readonly SettleResult[]> {
    const { store, feed, clock, observer, fanIn } = this.#options;
    const started = clock.monotonic();
    const results = await store.settle(set);
    observer.settled(set.length, clock.monotonic() - started);
    const done = set.filter((_, index) => results[index] === "settled");
    const batchIds = [...new Set(done.flatMap(({ batchId }) => batchId ?? []))];
    feed.publish({ jobIds: done.map(({ jobId }) => jobId), batchIds });
    fanIn.settled(done);
    return results;
  }

  async #report(set: readonly Report[]): Promise<readonly ReportResult[]> {
    const results = await this.#options.store.report(set);
    const shown = set.filter((report, index) => {
      return results[index]?.kind === "held" && (report.progress !== undefined || report.accept);
    });
    if (shown.length > 0) this.#options.feed.publish({ jobIds: shown.map(({ jobId }) => jobId) });
    return results;
  }
}
