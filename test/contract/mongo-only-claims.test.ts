// Claims on MongoDB while others change what they have found: several servers, each at another step.

import { Collection, MongoClient, MongoNetworkError } from "mongodb";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "../../server/core/job.js";
import { MongoStore } from "../../server/store/mongo/mongo-store.js";
import { claim, LONG_MS, OUTCOMES, read, running, settle, stored, uniqueName } from "../support/jobs.js";
import { startMongod } from "../support/mongod.js";

const mongod = await startMongod({ alone: true });
const admin = new MongoClient(mongod.uri);
afterAll(async () => {
  await admin.close();
  await mongod.stop();
});

let store: MongoStore;
let name: string;

beforeEach(async () => {
  name = `${uniqueName("claims")}-${process.pid}`;
  store = new MongoStore({ uri: mongod.uri, database: name });
  await store.open();
});
afterEach(async () => {
  await failPoint({ mode: "off" });
  await store.close();
  await admin.db(name).dropDatabase();
});

const failPoint = (setting: object) => admin.db("admin").command({ configureFailPoint: "failCommand", ...setting });

function withAppName(appName: string): string {
  const address = new URL(mongod.uri);
  address.searchParams.set("appName", appName);
  return String(address);
}

it("begins a lease after the end of the one before, also if that was written by a command that began later", async () => {
  const job = await running(store);
  await settle(store, job, OUTCOMES.released);
  const endTime = new Date(Date.now() + 1_000);
  const ended = { $set: { "attempts.0.endTime": endTime } };
  await admin.db(name).collection<{ _id: string }>("jobs").updateOne({ _id: job.id }, ended);
  const { jobs } = await claim(store);
  expect(jobs).toMatchObject([{ id: job.id, lease: { startTime: endTime.getTime() } }]);
});

describe("a claim whose candidates are taken by others", () => {
  let slow: MongoStore;
  let updates: number;
  beforeEach(async () => {
    slow = new MongoStore({ uri: withAppName("slow"), database: name, monitorCommands: true });
    await slow.open();
    updates = 0;
    slow.client.on("commandStarted", ({ commandName }) => {
      if (commandName === "update") updates += 1;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    return slow.close();
  });

  const claimSlowly = () => slow.claim({ holder: "slow", count: 2, leaseMs: LONG_MS, afterQueue: "" });
  const holdUpUpdates = () => {
    const data = { failCommands: ["update"], namespace: `${name}.jobs`, appName: "slow", blockConnection: true };
    return failPoint({ mode: "alwaysOn", data: { ...data, blockTimeMS: 400 } });
  };

  it("says that more may be due, after as many rounds as it makes", async () => {
    await stored(store);
    await holdUpUpdates();
    const claiming = claimSlowly();
    for (let round = 1; round <= 3; round++) {
      await vi.waitUntil(() => updates === round, { interval: 5 });
      await claim(store);
      await stored(store);
    }
    expect(await claiming).toMatchObject({ jobs: [], passedOver: [], more: true });
  });

  it("hands out no job as it was when it was found, where that has changed since", async () => {
    await stored(store);
    await holdUpUpdates();
    const claiming = claimSlowly();
    await vi.waitUntil(() => updates === 1, { interval: 5 });
    const [job] = (await claim(store)).jobs;
    await settle(store, job as Job, OUTCOMES.released);
    const { jobs } = await claiming;
    expect(jobs).toMatchObject([{ id: job?.id, fence: 2, revision: 4, attempts: [{ outcome: "RELEASED" }] }]);
    expect(jobs).toEqual([await read(store, job?.id ?? "")]);
  });

  it("hands out what it has when the store is away while it looks for more", async () => {
    const jobs = [await stored(store), await stored(store)];
    await holdUpUpdates();
    const claiming = claimSlowly();
    await vi.waitUntil(() => updates === 1, { interval: 5 });
    const taken = await claim(store, { count: 1 });
    // What it did is still told; when it looks for others, the store is away.
    const { find } = Collection.prototype;
    const finds = vi.spyOn(Collection.prototype, "find").mockImplementation(() => {
      throw new MongoNetworkError("away");
    });
    finds.mockImplementationOnce(function (this: Collection, ...given) {
      return find.apply(this, given);
    });
    const [left] = jobs.filter(({ id }) => taken.jobs.every((job) => job.id !== id));
    expect(await claiming).toMatchObject({ jobs: [{ id: left?.id, lease: { holder: "slow" } }], more: true });
    await expect(claimSlowly()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
