// A server on SQLite that is killed inside its transactions, again and again, on one file: the file stays sound, a chunk
// of jobs is there as a whole or not at all, and every job that was answered for runs to its end.

import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadSqlite } from "../../server/store/sqlite/driver.js";
import { batchEnd, counts, well } from "../support/batches.js";
import { allEnded, unexplained } from "../support/disk-jobs.js";
import { arm, strikeAt, struckBefore } from "../support/disk-strike.js";
import { type PageServer, startPageServer } from "../support/page-server.js";
import { randomOf } from "../support/random.js";
import { RawClient } from "../support/raw-client.js";
import { type ServerProcess, startServer } from "../support/server.js";

const SEED = 7;
const INSIDE = 8;
const ANYWHERE = 4;
const CHUNK = 100;
const AT_ONCE = 3;
/** Statements that two chunks take, about. */
const STATEMENTS = 800;

let folder: string;
let path: string;
let pages: PageServer;
const random = randomOf(SEED);
/** Chunks that were answered OK, and those that were sent and not answered: these are sent again. */
const accepted = new Set<string>();
const unanswered = new Set<string>();
let made = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "drover-killed-"));
  path = join(folder, "jobs.db");
  pages = await startPageServer();
});
afterAll(async () => {
  await pages.close();
  rmSync(folder, { recursive: true });
});

const start = (env: Readonly<Record<string, string>> = {}) =>
  startServer({ store: `sqlite:${path}`, flags: ["--lease-ttl", "1s", "--concurrency", "16"], env });

const openBatch = async (raw: RawClient): Promise<string> =>
  (await well(raw.say("JobService/SubmitBatch", { batch: { key: "all" }, open: true }))).batch.id;

async function add(raw: RawClient, batchId: string, chunkKey: string): Promise<boolean> {
  const endpoint = { url: `${pages.origin}/job` };
  const payload = btoa(JSON.stringify(chunkKey));
  const jobs = Array.from({ length: CHUNK }, () => ({ endpoint, payload, labels: { chunk: chunkKey } }));
  const { code } = await raw.say("JobService/AddJobs", { batchId, chunkKey, jobs });
  if (code === "OK") {
    accepted.add(chunkKey);
    unanswered.delete(chunkKey);
  }
  return code === "OK";
}

/** Some callers at once, chunk after chunk, until the server answers no more. */
async function load(raw: RawClient, batchId: string, onAnswer: () => void): Promise<void> {
  const again = [...unanswered];
  const caller = async () => {
    for (;;) {
      const chunkKey = again.shift() ?? `chunk-${made++}`;
      unanswered.add(chunkKey);
      if (!(await add(raw, batchId, chunkKey))) return;
      onAnswer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
}

/** One life of a server under load. `strike` is called with each answer. */
async function life(server: ServerProcess, strike: (answers: number) => void): Promise<void> {
  const raw = new RawClient(server.grpc);
  const gone = once(server.process, "exit");
  let answers = 0;
  await load(raw, await openBatch(raw), () => strike(++answers));
  const [, signal] = await gone;
  raw.close();
  expect(signal).toBe("SIGKILL");
  expect(await wrongIn(await copied())).toEqual({ integrity: "ok", torn: [], lost: [] });
}

/** The file and its journal as they lie there: what a check does to them is not what the next server finds. */
async function copied(): Promise<string> {
  const copy = join(folder, "copy");
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  for (const end of ["", "-wal", "-journal"]) {
    if (existsSync(path + end)) copyFileSync(path + end, join(copy, `jobs.db${end}`));
  }
  return join(copy, "jobs.db");
}

async function wrongIn(file: string) {
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(file);
  try {
    const { integrity_check: integrity } = database.prepare("PRAGMA integrity_check").get() as {
      readonly integrity_check: string;
    };
    const chunks = database.prepare("SELECT label, count(*) AS count FROM job_label GROUP BY label").all() as {
      readonly label: string;
      readonly count: number;
    }[];
    const there = new Set(chunks.map(({ label }) => label.slice("chunk=".length)));
    return {
      integrity,
      torn: chunks.filter(({ count }) => count !== CHUNK),
      lost: [...accepted].filter((chunkKey) => !there.has(chunkKey)),
    };
  } finally {
    database.close();
  }
}

it("loses nothing and tears nothing when it is killed inside transactions, again and again", async () => {
  const struck = new Map<string, number>();
  for (let n = 0; n < INSIDE; n++) {
    const server = await start(strikeAt(1 + Math.floor(random() * STATEMENTS), folder));
    await life(server, (answers) => answers === 1 && arm(server));
    const statement = struckBefore(folder).split(/\s+/).slice(0, 3).join(" ");
    struck.set(statement, (struck.get(statement) ?? 0) + 1);
  }
  // Within the work of a transaction, not only before its commit.
  expect([...struck.keys()].filter((statement) => /^(INSERT|UPDATE)/.test(statement)).length).toBeGreaterThan(1);
  for (let n = 0; n < ANYWHERE; n++) {
    const server = await start();
    const after = 1 + Math.floor(random() * 4);
    await life(server, (answers) => answers === after && server.process.kill("SIGKILL"));
  }

  const server = await start();
  const raw = new RawClient(server.grpc);
  const batchId = await openBatch(raw);
  for (const chunkKey of [...unanswered]) expect(await add(raw, batchId, chunkKey)).toBe(true);
  const expectedJobCount = String(accepted.size * CHUNK);
  await well(raw.say("JobService/SealBatch", { batchId, expectedJobCount }));
  const jobs = await allEnded(server);
  expect(jobs).toHaveLength(made * CHUNK);
  expect(jobs.filter(({ state }) => state !== "SUCCEEDED")).toEqual([]);
  expect(unexplained(jobs, pages.requests)).toEqual([]);
  const total = made * CHUNK;
  expect(counts(await batchEnd(raw, batchId))).toEqual({ total, succeeded: total });
  raw.close();
  expect(await server.stop()).toBe(0);
  expect(await wrongIn(path)).toEqual({ integrity: "ok", torn: [], lost: [] });
});
