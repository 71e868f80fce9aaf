// Watching: the state now, then newer ones as far as the reader keeps up, and always the last.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "../../../server/core/job.js";
import { limits } from "../../../server/core/limits.js";
import { Counter } from "../../../server/engine/counter.js";
import { Watcher } from "../../../server/engine/watch.js";
import { engineParts, turn } from "../../support/engine.js";
import { held, running, settle, stored } from "../../support/jobs.js";

let parts: Awaited<ReturnType<typeof engineParts>>;
let watcher: Watcher;
let leave: AbortController;

beforeEach(async () => {
  parts = await engineParts();
  watcher = new Watcher({ ...parts, counter: new Counter(parts) });
  watcher.start();
  leave = new AbortController();
});

afterEach(async () => {
  leave.abort();
  watcher.stop();
  await parts.store.close();
});

async function report(job: Job, done: number): Promise<void> {
  await parts.store.report([{ ...held(job), progress: { done, message: "" }, leaseMs: 30_000 }]);
  parts.feed.publish({ jobIds: [job.id] });
}

describe("a watch", () => {
  it("shows the state now, each newer one, and ends after the terminal one", async () => {
    const job = await running(parts.store);
    const stream = watcher.watch(job.id, undefined, leave.signal);
    expect((await stream.next()).value).toMatchObject({ state: "RUNNING", revision: job.revision });
    await report(job, 1);
    expect((await stream.next()).value).toMatchObject({ progress: { done: 1 } });
    await settle(parts.store, job);
    parts.feed.publish({ jobIds: [job.id] });
    expect((await stream.next()).value).toMatchObject({ state: "SUCCEEDED", resultContentType: "application/json" });
    expect((await stream.next()).done).toBe(true);
  });

  it("gives a slow reader the newest state and the last, not every one between", async () => {
    const job = await running(parts.store);
    const stream = watcher.watch(job.id, undefined, leave.signal);
    await stream.next();
    for (let done = 1; done <= 50; done++) {
      await report(job, done);
      await turn();
    }
    expect((await stream.next()).value).toMatchObject({ progress: { done: 50 } });
  });

  it("resumes after a revision: what is not newer is not shown again, what is terminal always is", async () => {
    const job = await running(parts.store);
    const stream = watcher.watch(job.id, job.revision, leave.signal);
    const next = stream.next();
    await turn();
    await report(job, 1);
    expect((await next).value).toMatchObject({ progress: { done: 1 } });
    await settle(parts.store, job);
    const ended = await watcher.watch(job.id, 1_000_000, leave.signal).next();
    expect(ended.value).toMatchObject({ state: "SUCCEEDED" });
  });

  it("shows a slow reader the end, though the job is deleted by then, and reads it no more", async () => {
    const job = await running(parts.store, { retentionMs: 0 });
    const stream = watcher.watch(job.id, undefined, leave.signal);
    await stream.next();
    await settle(parts.store, job);
    const quick = watcher.watch(job.id, undefined, leave.signal);
    parts.feed.publish({ jobIds: [job.id] });
    expect((await quick.next()).value).toMatchObject({ state: "SUCCEEDED" });
    expect((await parts.store.prune(10)).done).toBe(1);
    const read = vi.spyOn(parts.store, "get");
    for (let poll = 0; poll < 3; poll++) {
      parts.clock.advance(limits.watchPollMs);
      await turn();
    }
    expect((await stream.next()).value).toMatchObject({ state: "SUCCEEDED" });
    expect((await watcher.watch(job.id, undefined, leave.signal).next()).value).toMatchObject({ state: "SUCCEEDED" });
    expect(read).not.toHaveBeenCalled();
  });

  it("finds by itself what no wake-up told of", async () => {
    const job = await running(parts.store);
    const stream = watcher.watch(job.id, undefined, leave.signal);
    await stream.next();
    const next = stream.next();
    await settle(parts.store, job);
    parts.clock.advance(limits.watchPollMs);
    expect((await next).value).toMatchObject({ state: "SUCCEEDED" });
  });

  it("reads again at once when wake-ups may have been missed", async () => {
    const job = await running(parts.store);
    const stream = watcher.watch(job.id, undefined, leave.signal);
    await stream.next();
    const next = stream.next();
    await settle(parts.store, job);
    parts.feed.tellOfGap();
    expect((await next).value).toMatchObject({ state: "SUCCEEDED" });
  });

  it("says that there is no such job", async () => {
    await expect(watcher.watch("nobody", undefined, leave.signal).next()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("keeps a quiet stream alive, though it is read again and again", async () => {
    const { id } = await stored(parts.store, { start: { delayMs: 1_000_000 } });
    const stream = watcher.watch(id, undefined, leave.signal);
    await stream.next();
    const next = stream.next();
    for (let passed = 0; passed <= limits.keepAliveMs; passed += limits.watchPollMs) {
      await turn();
      parts.clock.advance(limits.watchPollMs);
      await turn();
    }
    expect(await next).toEqual({ value: undefined, done: false });
  });

  it("ends when its reader leaves, and leaves nothing behind", async () => {
    const { id } = await stored(parts.store, { start: { delayMs: 1_000_000 } });
    const stream = watcher.watch(id, undefined, leave.signal);
    await stream.next();
    const next = stream.next();
    leave.abort();
    expect((await next).done).toBe(true);
    expect(parts.observer.counts.watches).toBe(0);
  });
});
