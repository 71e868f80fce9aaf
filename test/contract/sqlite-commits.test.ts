// What one commit holds of a SQLite file in its thread, counted in the file's own log: calls of one turn share one, and
// none of them fails with another.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { openStore } from "../support/built-store.js";
import { claim, claimOne, newJob, newJobs, read, running, settle, stored } from "../support/jobs.js";
import { add, newMembers, opened } from "./batch-contract-subjects.js";

let folder: string;
let path: string;
let store: JobStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "drover-"));
  path = join(folder, "jobs.db");
  store = await openStore(`sqlite:${path}`);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** Frames of the write-ahead log that end a commit (https://www.sqlite.org/fileformat2.html#the_write_ahead_log). */
function commits(): number {
  const log = readFileSync(`${path}-wal`);
  if (log.length === 0) return 0;
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  const salt = log.subarray(16, 24);
  let count = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break;
    if (log.readUInt32BE(at + 4) > 0) count += 1;
  }
  return count;
}

/** How many commits it took. */
async function commitsOf(calls: () => Promise<unknown>): Promise<number> {
  const before = commits();
  await calls();
  return commits() - before;
}

it("stores and claims in one commit what is asked for in one turn, and in two what is asked for in two", async () => {
  const both = newJob();
  const together = await commitsOf(async () => {
    const [, { jobs }] = await Promise.all([store.insert([both]), claim(store)]);
    expect(jobs.map(({ id }) => id)).toEqual([both.id]);
  });
  const apart = await commitsOf(async () => {
    await stored(store);
    await claimOne(store);
  });
  expect([together, apart]).toEqual([1, 2]);
});

it("makes calls of one turn in their order", async () => {
  const job = await running(store);
  const [settled, again] = await Promise.all([settle(store, job), settle(store, job)]);
  expect([settled, again]).toEqual(["settled", "already"]);
});

it("fails one of several calls of a turn by itself, for what is refused and for what is a defect", async () => {
  const batch = await opened(store);
  const members = newMembers(batch, 2);
  await add(store, batch, members.slice(0, 1));
  const changed = newMembers(batch, 1, { id: members[0]?.id ?? "", kind: "other" });
  const bad = { ...newJob(), digest: "no bytes" as unknown as Uint8Array };
  const good = newJobs(2, { queue: "good" });
  const [first, refused, absent, defect, second, { jobs }] = await Promise.all([
    store.insert(good.slice(0, 1)),
    add(store, batch, [...members.slice(1), ...changed]),
    add(store, { ...batch, id: "absent" }, []).catch((error: unknown) => error),
    store.insert([bad]).catch((error: unknown) => error),
    store.insert(good.slice(1)),
    claim(store, { count: 100 }),
  ]);
  expect(first).toMatchObject([{ kind: "inserted" }]);
  expect(refused).toEqual({ kind: "conflict", index: 1 });
  expect(absent).toMatchObject({ code: "NOT_FOUND" });
  expect(defect).toMatchObject({ code: "INTERNAL", cause: { message: expect.stringContaining("job.digest") } });
  expect(second).toMatchObject([{ kind: "inserted" }]);
  expect(jobs.map(({ id }) => id).sort()).toEqual([members[0]?.id, ...good.map(({ id }) => id)].sort());
  // Nothing of what failed is there.
  expect(await store.get([bad.id, members[1]?.id ?? ""], "BASIC")).toEqual([]);
});

it("fails alone what no message between threads can hold", async () => {
  const bad = { ...newJob(), labels: { self: (() => {}) as unknown as string } };
  const [failed, inserted] = await Promise.all([
    store.insert([bad]).catch((error: unknown) => error),
    store.insert([newJob()]),
  ]);
  expect(failed).toMatchObject({ name: "DataCloneError" });
  expect(inserted).toMatchObject([{ kind: "inserted" }]);
});

it("answers when it is in the log, and not before", async () => {
  const jobs = newJobs(20);
  for (const job of jobs) {
    const count = await commitsOf(() => Promise.all([store.insert([job]), store.get([job.id], "BASIC")]));
    expect(count).toBe(1);
  }
  expect(await read(store, jobs.at(-1)?.id ?? "")).toMatchObject({ state: "PENDING" });
});
