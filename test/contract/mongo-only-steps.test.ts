// How the MongoDB store does its steps, where a run on one healthy node shows no difference: what each write and read
// asks for, whose clock counts, and what is read first.

import { type CommandStartedEvent, MongoClient } from "mongodb";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NewBatch } from "../../server/core/batch.js";
import { MongoStore } from "../../server/store/mongo/mongo-store.js";
import { claim, held, LONG_MS, newJob, OUTCOMES, read, running, settle, stored, uniqueName } from "../support/jobs.js";
import { startMongod } from "../support/mongod.js";

const mongod = await startMongod({ alone: true });
const { uri } = mongod;
const admin = new MongoClient(uri);
afterAll(async () => {
  await admin.close();
  await mongod.stop();
});

const WRITES = new Set(["insert", "update", "delete", "findAndModify"]);
const READS = new Set(["find", "aggregate", "count", "distinct"]);
const HOUR_MS = 3_600_000;

function withAppName(appName: string): string {
  const address = new URL(uri);
  address.searchParams.set("appName", appName);
  return String(address);
}

describe("a step on MongoDB", () => {
  let store: MongoStore;
  let name: string;
  const commands: CommandStartedEvent[] = [];

  beforeEach(async () => {
    name = `${uniqueName("steps")}-${process.pid}`;
    store = new MongoStore({ uri, database: name, monitorCommands: true });
    await store.open();
    commands.length = 0;
    store.client.on("commandStarted", (event) => commands.push(event));
  });
  afterEach(async () => {
    vi.useRealTimers();
    await failPoint({ mode: "off" });
    await store.close();
    await admin.db(name).dropDatabase();
  });

  const failPoint = (setting: object) => admin.db("admin").command({ configureFailPoint: "failCommand", ...setting });

  const batch: NewBatch = {
    id: uniqueName("batch"),
    digest: new Uint8Array(32),
    key: "",
    failurePolicy: { mode: "CONTINUE", toleratedCount: 0, toleratedRatio: 0 },
    parentClosePolicy: "CANCEL",
    sealTimeoutMs: 1_800_000,
    labels: {},
  };
  const addTo = (batchId: string, chunkKey: string) =>
    store.addJobs({ batchId, chunkKey, chunkDigest: new Uint8Array(1), jobs: [newJob({ batchId })] });

  it("writes to the disks of a majority, and reads what a majority has", async () => {
    const job = await running(store);
    await store.renew([held(job)], LONG_MS);
    await store.report([{ ...held(job), accept: true, leaseMs: LONG_MS }]);
    await settle(store, job);
    await store.cancel((await stored(store)).id, "enough", 0);
    await store.createBatch(batch);
    await addTo(batch.id, "one");
    await store.sealBatch({ batchId: batch.id });
    await store.cancelBatch(batch.id, "EXPLICIT", "enough");
    await store.advance({ batchIds: [batch.id], jobIds: [] });
    await store.sweep(10);
    await store.prune(10);
    const ofJobs = commands.filter(({ commandName, command }) => {
      return (WRITES.has(commandName) || READS.has(commandName)) && /^(jobs|batches)$/.test(command[commandName]);
    });
    const weak = ofJobs.filter(({ commandName, command }) =>
      WRITES.has(commandName)
        ? command.writeConcern?.w !== "majority" || command.writeConcern?.j !== true
        : command.readConcern?.level !== "majority",
    );
    expect(weak.map(({ command }) => command)).toEqual([]);
    expect(ofJobs.length).toBeGreaterThan(20);
  });

  it.each([-HOUR_MS, HOUR_MS])("lets leases last by the server's clock, with this process %i ms off", async (off) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + off });
    const long = await running(store, {}, LONG_MS);
    expect((await claim(store)).jobs).toEqual([]);
    await store.renew([held(long)], LONG_MS);
    expect((await claim(store)).jobs).toEqual([]);
    await store.renew([held(long)], 0);
    expect((await claim(store)).jobs).toMatchObject([{ id: long.id, fence: 2, interruptedCount: 1 }]);
    expect((await read(store, long.id)).lease?.expireTime).toBeGreaterThan(store.now());
  });

  /** The next of these commands on a collection reaches the server, and is held up there before it is carried out. */
  const holdUp = (command: "find" | "update" | "delete", collection: "jobs" | "batches") => {
    const data = {
      failCommands: [command],
      namespace: `${name}.${collection}`,
      blockConnection: true,
      blockTimeMS: 700,
    };
    return failPoint({ mode: { times: 1 }, data });
  };
  const holdUpUpdate = () => holdUp("update", "batches");
  const untilHeldUp = () => new Promise((resolve) => setTimeout(resolve, 250));

  it("looks at a batch before its members: what is added and sealed between is not passed over", async () => {
    const { id } = batch;
    await store.createBatch(batch);
    // The first write of a look puts off the next one.
    await holdUpUpdate();
    const looking = store.advance({ batchIds: [id], jobIds: [] });
    await untilHeldUp();
    await addTo(id, "one");
    await store.sealBatch({ batchId: id });
    await looking;
    await store.advance({ batchIds: [id], jobIds: [] });
    expect(await store.getBatches([id], "FULL")).toMatchObject([{ state: "RUNNING", total: 1 }]);
  });

  it("seals what it counted only if nothing was added since", async () => {
    const { id } = batch;
    await store.createBatch(batch);
    await addTo(id, "one");
    await holdUpUpdate();
    const sealing = store.sealBatch({ batchId: id });
    await untilHeldUp();
    expect(await addTo(id, "two")).toMatchObject({ kind: "added" });
    expect(await sealing).toMatchObject({ kind: "sealed", batch: { total: 2 } });
  });

  it("goes on with a purge of which others have claimed some while it was under way", async () => {
    const jobs = [await stored(store), await stored(store), await stored(store)];
    await holdUp("update", "jobs");
    const purging = store.purge("default", 2);
    await untilHeldUp();
    expect((await claim(store, { count: 1 })).jobs).toMatchObject([{ id: jobs[0]?.id }]);
    expect(await purging).toMatchObject({ done: [{ jobId: jobs[1]?.id }], more: true });
    expect(await store.purge("default", 2)).toMatchObject({ done: [{ jobId: jobs[2]?.id }], more: false });
  });

  it("knows what a purge did whose answer was lost", async () => {
    const jobs = [await stored(store), await stored(store)];
    await failPoint({
      mode: { times: 1 },
      data: {
        failCommands: ["update"],
        namespace: `${name}.jobs`,
        writeConcernError: { code: 64, errmsg: "waiting for replication timed out" },
      },
    });
    const { done } = await store.purge("default", 10);
    expect(done.map(({ jobId }) => jobId).sort()).toEqual(jobs.map(({ id }) => id).sort());
  });

  it("does not take as its own what it put off and another has claimed since", async () => {
    const slow = new MongoStore({ uri: withAppName("slow"), database: name });
    await slow.open();
    // Its page answered 202 and fell silent: the next claim uses up an attempt, and puts it off, here by nothing.
    const job = await running(store, { backoff: { initialMs: 0, maxMs: 0, multiplier: 1 } });
    await store.report([{ ...held(job), accept: true, leaseMs: 0 }]);
    // The first find is for candidates, the second tells what was done with them.
    const data = { failCommands: ["find"], namespace: `${name}.jobs`, appName: "slow", blockConnection: true };
    await failPoint({ mode: { skip: 1 }, data: { ...data, blockTimeMS: 700 } });
    const claiming = slow.claim({ holder: "slow", count: 1, leaseMs: LONG_MS, afterQueue: "" });
    await untilHeldUp();
    const { jobs } = await store.claim({ holder: "quick", count: 1, leaseMs: LONG_MS, afterQueue: "" });
    expect(jobs).toMatchObject([{ id: job.id, fence: 2, attemptCount: 1, lease: { holder: "quick" } }]);
    expect(await claiming).toMatchObject({ jobs: [], passedOver: [{ jobId: job.id }] });
    await slow.close();
  });

  it("claims a job once that moves in the index while that is being read", async () => {
    const [first, second] = [await stored(store), await stored(store)];
    const yieldAfter = (steps: number) =>
      admin.db("admin").command({ setParameter: 1, internalQueryExecYieldIterations: steps });
    const hang = (mode: string | object) =>
      admin
        .db("admin")
        .command({ configureFailPoint: "setYieldAllLocksHang", mode, data: { namespace: `${name}.jobs` } });
    // The server stops reading after the first of them.
    await yieldAfter(1);
    await hang({ skip: 1 });
    try {
      const claiming = claim(store, { count: 10 });
      await untilHeldUp();
      await yieldAfter(1_000);
      const later = { $set: { availableTime: new Date(second.createTime + 1) } };
      await admin.db(name).collection<{ _id: string }>("jobs").updateOne({ _id: first.id }, later);
      await hang("off");
      const { jobs } = await claiming;
      expect(jobs.map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
    } finally {
      await yieldAfter(1_000);
      await hang("off");
    }
  });

  it("hands out no lease that is another's by then, when it looks up what is cancelled above", async () => {
    await store.createBatch(batch);
    await addTo(batch.id, "one");
    await holdUp("find", "batches");
    // A server that stands still for longer than its lease, between its claim and what it reads next.
    const slow = store.claim({ holder: "slow", count: 1, leaseMs: 50, afterQueue: "" });
    await untilHeldUp();
    const { jobs } = await store.claim({ holder: "quick", count: 1, leaseMs: LONG_MS, afterQueue: "" });
    expect(jobs).toMatchObject([{ fence: 2 }]);
    await store.cancelBatch(batch.id, "EXPLICIT", "enough");
    expect(await slow).toMatchObject({ jobs: [], passedOver: [] });
    expect(await read(store, jobs[0]?.id ?? "")).toMatchObject({ state: "RUNNING", lease: { holder: "quick" } });
  });

  it("prunes a batch with a member that came after its end, and that a claim has ended", async () => {
    const { id } = batch;
    await store.createBatch(batch);
    await store.cancelBatch(id, "EXPLICIT", "enough");
    await store.advance({ batchIds: [id], jobIds: [] });
    const [ended] = await store.getBatches([id], "FULL");
    const late = await stored(store, { batchId: id });
    expect(late.createTime).toBeGreaterThan(ended?.finishTime ?? Infinity);
    expect((await claim(store)).passedOver).toMatchObject([{ jobId: late.id }]);
    const expired = { $set: { expireTime: new Date(1) } };
    await admin.db(name).collection<{ _id: string }>("batches").updateOne({ _id: id }, expired);
    await store.prune(10);
    expect([await store.getBatches([id], "FULL"), await store.get([late.id], "BASIC")]).toEqual([[], []]);
  });

  it("prunes an abandoned batch that ended while its master was being pruned", async () => {
    const { id } = batch;
    const master = await running(store, { retentionMs: 0 });
    await store.createBatch({ ...batch, parentClosePolicy: "ABANDON" }, held(master));
    await addTo(id, "one");
    await store.sealBatch({ batchId: id });
    await settle(store, master, OUTCOMES.rejected);
    await store.advance({ batchIds: [], jobIds: [master.id] });
    for (const member of (await claim(store)).jobs) await settle(store, member);
    await holdUp("delete", "jobs");
    const pruning = store.prune(10);
    await untilHeldUp();
    await store.advance({ batchIds: [id], jobIds: [] });
    expect(await store.getBatches([id], "FULL")).toMatchObject([{ state: "SUCCEEDED" }]);
    await pruning;
    await store.prune(10);
    expect([await store.getBatches([id], "FULL"), await store.get([master.id], "BASIC")]).toEqual([[], []]);
  });

  it("ends no batch with members that came while they were counted", async () => {
    const { id } = batch;
    await store.createBatch(batch);
    await store.cancelBatch(id, "EXPLICIT", "enough");
    await failPoint({
      mode: { times: 1 },
      data: { failCommands: ["aggregate"], namespace: `${name}.jobs`, blockConnection: true, blockTimeMS: 700 },
    });
    const looking = store.advance({ batchIds: [id], jobIds: [] });
    await untilHeldUp();
    await stored(store, { batchId: id });
    await looking;
    expect(await store.getBatches([id], "FULL")).toMatchObject([{ state: "RUNNING" }]);
    await claim(store);
    await store.advance({ batchIds: [id], jobIds: [] });
    expect(await store.getBatches([id], "FULL")).toMatchObject([
      { state: "CANCELLED", tally: { cancelled: 1, pending: 0 } },
    ]);
  });

  it("prunes no member that lives, such as one of a later use of the same key", async () => {
    const { id } = batch;
    await store.createBatch(batch);
    await store.sealBatch({ batchId: id });
    await store.advance({ batchIds: [id], jobIds: [] });
    const expired = { $set: { expireTime: new Date(1) } };
    await admin.db(name).collection<{ _id: string }>("batches").updateOne({ _id: id }, expired);
    const late = await stored(store, { batchId: id });
    expect(late.createTime).toBeGreaterThan((await store.getBatches([id], "FULL"))[0]?.finishTime ?? Infinity);
    await store.prune(10);
    expect((await read(store, late.id)).state).toBe("PENDING");
  });
});
