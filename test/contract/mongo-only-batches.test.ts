// Batches on MongoDB, which writes them in steps: what a server that died between two of them leaves behind, and that
// every write may fail and be repeated.

import { Collection, type Db, MongoClient } from "mongodb";
import { afterAll, afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import type { NewBatch } from "../../server/core/batch.js";
import type { BatchDocument } from "../../server/store/mongo/batch-documents.js";
import { MongoStore } from "../../server/store/mongo/mongo-store.js";
import { held, newJob, read, running, settle, uniqueName } from "../support/jobs.js";

const uri = inject("mongoUri");
const admin = new MongoClient(uri);
afterAll(() => admin.close());

function newBatch(given: Partial<NewBatch> = {}): NewBatch {
  return {
    id: uniqueName("batch"),
    digest: new Uint8Array(32),
    key: "",
    failurePolicy: { mode: "CONTINUE", toleratedCount: 0, toleratedRatio: 0 },
    parentClosePolicy: "CANCEL",
    sealTimeoutMs: 1_800_000,
    labels: {},
    ...given,
  };
}

describe("a batch in a MongoDB database", () => {
  let database: Db;
  let store: MongoStore;

  beforeEach(async () => {
    const name = `${uniqueName("batches")}-${process.pid}`;
    database = admin.db(name);
    store = new MongoStore({ uri, database: name });
    await store.open();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await store.close();
    await database.dropDatabase();
  });

  const batches = () => database.collection<BatchDocument>("batches");
  const add = (batchId: string, chunkKey: string) =>
    store.addJobs({ batchId, chunkKey, chunkDigest: new Uint8Array(1), jobs: [newJob({ batchId })] });

  it("is not sealed while an append is under way, and is sealed once that can only be a dead server's", async () => {
    const { id } = newBatch();
    await store.createBatch(newBatch({ id }));
    await add(id, "one");
    const dead = (since: number) => ({ $set: { pending: [{ entry: "two AA==", since: new Date(since) }] } });
    await batches().updateOne({ _id: id }, dead(Date.now()));
    await expect(store.sealBatch({ batchId: id })).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await batches().updateOne({ _id: id }, dead(Date.now() - 21_000));
    expect(await store.sealBatch({ batchId: id })).toMatchObject({ kind: "sealed", batch: { total: 1 } });
    expect(await add(id, "three")).toEqual({ kind: "sealed" });
    // The dead server's call, repeated: what it adds was not counted, so it is not told that all is well.
    const late = newJob({ batchId: id });
    await store.insert([late]);
    const repeat = { batchId: id, chunkKey: "two", chunkDigest: new Uint8Array(1), jobs: [late] };
    expect(await store.addJobs(repeat)).toEqual({ kind: "sealed" });
  });

  it("is not sealed while an append is repeated whose first server died long ago", async () => {
    const { id } = newBatch();
    await store.createBatch(newBatch({ id }));
    const long = new Date(Date.now() - 21_000);
    await batches().updateOne({ _id: id }, { $set: { pending: [{ entry: "two AA==", since: long }] } });
    const { insertMany } = Collection.prototype;
    const seals: unknown[] = [];
    vi.spyOn(Collection.prototype, "insertMany").mockImplementationOnce(async function (this: Collection, ...given) {
      seals.push(await store.sealBatch({ batchId: id }).catch(({ code }) => code));
      return insertMany.apply(this, given);
    });
    expect(await add(id, "two")).toMatchObject({ kind: "added" });
    expect(seals).toEqual(["UNAVAILABLE"]);
    expect(await store.sealBatch({ batchId: id })).toMatchObject({ kind: "sealed", batch: { total: 1 } });
  });

  it("that its master noted before the server died is opened by the next look at it", async () => {
    const master = await running(store);
    const { id } = newBatch();
    await store.createBatch(newBatch({ id }), held(master));
    await batches().updateOne({ _id: id }, { $set: { state: "DRAFT" } });
    expect(await store.getBatches([id], "FULL")).toEqual([]);
    await store.advance({ batchIds: [id], jobIds: [] });
    expect(await store.getBatches([id], "FULL")).toMatchObject([{ id, state: "OPEN", parentJobId: master.id }]);
  });

  it("that its master never noted goes with the master", async () => {
    const master = await running(store);
    const { id } = newBatch();
    await store.createBatch(newBatch({ id }), held(master));
    await batches().updateOne({ _id: id }, { $set: { state: "DRAFT" } });
    await database.collection("jobs").updateOne({ _id: master.id as never }, { $unset: { batches: "" } });
    await store.advance({ batchIds: [id], jobIds: [] });
    expect(await batches().countDocuments({ _id: id })).toBe(1);
    await settle(store, await read(store, master.id));
    await store.advance({ batchIds: [id], jobIds: [] });
    expect(await batches().countDocuments({ _id: id })).toBe(0);
  });

  it("is completed by whoever looks, when the server died after its tally", async () => {
    const onComplete = newJob();
    const { id } = newBatch();
    await store.createBatch(newBatch({ id, onComplete, onCompleteJobId: `${id}-summary` }));
    await store.sealBatch({ batchId: id });
    await store.advance({ batchIds: [id], jobIds: [] });
    expect(await store.getBatches([id], "FULL")).toMatchObject([{ state: "COMPLETING", tally: { total: 0 } }]);
    expect(await store.get([`${id}-summary`], "BASIC")).toEqual([]);
    await store.advance({ batchIds: [id], jobIds: [] });
    await store.advance({ batchIds: [id], jobIds: [] });
    expect(await store.get([`${id}-summary`], "BASIC")).toMatchObject([{ completes: id, state: "PENDING" }]);
  });

  it("does not let an older attempt of its master append or seal, once a newer one has attached", async () => {
    const first = await running(store, {}, 0);
    const { id } = newBatch();
    await store.createBatch(newBatch({ id }), held(first));
    const [second] = (await store.claim({ holder: "h", count: 1, leaseMs: 60_000, afterQueue: "" })).jobs;
    if (second === undefined) throw new Error("the master was not claimed again");
    const by = held(first);
    expect(await store.createBatch(newBatch({ id }), by)).toEqual({ kind: "lost" });
    const late = { batchId: id, chunkKey: "late", chunkDigest: new Uint8Array(1), jobs: [newJob({ batchId: id })], by };
    expect(await store.addJobs(late)).toEqual({ kind: "lost" });
    expect(await store.sealBatch({ batchId: id, by })).toEqual({ kind: "lost" });
    expect(await store.createBatch(newBatch({ id }), held(second))).toMatchObject({ kind: "stored", existing: true });
  });
});
