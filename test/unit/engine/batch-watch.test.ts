// Watching a batch: its members as they are now, and what they report as soon as it is told.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JOB_STATES, type Job } from "../../../server/core/job.js";
import { limits } from "../../../server/core/limits.js";
import type { BatchUpdate } from "../../../server/engine/api.js";
import { BatchWatcher } from "../../../server/engine/batch-watch.js";
import { Counter } from "../../../server/engine/counter.js";
import { StoredJobs } from "../../../server/engine/job-control.js";
import { Retries } from "../../../server/engine/retries.js";
import { SqliteStore } from "../../../server/store/sqlite/sqlite-store.js";
import { newBatch, sealed } from "../../contract/batch-contract-subjects.js";
import { engineParts, turn } from "../../support/engine.js";
import { claim, held, OUTCOMES, settle } from "../../support/jobs.js";

const LATE_MS = 2_000;

let parts: Awaited<ReturnType<typeof engineParts>>;
let leave: AbortController;

beforeEach(async () => {
  parts = await engineParts();
  leave = new AbortController();
});

afterEach(async () => {
  leave.abort();
  await parts.store.close();
});

describe("a watch of a batch with its members", () => {
  it("shows the progress of a running one when it is told of it, not only when it looks by itself", async () => {
    const batch = await sealed(parts.store, 2);
    const [job] = (await claim(parts.store)).jobs;
    if (job === undefined) throw new Error("nothing was claimed");
    const watcher = new BatchWatcher({ ...parts, counter: new Counter(parts) });
    const updates = watcher.watchBatch(batch.id, "ALL", leave.signal);
    await untilComplete(updates);

    const next = updates.next();
    await turn();
    await parts.store.report([{ ...held(job), progress: { done: 1, message: "" }, leaseMs: 30_000 }]);
    parts.feed.publish({ jobIds: [job.id] });
    parts.clock.advance(limits.countsMs);
    const { value } = await next;
    expect(value?.members).toMatchObject([{ id: job.id, progress: { done: 1 } }]);
    expect(limits.countsMs).toBeLessThan(limits.watchPollMs);
  });
});

describe("a watch of a batch with its members, told of what changes neither counts nor batch", () => {
  /** A batch of two, the first member as `change` has made it, and a watch that has shown all of it. */
  async function watched(change: (member: Job) => Promise<unknown>) {
    const { store, feed } = parts;
    const batch = await sealed(store, 2);
    const [member] = (await claim(store, { count: 1 })).jobs;
    if (member === undefined) throw new Error("nothing was claimed");
    await change(member);
    const counter = new Counter(parts);
    const fanIn = { departed: () => {}, touch: () => {} };
    const jobs = new StoredJobs({ store, feed, fanIn, retries: new Retries({ store, feed, fanIn, counter }) });
    const updates = new BatchWatcher({ ...parts, counter }).watchBatch(batch.id, "ALL", leave.signal);
    await untilComplete(updates);
    return { member, jobs, next: updates.next() };
  }

  it("shows at once that a failed member is tried again", async () => {
    const { member, jobs, next } = await watched((job) => settle(parts.store, job, OUTCOMES.rejected));
    await turn();
    const { job } = await jobs.retry(member.id);
    parts.clock.advance(limits.countsMs);
    expect((await next).value?.members).toMatchObject([{ id: member.id, retriedBy: job.id }]);
  });

  it("shows at once that one which waits for its own batches is to be cancelled", async () => {
    const { member, jobs, next } = await watched(async (job) => {
      await sealed(parts.store, 1, newBatch(), job);
      await settle(parts.store, job);
    });
    await turn();
    expect(await jobs.cancel(member.id, "")).toMatchObject({ state: "WAITING" });
    parts.clock.advance(limits.countsMs);
    expect((await next).value?.members).toMatchObject([{ id: member.id, ownEnd: { state: "CANCELLED" } }]);
  });
});

describe("a watch that goes on for long", () => {
  it("shows no state of a member twice, also where all that changed lately has gone on to another", async () => {
    let time = 1_000_000;
    const store = new SqliteStore({ path: ":memory:", now: () => time });
    // As on a store where changes become visible a little later than they are made.
    Object.defineProperty(store, "changesLateMs", { value: LATE_MS });
    await store.open();
    const batch = await sealed(store, 3);
    time += 30 * LATE_MS;
    const [job] = (await claim(store, { count: 1 })).jobs;
    if (job === undefined) throw new Error("nothing was claimed");
    await settle(store, job, OUTCOMES.released);

    const seen: string[] = [];
    const watcher = new BatchWatcher({ ...parts, store, counter: new Counter({ ...parts, store }) });
    const ended = (async () => {
      for await (const update of watcher.watchBatch(batch.id, "ALL", leave.signal)) {
        for (const { id, revision } of update?.members ?? []) seen.push(`${id} ${revision}`);
      }
    })();
    for (let look = 0; look < 50; look++) {
      if (look === 2) await claim(store, { count: 1 });
      time += limits.countsMs;
      parts.clock.advance(limits.watchPollMs);
      await turn();
    }
    leave.abort();
    await ended;
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(4);
    await store.close();
  });
});

describe("a watch of a batch where nothing happens", () => {
  it("reads members seldom, and finds what no wake-up told of all the same", async () => {
    const { store, clock } = parts;
    const batch = await sealed(store, 2);
    const [job] = (await claim(store)).jobs;
    if (job === undefined) throw new Error("nothing was claimed");
    const count = { looks: 0, reads: 0 };
    const { changedMembers, getBatches } = store;
    Object.assign(store, {
      getBatches: (...given: Parameters<typeof getBatches>) => {
        count.looks += 1;
        return getBatches(...given);
      },
      changedMembers: (...given: Parameters<typeof changedMembers>) => {
        count.reads += 1;
        return changedMembers(...given);
      },
    });
    const watcher = new BatchWatcher({ ...parts, counter: new Counter(parts) });
    const updates = watcher.watchBatch(batch.id, "ALL", leave.signal);
    await untilComplete(updates);
    expect(count).toEqual({ looks: 1, reads: JOB_STATES.length });
    const shown: Job[] = [];
    const reading = (async () => {
      for await (const update of updates) shown.push(...(update?.members ?? []));
    })();
    const poll = async (times: number) => {
      for (let time = 0; time < times; time++) {
        await turn();
        clock.advance(limits.watchPollMs);
      }
      await turn();
    };
    // Each look waits twice: to be not too close to the one before, and for a wake-up.
    await poll(2 * 80);
    expect(count).toEqual({ looks: 1 + 80, reads: (1 + 80 / 5) * JOB_STATES.length });

    await store.report([{ ...held(job), progress: { done: 1, message: "" }, leaseMs: 30_000 }]);
    await poll(2 * 5);
    expect(shown).toMatchObject([{ id: job.id, progress: { done: 1 } }]);
    leave.abort();
    await reading;
  });
});

async function untilComplete(updates: AsyncGenerator<BatchUpdate | undefined>): Promise<void> {
  for (;;) {
    const { value, done } = await updates.next();
    if (done || value?.snapshotComplete) return;
  }
}
