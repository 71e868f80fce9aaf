// Watching batches and trees: what is there now, then what has changed, about once a second. As with jobs, wake-ups
// only say when to look again, everything is looked at again now and then, and the terminal state always comes last.

import { isBatchTerminal } from "../core/batch.js";
import type { Clock } from "../core/clock.js";
import { notFound } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import { isTerminal, JOB_STATES, type Job, type JobState } from "../core/job.js";
import { limits } from "../core/limits.js";
import type { Observer } from "../core/observer.js";
import type { Change, JobStore } from "../core/store.js";
import type { BatchInfo, BatchUpdate, BatchWatching, MembersShown, TreeUpdate } from "./api.js";
import type { Counter } from "./counter.js";
import { checkId } from "./job-control.js";
import { Mailbox } from "./mailbox.js";

export interface BatchWatcherOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly counter: Counter;
}

export class BatchWatcher implements BatchWatching {
  readonly #options: BatchWatcherOptions;

  constructor(options: BatchWatcherOptions) {
    this.#options = options;
  }

  async *watchBatch(id: string, members: MembersShown, signal: AbortSignal): AsyncGenerator<BatchUpdate | undefined> {
    checkId(id, "batch_id");
    const follower = new MemberFollower(this.#options.store, id, SHOWN[members]);
    let shown = "";
    let complete = false;
    const look = async function* (this: BatchWatcher, whole: boolean): AsyncGenerator<BatchUpdate, boolean> {
      // The batch before its members: once it has ended, they have.
      const batch = await this.#batch(id);
      const news = JSON.stringify([batch.revision, batch.counts]);
      if (whole || news !== shown) {
        for await (const page of follower.changed()) {
          yield { batch, members: page, snapshotComplete: false };
        }
      }
      if (news !== shown || !complete) yield { batch, members: [], snapshotComplete: true };
      complete = true;
      shown = news;
      return isBatchTerminal(batch.state);
    }.bind(this);
    // Reports name no batch, to wake up those alone who show members; of other servers they come with other changes.
    const concerns = ({ batchIds, jobIds }: Change) => batchIds.includes(id) || follower.isOneRunning(jobIds);
    yield* this.#follow(concerns, look, signal);
  }

  async *watchTree(rootJobId: string, signal: AbortSignal): AsyncGenerator<TreeUpdate | undefined> {
    checkId(rootJobId, "root_job_id");
    const shown = new Map<string, string>();
    let shownRoot = -1;
    const look = async function* (this: BatchWatcher): AsyncGenerator<TreeUpdate, boolean> {
      const [root] = await this.#options.store.get([rootJobId], "BASIC");
      if (root === undefined) throw notFound("job", rootJobId);
      let batches: BatchInfo[] = [];
      for await (const batch of this.#below(rootJobId)) {
        const news = JSON.stringify([batch.revision, batch.counts]);
        if (shown.get(batch.id) === news) continue;
        shown.set(batch.id, news);
        batches.push(batch);
        if (batches.length < BATCHES_SENT) continue;
        yield { root, batches };
        batches = [];
      }
      if (batches.length > 0 || root.revision > shownRoot) yield { root, batches };
      shownRoot = root.revision;
      return isTerminal(root.state);
    }.bind(this);
    yield* this.#follow((change) => change.jobIds.includes(rootJobId) || change.batchIds.length > 0, look, signal);
  }

  /**
   * Looks now and whenever it is told to, no more often than counts are taken; ends when a look says that all is over. A
   * look that nobody told it to need not be a whole one, but for one in a while.
   */
  async *#follow<Update>(
    concerns: (change: Change) => boolean,
    look: (whole: boolean) => AsyncGenerator<Update, boolean>,
    signal: AbortSignal,
  ): AsyncGenerator<Update | undefined> {
    const { feed, clock, observer } = this.#options;
    const mailbox = new Mailbox(clock, signal);
    const unsubscribe = feed.subscribe(
      (change) => concerns(change) && mailbox.wake(),
      () => mailbox.wake(),
    );
    observer.watchOpened();
    let lastSent = clock.monotonic();
    let spacing = FIRST_SPACING_MS;
    let untold = 0;
    try {
      while (!signal.aborted) {
        const started = clock.monotonic();
        const updates = look(untold % WHOLE_LOOKS === 0);
        let next = await updates.next();
        while (next.done !== true) {
          yield next.value;
          lastSent = clock.monotonic();
          next = await updates.next();
        }
        if (next.value) return;
        if (clock.monotonic() - lastSent >= limits.keepAliveMs) {
          yield undefined;
          lastSent = clock.monotonic();
        }
        await pause(clock, started + spacing - clock.monotonic(), signal);
        spacing = Math.min(spacing * 2, limits.countsMs);
        untold = (await mailbox.next(limits.watchPollMs)) ? 0 : untold + 1;
      }
    } finally {
      unsubscribe();
      observer.watchClosed();
    }
  }

