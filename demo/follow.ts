// Follows the demo's jobs at the server: two queues by their counts, the master by a watch of its tree, and some of its
// children by watches of their own, for their progress.

import type { Batch, DroverClient, Job } from "@drover/sdk";
import { showsProgress } from "./jobs.js";
import type { Row, StateRow } from "./screen.js";

/** Children that are watched, of those that show progress, and how many of them are shown at a time. */
const WATCHED = 8;
const SHOWN = 4;

export class Follower {
  readonly #client: DroverClient;
  readonly #queues: ReadonlyMap<string, Row>;
  readonly #batches = new Map<string, Batch>();
  readonly #children = new Map<string, Row>();
  readonly #watches: Promise<void>[] = [];
  #master: Job | undefined;

  /** @param queues by name, and how many jobs were submitted to each. */
  constructor(client: DroverClient, queues: ReadonlyMap<string, { readonly name: string; readonly total: number }>) {
    this.#client = client;
    this.#queues = new Map([...queues].map(([queue, { name, total }]) => [queue, { name, total, depth: 0, done: 0 }]));
  }

  /** Resolves when the master has ended. */
  async watch(masterId: string): Promise<void> {
    for await (const { root, batches } of this.#client.watchTree(masterId)) {
      this.#master = root;
      for (const batch of batches) {
        if (!this.#batches.has(batch.id)) this.#watches.push(this.#watchChildren(batch.id));
        this.#batches.set(batch.id, batch);
      }
    }
    await Promise.all(this.#watches);
  }

  /** The batches below the master, as they were seen last. */
  get batches(): readonly Batch[] {
    return [...this.#batches.values()];
  }

  /** All as it is now. */
  async rows(): Promise<readonly (Row | StateRow)[]> {
    const rows: (Row | StateRow)[] = [];
    for await (const { name, counts } of this.#client.queues.list()) {
      const row = this.#queues.get(name);
      if (row !== undefined)
        rows.push({ ...row, done: row.total - counts.pending - counts.scheduled - counts.running });
    }
    if (this.#master !== undefined) rows.push({ name: this.#master.kind, depth: 0, state: this.#master.state });
    for (const { key, counts } of this.#batches.values()) {
      rows.push({ name: key, depth: 1, done: counts.succeeded, total: counts.total });
    }
    return [...rows, ...[...this.#children.values()].slice(0, SHOWN)];
  }

  async #watchChildren(batchId: string): Promise<void> {
    const telling: { id: string; userid: number }[] = [];
    for await (const { id, payload } of this.#client.list({
      batchId,
      oldestFirst: true,
      view: "FULL",
      pageSize: 1_000,
    })) {
      const { userid } = payload as { userid: number };
      if (showsProgress(userid)) telling.push({ id, userid });
    }
    // From first to last, so that some are under way at any time.
    const step = Math.ceil(telling.length / WATCHED);
    const watched = telling.sort((one, other) => one.userid - other.userid).filter((_, index) => index % step === 0);
    await Promise.all(watched.map(({ id, userid }) => this.#watchChild(id, `userid ${userid}`)));
  }

  async #watchChild(id: string, name: string): Promise<void> {
    for await (const { state, progress } of this.#client.watch(id)) {
      const { done, total } = progress ?? {};
      if (state !== "RUNNING" || done === undefined || total === undefined) this.#children.delete(id);
      else this.#children.set(id, { name, depth: 2, done, total, passing: true });
    }
  }
}
