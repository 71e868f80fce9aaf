// Retries of batches whose members are not those that were counted at its end: some are gone, or some came late.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Counter } from "../../../server/engine/counter.js";
import { Retries } from "../../../server/engine/retries.js";
import { LocalFeed } from "../../../server/feed/local-feed.js";
import { SqliteStore } from "../../../server/store/sqlite/sqlite-store.js";
import { systemClock } from "../../../server/system.js";
import { batchChecks, look, newMembers, readBatch, run, sealed } from "../../contract/batch-contract-subjects.js";
import { claim, OUTCOMES } from "../../support/jobs.js";

const DAY_MS = 24 * 3_600_000;

let store: SqliteStore;
let retries: Retries;
let time: number;

beforeEach(async () => {
  time = Date.now();
  store = new SqliteStore({ path: ":memory:", now: () => time });
  await store.open();
  const counter = new Counter({ store, clock: systemClock });
  retries = new Retries({ store, feed: new LocalFeed(), fanIn: { departed: () => {}, touch: () => {} }, counter });
});

afterEach(() => store.close());

/** Of three members, all of which have failed. */
async function failed(): Promise<string> {
  const { id } = await sealed(store, 3);
  await run(store, OUTCOMES.rejected);
  await look(store, batchChecks(id));
  return id;
}

describe("a retry of a batch", () => {
  it("is refused once some of its jobs are gone, and nothing is made of the others", async () => {
    const id = await failed();
    time += 31 * DAY_MS;
    expect(await store.prune(1)).toEqual({ done: 1, more: true });
    await expect(retries.batch(id)).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "NOT_RETRYABLE" });
    expect(await store.listBatches({ limit: 10, oldestFirst: true })).toMatchObject([{ id }]);
    expect((await claim(store)).jobs).toEqual([]);
  });

  it("leaves out what came after its end, and takes all that failed before", async () => {
    const id = await failed();
    time += 1;
    const late = newMembers(await readBatch(store, id), 1);
    await store.insert(late);
    expect((await claim(store)).passedOver).toMatchObject([{ jobId: late[0]?.id }]);
    expect(await store.countMembers(id)).toMatchObject({ failed: 3, cancelled: 1 });
    const { batch, existing } = await retries.batch(id);
    expect([batch.total, existing]).toEqual([3, false]);
    const { jobs } = await store.list({ filter: { batch: batch.id }, limit: 10, oldestFirst: true, view: "BASIC" });
    expect(jobs.map(({ retryOf }) => retryOf)).not.toContain(late[0]?.id);
    expect(await retries.batch(id)).toMatchObject({ batch: { id: batch.id }, existing: true });
  });
});