  async #batch(id: string): Promise<BatchInfo> {
    const [batch] = await this.#options.store.getBatches([id], "BASIC");
    if (batch === undefined) throw notFound("batch", id);
    return this.#options.counter.info(batch);
  }

  async *#below(rootJobId: string): AsyncGenerator<BatchInfo> {
    const { store, counter } = this.#options;
    let after: { createTime: number; id: string } | undefined;
    for (;;) {
      const page = await store.listBatches({
        rootJobId,
        limit: limits.setSize,
        oldestFirst: true,
        ...(after === undefined ? {} : { after }),
      });
      for (const batch of page) yield counter.info(batch);
      const last = page.at(-1);
      if (page.length < limits.setSize || last === undefined) return;
      after = { createTime: last.createTime, id: last.id };
    }
  }
}

/**
 * In one message: with the longest history and headers that a job may have, far from the largest message. And read at a
 * time, since a watch whose reader is slow keeps them.
 */
const MEMBERS_SENT = 50;
/** The same for batches. */
const BATCHES_SENT = 10;

/** Of looks that nobody told a watch to, about 3 s apart, one in so many is at all members, whatever their counts say. */
const WHOLE_LOOKS = 5;

/** Between the first two looks; doubled up to `limits.countsMs`, so that the end of a short batch is seen at once. */
const FIRST_SPACING_MS = 50;

const SHOWN: Readonly<Record<MembersShown, readonly JobState[]>> = { NONE: [], FAILED: ["FAILED"], ALL: JOB_STATES };

/** Follows the members of a batch in some states by the time of their last change. */
class MemberFollower {
  readonly #store: JobStore;
  readonly #batchId: string;
  readonly #followed: ReadonlyMap<JobState, Followed>;
  /** As they were shown. What they report is told with their own ids only. */
  readonly #running = new Set<string>();

  constructor(store: JobStore, batchId: string, states: readonly JobState[]) {
    this.#store = store;
    this.#batchId = batchId;
    this.#followed = new Map(states.map((state) => [state, { after: undefined, again: new Map() }]));
  }

  /** Whether one of these is a member that was running when it was shown last. */
  isOneRunning(jobIds: readonly string[]): boolean {
    return this.#running.size > 0 && jobIds.some((id) => this.#running.has(id));
  }

  /** Pages of what has changed since the last time. */
  async *changed(): AsyncGenerator<readonly Job[]> {
    // Changes of the same instant, and on some stores those just before it, may still become visible.
    const late = Math.max(1, this.#store.changesLateMs);
    const lookedAt = this.#store.now();
    for (const [state, followed] of this.#followed) {
      let { after } = followed;
      let newest: number | undefined;
      for (;;) {
        const page = await this.#store.changedMembers({
          batchId: this.#batchId,
          state,
          limit: MEMBERS_SENT,
          ...(after === undefined ? {} : { after }),
        });
        const news = page.filter(({ id, revision }) => (followed.again.get(id)?.revision ?? -1) < revision);
        for (const { id, revision, updateTime } of news) {
          followed.again.set(id, { revision, updateTime });
          if (state === "RUNNING") this.#running.add(id);
          else this.#running.delete(id);
        }
        if (news.length > 0) yield news;
        const last = page.at(-1);
        if (last === undefined) break;
        newest = last.updateTime;
        after = { updateTime: newest, id: last.id };
        if (page.length < MEMBERS_SENT) break;
        forget(followed, newest - late);
      }
      // Where there was nothing, not even what is read again, all that was shown has gone on to another state.
      if (newest === undefined) continue;
      followed.after = { updateTime: Math.min(newest, lookedAt) - late, id: "" };
      forget(followed, followed.after.updateTime);
    }
  }
}

/** How far the members in one state have been shown. */
interface Followed {
  after: { readonly updateTime: number; readonly id: string } | undefined;
  /** Revisions shown of those that the next look reads again. */
  readonly again: Map<string, { readonly revision: number; readonly updateTime: number }>;
}

function forget({ again }: Followed, before: number): void {
  for (const [id, { updateTime }] of again) if (updateTime < before) again.delete(id);
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = clock.after(ms, done);
    function done(): void {
      stop();
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
