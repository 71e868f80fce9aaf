// Counts of batches, shared by all who ask for them. For those who watch they are taken about once a second, and seldom
// enough to cost a tenth of the time at most, however many members there are; for those who ask once, one after the
// other. They decide nothing.

import { type Batch, type BatchCounts, isBatchTerminal } from "../core/batch.js";
import type { Clock } from "../core/clock.js";
import { limits } from "../core/limits.js";
import type { JobStore } from "../core/store.js";
import type { BatchInfo } from "./api.js";

interface Taken {
  readonly counts: Promise<BatchCounts>;
  /** Until then they are not taken again. */
  freshUntil: number;
}

/** A count under way, and the one that begins after it. */
interface Turns {
  current: Promise<BatchCounts>;
  next: Promise<BatchCounts> | undefined;
}

/** Part of the time that counting one batch may take. */
const SHARE = 10;
/** Batches whose counts are kept: beyond it all are forgotten, and taken again. */
const KEPT = 10_000;

export class Counter {
  readonly #store: JobStore;
  readonly #clock: Clock;
  readonly #taken = new Map<string, Taken>();
  readonly #turns = new Map<string, Turns>();

  constructor(options: { readonly store: JobStore; readonly clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  async info(batch: Batch): Promise<BatchInfo> {
    if (batch.tally !== undefined) this.#taken.delete(batch.id);
    return withCounts(batch, (id) => this.#counts(id));
  }

  /**
   * Counts that were begun after this call, so that a caller finds what it has done. Of a million members they take a
   * second: those who ask meanwhile share the next ones, and leave the store's connections to leases.
   */
  async freshInfo(batch: Batch): Promise<BatchInfo> {
    return withCounts(batch, (id) => this.#freshCounts(id));
  }

  /** Of all batches of a job together. */
  async sum(batchIds: readonly string[]): Promise<BatchCounts> {
    const infos: BatchInfo[] = [];
    for (const batch of await this.#store.getBatches(batchIds, "BASIC")) infos.push(await this.info(batch));
    const of = (name: keyof BatchCounts) => infos.reduce((sum, { counts }) => sum + counts[name], 0);
    return {
      total: of("total"),
      pending: of("pending"),
      running: of("running"),
      waiting: of("waiting"),
      succeeded: of("succeeded"),
      failed: of("failed"),
      cancelled: of("cancelled"),
    };
  }

  #freshCounts(batchId: string): Promise<BatchCounts> {
    const turns = this.#turns.get(batchId);
    if (turns === undefined) {
      const begun: Turns = { current: this.#store.countMembers(batchId), next: undefined };
      this.#turns.set(batchId, begun);
      const over = () => {
        if (begun.next === undefined) this.#turns.delete(batchId);
      };
      begun.current.then(over, over);
      return begun.current;
    }
    const after = () => {
      this.#turns.delete(batchId);
      return this.#freshCounts(batchId);
    };
    turns.next ??= turns.current.then(after, after);
    return turns.next;
  }

  #counts(batchId: string): Promise<BatchCounts> {
    const now = this.#clock.monotonic();
    const known = this.#taken.get(batchId);
    if (known !== undefined && now < known.freshUntil) return known.counts;
    if (this.#taken.size >= KEPT) this.#taken.clear();
    const taken: Taken = { counts: this.#store.countMembers(batchId), freshUntil: Number.POSITIVE_INFINITY };
    this.#taken.set(batchId, taken);
    const settle = () => {
      const took = this.#clock.monotonic() - now;
      taken.freshUntil = now + Math.max(limits.countsMs, took * SHARE);
    };
    // A failure is that of everyone who asked, and is not kept.
    taken.counts.then(settle, () => this.#taken.delete(batchId));
    return taken.counts;
  }
}

/** With its counts: as they are now, or as they were when it ended. */
async function withCounts(batch: Batch, count: (batchId: string) => Promise<BatchCounts>): Promise<BatchInfo> {
  const counts = batch.tally ?? (await count(batch.id));
  return {
    ...batch,
    counts: isBatchTerminal(batch.state) ? counts : { ...counts, total: batch.total ?? counts.total },
  };
}
