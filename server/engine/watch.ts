// Watching: a watcher gets the state now, then each newer one that it is quick enough to see, and always the last.
// Level-triggered: wake-ups only say what to read again, and everything watched is read again every few seconds. A
// slow reader costs one slot, not a queue.

import type { Clock } from "../core/clock.js";
import { notFound } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import { isTerminal, type Job } from "../core/job.js";
import { limits } from "../core/limits.js";
import type { Log, Observer } from "../core/observer.js";
import type { JobStore } from "../core/store.js";
import type { WatchedJob, Watching } from "./api.js";
import type { Counter } from "./counter.js";
import { checkId } from "./job-control.js";
import { Mailbox } from "./mailbox.js";

/** A job that somebody watches. `latest` is absent until it was read, and null if it does not exist. */
interface Topic {
  latest: Job | null | undefined;
  readTime: number;
  readonly listeners: Set<() => void>;
}

function hasEnded({ latest }: Topic): boolean {
  return latest !== undefined && latest !== null && isTerminal(latest.state);
}

export interface WatcherOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly log: Log;
  readonly counter: Counter;
}

export class Watcher implements Watching {
  readonly #options: WatcherOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #dirty = new Set<string>();
  #reading = false;
  #stops: (() => void)[] = [];

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const { feed } = this.#options;
    const unsubscribe = feed.subscribe(
      (change) => this.#readAgain(change.jobIds),
      () => this.#readAgain(this.#topics.keys()),
    );
    this.#stops = [unsubscribe, this.#pollLater()];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Reads again what has not been read for a while. */
  tick(): void {
    const stale = this.#options.clock.monotonic() - limits.watchPollMs;
    for (const [id, topic] of this.#topics) if (topic.readTime <= stale) this.#readAgain([id]);
  }

  async *watch(
    id: string,
    afterRevision: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<WatchedJob | undefined> {
    checkId(id);
    const topic = this.#open(id);
    const mailbox = new Mailbox(this.#options.clock, signal);
    topic.listeners.add(mailbox.wake);
    this.#options.observer.watchOpened();
    try {
      let seen = afterRevision ?? -1;
      let counted = "";
      let sentTime = this.#options.clock.monotonic();
      if (hasEnded(topic)) mailbox.wake();
      else this.#readAgain([id]);
      while (!signal.aborted) {
        const master = topic.latest !== undefined && topic.latest !== null && topic.latest.batchIds.length > 0;
        await mailbox.next(master ? limits.countsMs : limits.keepAliveMs);
        if (signal.aborted) return;
        const job = topic.latest;
        if (job === null) throw notFound("job", id);
        const batchCounts = job?.batchIds.length ? await this.#options.counter.sum(job.batchIds) : undefined;
        const news = JSON.stringify(batchCounts) ?? "";
        if (job !== undefined && (job.revision > seen || news !== counted || isTerminal(job.state))) {
          seen = job.revision;
          counted = news;
          yield batchCounts === undefined ? job : { ...job, batchCounts };
          if (isTerminal(job.state)) return;
        } else if (this.#options.clock.monotonic() - sentTime >= limits.keepAliveMs) yield undefined;
        else continue;
        sentTime = this.#options.clock.monotonic();
      }
    } finally {
      topic.listeners.delete(mailbox.wake);
      if (topic.listeners.size === 0) this.#topics.delete(id);
      this.#options.observer.watchClosed();
    }
  }

  #open(id: string): Topic {
    let topic = this.#topics.get(id);
    if (topic === undefined) {
      topic = { latest: undefined, readTime: Number.NEGATIVE_INFINITY, listeners: new Set() };
      this.#topics.set(id, topic);
    }
    return topic;
  }

  /** But for what has ended: it stays so for readers who are slow, also once it is deleted. */
  #readAgain(ids: Iterable<string>): void {
    for (const id of ids) {
      const topic = this.#topics.get(id);
      if (topic !== undefined && !hasEnded(topic)) this.#dirty.add(id);
    }
    if (this.#dirty.size === 0 || this.#reading) return;
    this.#reading = true;
    setImmediate(() => void this.#readDirty());
  }

  async #readDirty(): Promise<void> {
    const { store, clock, log } = this.#options;
    try {
      while (this.#dirty.size > 0) {
        const ids = [...this.#dirty].slice(0, limits.setSize);
        for (const id of ids) this.#dirty.delete(id);
        const readTime = clock.monotonic();
        const jobs = new Map((await store.get(ids, "BASIC")).map((job) => [job.id, job]));
        const ended = [...jobs.values()].filter((job) => isTerminal(job.state)).map((job) => job.id);
        if (ended.length > 0) for (const job of await store.get(ended, "FULL")) jobs.set(job.id, job);
        for (const id of ids) this.#show(id, jobs.get(id) ?? null, readTime);
      }
    } catch (error) {
      log.warn("watched jobs could not be read; trying again soon", { error });
    } finally {
      this.#reading = false;
    }
  }

  #show(id: string, job: Job | null, readTime: number): void {
    const topic = this.#topics.get(id);
    if (topic === undefined || hasEnded(topic)) return;
    topic.readTime = readTime;
    if (job !== null && topic.latest && topic.latest.revision > job.revision) return;
    topic.latest = job;
    for (const wake of topic.listeners) wake();
  }

  #pollLater(): () => void {
    return this.#options.clock.after(limits.watchPollMs, () => {
      this.tick();
      this.#stops[1] = this.#pollLater();
    });
  }
}
