// Watching a batch: its members as they are now, and what they report as soon as it is told.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import type { BatchUpdate } from "../../../server/engine/api.js";
import { BatchWatcher } from "../../../server/engine/batch-watch.js";
import { Counter } from "../../../server/engine/counter.js";
import { sealed } from "../../contract/batch-contract-subjects.js";
import { engineParts, turn } from "../../support/engine.js";
import { claim, held } from "../../support/jobs.js";

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

async function untilComplete(updates: AsyncGenerator<BatchUpdate | undefined>): Promise<void> {
  for (;;) {
    const { value, done } = await updates.next();
    if (done || value?.snapshotComplete) return;
  }
}
