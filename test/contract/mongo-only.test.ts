// What only the MongoDB store has: a database that others may have made, several servers on it, a network that may fail
// in the middle of a write, and change streams.

import { type Db, MongoClient } from "mongodb";
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import type { Change } from "../../server/core/store.js";
import { MongoStore } from "../../server/store/mongo/mongo-store.js";
import {
  claim,
  insertAll,
  LONG_MS,
  newJob,
  newJobs,
  read,
  running,
  settle,
  stored,
  uniqueName,
} from "../support/jobs.js";
import { startMongod } from "../support/mongod.js";

const uri = inject("mongoUri");
const admin = new MongoClient(uri);
afterAll(() => admin.close());

describe("a MongoDB database", () => {
  let name: string;
  let database: Db;
  const open: MongoStore[] = [];

  beforeEach(() => {
    name = `${uniqueName("only")}-${process.pid}`;
    database = admin.db(name);
  });

  afterEach(async () => {
    await failNothing();
    for (const store of open.splice(0)) await store.close();
    await database.dropDatabase();
  });

  const opened = async (): Promise<MongoStore> => {
    const store = new MongoStore({ uri, database: name });
    open.push(store);
    await store.open();
    return store;
  };

  /** The server counts failures from its start. */
  let failuresBefore = 0;

  const failPoint = async (setting: object): Promise<number> =>
    (await admin.db("admin").command({ configureFailPoint: "failCommand", ...setting })).count;

  /** The next commands of that name find their connection closed before they are done, or are done but not confirmed. */
  const fail = async (command: "insert" | "update", when: "before" | "after", times = 1): Promise<void> => {
    const how =
      when === "before"
        ? { closeConnection: true }
        : { writeConcernError: { code: 64, errmsg: "not confirmed in time" } };
    const data = { failCommands: [command], namespace: `${name}.jobs`, ...how };
    failuresBefore = await failPoint({ mode: { times }, data });
  };

  /** Returns how often the failure happened. */
  const failNothing = async (): Promise<number> => (await failPoint({ mode: "off" })) - failuresBefore;

  it("is refused when one of its indexes is another", async () => {
    await database.collection("jobs").createIndex({ queue: 1 }, { name: "claim" });
    await expect(opened()).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });

  it("is refused when a newer Drover made it", async () => {
    await (await opened()).close();
    await database.collection<{ _id: string }>("meta").updateOne({ _id: "schema" }, { $set: { version: 1_000 } });
    await expect(opened()).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });

  it("can be opened by several servers at once, and has one signing key", async () => {
    const stores = await Promise.all([opened(), opened(), opened()]);
    const keys = await Promise.all(stores.map((store) => store.signingKey()));
    expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
  });

  it("gives each job to one of two servers that claim at once", async () => {
    const stores = [await opened(), await opened()];
    await stores[0]?.insert(newJobs(1_000));
    await stores[1]?.insert(newJobs(1_000));
    const taken: string[] = [];
    const drain = async (store: MongoStore): Promise<void> => {
      for (;;) {
        const { jobs } = await claim(store, { count: 100 });
        if (jobs.length === 0) return;
        for (const job of jobs) taken.push(`${job.id} ${job.fence}`);
      }
    };
    await Promise.all(stores.flatMap((store) => [drain(store), drain(store)]));
    expect(taken).toHaveLength(2_000);
    expect(new Set(taken).size).toBe(2_000);
  });

  for (const when of ["before", "after"] as const) {
    const how = when === "before" ? "whose connection broke" : "that was done but not confirmed";

    it(`claims once in spite of a write ${how}, also where the lease is over at once`, async () => {
      const store = await opened();
      await insertAll(store, newJobs(3));
      await fail("update", when);
      const { jobs, passedOver } = await claim(store, { leaseMs: 0 });
      expect(await failNothing()).toBe(1);
      expect(passedOver).toEqual([]);
      expect(jobs.map((job) => [job.fence, job.interruptedCount])).toEqual([1, 1, 1].map((fence) => [fence, 0]));
    });

    it(`settles once in spite of a write ${how}`, async () => {
      const store = await opened();
      const job = await running(store);
      await fail("update", when);
      expect(await settle(store, job)).toBe("settled");
      expect(await failNothing()).toBe(1);
      expect(await settle(store, job)).toBe("already");
      expect(await read(store, job.id)).toMatchObject({ state: "SUCCEEDED", attemptCount: 1, fence: 1 });
    });

    it(`stores jobs once in spite of a write ${how}`, async () => {
      const store = await opened();
      const job = newJob();
      await insertAll(store, [newJob()]);
      await fail("insert", when, 3);
      await insertAll(store, [job, newJob()]).catch((error) => expect(error).toMatchObject({ code: "UNAVAILABLE" }));
      expect(await failNothing()).toBeGreaterThan(0);
      expect(await insertAll(store, [job])).toMatchObject([{ kind: "stored" }]);
      expect(await insertAll(store, [job])).toMatchObject([{ kind: "stored", existing: true }]);
    });
  }

  it("is UNAVAILABLE while writes are not confirmed, and nothing is lost or done twice", async () => {
    const store = await opened();
    const job = await running(store);
    await fail("update", "before", 1_000);
    await expect(settle(store, job)).rejects.toMatchObject({ name: "DroverError", code: "UNAVAILABLE" });
    await failNothing();
    expect(await settle(store, job)).toBe("settled");
  });

  it("knows a repeated settle of a job that a claim has ended since", async () => {
    const store = await opened();
    const job = await running(store, { deadlineTime: store.now() + LONG_MS });
    const again = { kind: "failed", reason: "NETWORK", message: "", retryDelayMs: 0 } as const;
    await settle(store, job, again);
    await database.collection("jobs").updateMany({}, { $set: { deadlineTime: new Date(1) } });
    expect((await claim(store)).passedOver).toMatchObject([{ jobId: job.id }]);
    expect(await settle(store, job, again)).toBe("already");
  });

  it("is claimed from by its index, which reads no more than is due", async () => {
    const store = await opened();
    await insertAll(store, newJobs(300, { priority: 5, start: { delayMs: 3_600_000 } }));
    await insertAll(store, newJobs(20));
    await database.command({ profile: 2 });
    expect((await claim(store, { count: 10 })).jobs).toHaveLength(10);
    await database.command({ profile: 0 });
    const [find] = await database.collection("system.profile").find({ op: "query", "command.hint": "claim" }).toArray();
    expect(find?.planSummary).toContain("IXSCAN { queue: 1, rank: 1, availableTime: 1");
    expect(find?.hasSortStage ?? false).toBe(false);
    expect(find?.keysExamined).toBeLessThan(20);
  });

  it("is claimed from without a look at what is leased, though that comes first once it lapses", async () => {
    const store = await opened();
    await insertAll(store, newJobs(320));
    expect((await claim(store, { count: 300, leaseMs: LONG_MS })).jobs).toHaveLength(300);
    await database.command({ profile: 2 });
    expect((await claim(store, { count: 10 })).jobs).toHaveLength(10);
    await database.command({ profile: 0 });
    const [find] = await database.collection("system.profile").find({ op: "query", "command.hint": "claim" }).toArray();
    expect(find?.keysExamined).toBeLessThan(20);
  });

  it("asks once for what is due while there is nothing, whichever queue the last claim ended with", async () => {
    const store = await opened();
    await stored(store, { queue: "zoo" });
    const { jobs, lastQueue } = await claim(store);
    expect([jobs.length, lastQueue]).toEqual([1, "zoo"]);
    const idle = await claim(store, { afterQueue: lastQueue });
    await database.command({ profile: 2 });
    await claim(store, { afterQueue: idle.lastQueue });
    await database.command({ profile: 0 });
    const profile = database.collection("system.profile");
    expect(await profile.countDocuments({ op: "query", ns: `${name}.jobs` })).toBe(1);
  });

  it("lists by an index in every combination, without a sort", async () => {
    const store = await opened();
    await insertAll(store, newJobs(200, { kind: "mail", labels: { a: "b" } }));
    await database.command({ profile: 2 });
    const filters = [{}, { state: "PENDING" }, { queue: "default" }, { kind: "mail" }, { label: "a=b" }] as const;
    for (const filter of filters) await store.list({ filter, limit: 10, oldestFirst: false, view: "BASIC" });
    await database.command({ profile: 0 });
    const finds = await database
      .collection("system.profile")
      .find({ op: "query", ns: `${name}.jobs` })
      .toArray();
    expect(finds).toHaveLength(filters.length);
    for (const find of finds) {
      expect(find.hasSortStage ?? false).toBe(false);
      expect(find.keysExamined).toBeLessThan(30);
    }
  });

  it("carries signals to other servers, and not back to their sender", async () => {
    const [sender, receiver] = [await opened(), await opened()];
    const change: Change = { jobIds: ["a"], queues: ["q"], cancelled: ["b"], batchIds: ["c"], pausing: true };
    const echoes: Change[] = [];
    let stops: (() => Promise<void>)[] = [];
    const heard = new Promise<Change>((resolve, reject) => {
      const { signals } = receiver;
      if (signals === undefined || sender.signals === undefined) return reject(new Error("there are no signals"));
      stops = [
        sender.signals.follow(
          (echo) => echoes.push(echo),
          () => {},
        ),
        signals.follow(resolve, () => sender.signals?.send(change)),
      ];
    });
    expect(await heard).toEqual(change);
    for (const stop of stops) await stop();
    expect(echoes).toEqual([]);
  });

  it("pauses a queue on another server as soon as a signal tells of it", async () => {
    const [sender, receiver] = [await opened(), await opened()];
    await stored(sender, { queue: "held" });
    expect((await claim(receiver, { count: 1, leaseMs: 0 })).jobs).toHaveLength(1);
    let stop: (() => Promise<void>) | undefined;
    await new Promise<void>((resolve) => {
      stop = receiver.signals?.follow(
        ({ pausing }) => pausing && resolve(),
        async () => {
          await sender.setPaused("held", true);
          sender.signals?.send({ jobIds: [], queues: [], cancelled: [], batchIds: [], pausing: true });
        },
      );
    });
    expect((await claim(receiver)).jobs).toEqual([]);
    await stop?.();
  });
});

describe("a standalone MongoDB", () => {
  it("works without signals", async () => {
    const mongod = await startMongod({ standalone: true });
    const store = new MongoStore({ uri: mongod.uri });
    try {
      await store.open();
      expect(store.signals).toBeUndefined();
      const job = await running(store);
      expect(await settle(store, job)).toBe("settled");
    } finally {
      await store.close();
      await mongod.stop();
    }
  });
});
