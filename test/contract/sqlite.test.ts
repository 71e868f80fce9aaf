// SQLite under the store contract, in memory and in a file, and what only a file has: it outlives its process, has one
// owner, and is refused when it is not a store that this Drover knows.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { loadSqlite, type SqliteDatabase } from "../../server/store/sqlite/driver.js";
import { SqliteStore } from "../../server/store/sqlite/sqlite-store.js";
import { openStore } from "../support/built-store.js";
import {
  claim,
  claimOne,
  held,
  LONG_MS,
  newJob,
  newJobs,
  OUTCOMES,
  read,
  running,
  settle,
  stored,
} from "../support/jobs.js";
import { storeCommands } from "./store-commands.js";
import { type StoreUnderTest, storeContract } from "./store-contract.js";

async function inMemory(): Promise<StoreUnderTest> {
  const store = await openStore("sqlite::memory:");
  return { store, dispose: () => store.close() };
}

async function inFile(): Promise<StoreUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "drover-"));
  const store = await openStore(`sqlite:${join(folder, "jobs.db")}`, { synchronous: "NORMAL" });
  return {
    store,
    dispose: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

storeContract("SQLite in memory", inMemory);
storeContract("SQLite in a file", inFile);
storeCommands("SQLite", inMemory, 150);

/**
 * Another process that owns a file: it runs what is built, says so once a job is stored, and stays. It goes on using its
 * store: one that nobody refers to is collected, and the file is free then.
 */
const HOLDER = `
  import { SqliteStore } from ${JSON.stringify(new URL("../../server/dist/store/sqlite/sqlite-store.js", import.meta.url))};
  const [path, job] = process.argv.slice(1);
  const store = new SqliteStore({ path });
  await store.open();
  await store.insert([{ ...JSON.parse(job), payload: new Uint8Array(), digest: new Uint8Array(32) }]);
  process.stdout.write("stored");
  setInterval(() => store.now(), 1_000);
`;

describe("a SQLite file", () => {
  let folder: string;
  let path: string;
  const open: JobStore[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "drover-"));
    path = join(folder, "jobs.db");
  });

  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
    rmSync(folder, { recursive: true });
  });

  const opened = async (options: { now?: () => number } = {}): Promise<SqliteStore> => {
    const store = new SqliteStore({ path, ...options });
    open.push(store);
    await store.open();
    return store;
  };

  /** With the bare driver, as another program would. */
  const tamper = async <T>(change: (database: SqliteDatabase) => T): Promise<T> => {
    const { DatabaseSync } = await loadSqlite();
    const database = new DatabaseSync(path);
    const outcome = change(database);
    database.close();
    return outcome;
  };

  const refused = (message: RegExp) =>
    expect(opened()).rejects.toMatchObject({ code: "FAILED_PRECONDITION", message: expect.stringMatching(message) });

  it("keeps jobs, leases, pauses and the key when it is opened again", async () => {
    const first = await opened();
    const job = await running(first, { payload: Uint8Array.from([1]), labels: { a: "b" } });
    const later = await stored(first, { start: { delayMs: LONG_MS } });
    const due = await stored(first, { queue: "open" });
    await stored(first, { queue: "held" });
    await first.setPaused("held", true);
    const key = await first.signingKey();
    const before = await first.get([job.id, later.id, due.id], "FULL");
    await first.close();

    const second = await opened();
    expect(await second.get([job.id, later.id, due.id], "FULL")).toEqual(before);
    expect(await second.signingKey()).toEqual(key);
    expect((await claim(second)).jobs.map(({ id }) => id)).toEqual([due.id]);
    expect(await settle(second, job)).toBe("settled");
  });

  it("keeps what was answered when its process is killed, and is free then", async () => {
    const job = newJob();
    const child = spawn(process.execPath, ["--input-type=module", "-e", HOLDER, path, JSON.stringify(job)]);
    const errors: string[] = [];
    child.stderr.on("data", (text) => errors.push(String(text)));
    const [said] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
    expect(String(said), errors.join("")).toBe("stored");
    await refused(new RegExp(`in use by process ${child.pid} on .+; one process owns`));
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    expect((await claimOne(await opened())).id).toBe(job.id);
  });

  it("has one owner, also within a process, until that closes it", async () => {
    const first = await opened();
    await refused(new RegExp(`in use by process ${process.pid} on `));
    await stored(first);
    await first.close();
    expect(existsSync(`${path}.owner`)).toBe(false);
    expect((await claim(await opened())).jobs).toHaveLength(1);
  });

  it("is refused when its schema is newer, and left as it is", async () => {
    await (await opened()).close();
    const known = await tamper((database) => {
      const { user_version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
      database.exec("PRAGMA user_version = 99");
      return user_version;
    });
    await refused(/version 99/);
    await tamper((database) => database.exec(`PRAGMA user_version = ${known}`));
    await opened();
  });

  it("is refused when it is not a store of Drover", async () => {
    await tamper((database) => database.exec("CREATE TABLE customer (id INTEGER)"));
    await refused(/another application/);
    writeFileSync(path, "this is a letter, not a database, and long enough to be read as a header of one ".repeat(4));
    await refused(/not a SQLite database/);
  });

  it("gets an index that is absent, and is refused with one that differs", async () => {
    await (await opened()).close();
    await tamper((database) => database.exec("DROP INDEX job_claim"));
    const store = await opened();
    await stored(store);
    expect((await claim(store)).jobs).toHaveLength(1);
    await store.close();
    await tamper((database) => database.exec("DROP INDEX job_claim; CREATE INDEX job_claim ON job (queue)"));
    await refused(/index job_claim/);
  });

  it("has a clock that does not follow the machine's when that goes backwards", async () => {
    let time = 2_000_000;
    const store = await opened({ now: () => time });
    const job = await stored(store);
    time -= 3_600_000;
    expect(store.now()).toBe(2_000_000);
    expect((await claimOne(store)).startTime).toBe(job.createTime);
  });

  it("lets a lease, a backoff and a deadline run out by its own clock", async () => {
    let time = 1_000_000;
    const store = await opened({ now: () => time });
    const backoff = { initialMs: 1_000, maxMs: 1_000, multiplier: 1 };
    const job = await running(store, { deadlineTime: time + 60_000, backoff }, 30_000);
    time += 29_999;
    expect((await claim(store)).jobs).toEqual([]);
    await store.renew([held(job)], 30_000);
    time += 29_999;
    expect((await claim(store)).jobs).toEqual([]);
    await settle(store, job, { ...OUTCOMES.failed, retryDelayMs: 500_000 });
    expect((await claim(store)).passedOver).toEqual([]);
    time += 2;
    expect((await claim(store)).passedOver).toMatchObject([{ jobId: job.id }]);
    expect(await read(store, job.id)).toMatchObject({ state: "FAILED", stateReason: "DEADLINE", attemptCount: 1 });
  });

  it("undoes a verb that fails half way, and goes on", async () => {
    const store = await opened();
    await stored(store);
    const bad = { ...newJob(), digest: "no bytes" as unknown as Uint8Array };
    await expect(store.insert([newJob(), bad])).rejects.toMatchObject({ name: "DroverError" });
    expect((await claim(store)).jobs).toHaveLength(1);
    expect((await store.list({ filter: {}, limit: 10, oldestFirst: true, view: "BASIC" })).jobs).toHaveLength(1);
  });

  it("does not look at idle queues and scheduled jobs in a claim", async () => {
    const store = await opened();
    await store.insert(
      Array.from({ length: 500 }, (_, i) => newJob({ queue: `idle-${i}`, start: { delayMs: LONG_MS } })),
    );
    await store.insert(newJobs(500, { priority: 5, start: { delayMs: LONG_MS } }));
    const due = await stored(store, { queue: "zoo" });
    const { jobs, lastQueue } = await claim(store, { count: 1 });
    expect([jobs.map((job) => job.id), lastQueue]).toEqual([[due.id], "zoo"]);
    expect(await claim(store, { afterQueue: "m" })).toEqual({ jobs: [], passedOver: [], lastQueue: "m", more: false });
  });

  it("refuses filters together that have no index", async () => {
    const store = await opened();
    const list = store.list({ filter: { kind: "a", label: "b=c" }, limit: 1, oldestFirst: true, view: "BASIC" });
    await expect(list).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("openStore", () => {
  it("refuses an address of no store that it knows", async () => {
    for (const url of ["", "sqlite:", "jobs.db", "redis://127.0.0.1", "mongodb:/x"]) {
      await expect(openStore(url)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        violations: [{ field: "store" }],
      });
    }
  });

  it("answers what was asked of a file before its close, and nothing after", async () => {
    const folder = mkdtempSync(join(tmpdir(), "drover-"));
    const store = await openStore(`sqlite:${join(folder, "jobs.db")}`);
    const asked = store.insert([newJob()]);
    await store.close();
    expect(await asked).toMatchObject([{ kind: "inserted" }]);
    await expect(store.ping()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await store.open();
    expect((await store.list({ filter: {}, limit: 2, oldestFirst: true, view: "BASIC" })).jobs).toHaveLength(1);
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it("has the time of the file's thread, also where the machine's clock was set back while nobody had the file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "drover-"));
    const path = join(folder, "jobs.db");
    const hourAhead = new SqliteStore({ path, now: () => Date.now() + 3_600_000 });
    await hourAhead.open();
    const { createTime } = await stored(hourAhead);
    await hourAhead.close();
    const store = await openStore(`sqlite:${path}`);
    const before = store.now();
    const after = await stored(store);
    expect(before).toBeGreaterThanOrEqual(createTime);
    expect(after.createTime).toBeGreaterThanOrEqual(before);
    expect(store.now()).toBeGreaterThanOrEqual(after.createTime);
    await store.close();
    rmSync(folder, { recursive: true });
  });

  it("tells what is wrong with a request from the file's thread", async () => {
    const { store, dispose } = await inFile();
    const list = store.list({ filter: { kind: "a", label: "b=c" }, limit: 1, oldestFirst: true, view: "BASIC" });
    await expect(list).rejects.toMatchObject({
      name: "DroverError",
      code: "INVALID_ARGUMENT",
      violations: [{ field: expect.any(String), description: expect.any(String) }],
    });
    await dispose();
  });

  it("tells the cause of a defect in the file's thread, and where it was", async () => {
    const { store, dispose } = await inFile();
    const insert = store.insert([{ ...newJob(), digest: "no bytes" as unknown as Uint8Array }]);
    const error = await insert.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "INTERNAL",
      stack: expect.stringContaining("sqlite-store.js"),
      cause: { message: expect.stringContaining("job.digest"), code: expect.stringMatching(/SQLITE/) },
    });
    await dispose();
  });

  it("says so when the folder of a file does not exist", async () => {
    const url = `sqlite:${join(tmpdir(), "absent-folder", "jobs.db")}`;
    await expect(openStore(url)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });
});
