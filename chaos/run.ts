// One run: starts everything, lets the faults strike while the work goes on, waits for its end, and reads what is
// stored. Whatever happens, every process ends with it.

import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Journals } from "./evidence.js";
import { type FaultCounts, type Schedule, scheduleOf, strike } from "./faults.js";
import { Journal } from "./journal.js";
import { Links } from "./links.js";
import { end, readyLine, startPart } from "./processes.js";
import { ReplicaSet } from "./replica-set.js";
import { Servers } from "./servers.js";
import { Service } from "./service.js";
import { type Failpoint, lineOf } from "./sites.js";
import { readMongo, readSqlite, type Stored } from "./stored.js";
import type { Accepted, FaultsOver, Submitted, SubmitterSettings } from "./submitter.js";
import type { ToWatcher } from "./watcher.js";
import type { Plan } from "./work.js";

export interface RunOptions {
  readonly folder: string;
  readonly seed: number;
  readonly jobs: number;
  /** See `Plan`. */
  readonly bulk: number;
  readonly store: "sqlite" | "mongo";
  readonly servers: number;
  /** Of the replica set. */
  readonly nodes: number;
  readonly faults: FaultCounts;
  /** See `ServersOptions`. */
  readonly clocks: readonly string[] | undefined;
}

export interface RunOutcome {
  readonly journals: Journals;
  readonly stored: Stored;
  readonly plan: Plan;
  /** So many of the plan were submitted. */
  readonly units: number;
  readonly leaseMs: number;
  readonly slots: number;
  readonly clocks: string | undefined;
  /** No server came to these. */
  readonly missed: readonly Failpoint[];
}

const LEASE_MS = 2_000;
const CONCURRENCY = 32;
/** From the end of one fault to the next, and about how long one lasts: a server starts in half a second. */
const FAULT_EVERY_MS = 1_000;
const FAULT_MS = 900;
/** A run without faults goes at this pace; one that strikes at failpoints at the second, so that they are soon come to. */
const JOBS_PER_SECOND = 400;
const STRUCK_JOBS_PER_SECOND = 60;
/** Where the faults take longer than was thought, little more comes until they are over: a share of the pace. */
const TRICKLE = 0.1;
/** After so many strikes in a row that came to none of the failpoints that are left, they are given up. */
const PATIENCE = 6;
/** Of the single jobs every so many-th is watched. */
const WATCH_EVERY = 3;
/**
 * After the last fault all must have ended: leases lapse, backoffs end, each level of a tree is found, and what has piled
 * up is done, at a hundred jobs a second or more.
 */
const END_MS = 300_000;
const END_MS_PER_JOB = 10;
const POLL_MS = 500;
const LIVE = ["PENDING", "RUNNING", "WAITING"];
const LIVE_BATCHES = ["OPEN", "RUNNING", "COMPLETING"];

export async function run(options: RunOptions, tell: (text: string) => void): Promise<RunOutcome> {
  const { folder, seed, jobs, faults } = options;
  const journals = {
    pages: join(folder, "pages.jsonl"),
    submitter: join(folder, "submitter.jsonl"),
    watcher: join(folder, "watcher.jsonl"),
    faults: join(folder, "faults.jsonl"),
  };
  const plan: Plan = { seed, prefix: `s${seed}`, bulk: options.bulk, isVaried: faults.failpoints > 0 };
  const links = faults.cuts > 0 ? await Links.start() : undefined;
  const set =
    options.store === "mongo"
      ? await ReplicaSet.start(options.nodes, folder, async (port) => (await links?.open(port)) ?? `127.0.0.1:${port}`)
      : undefined;
  const file = join(folder, "chaos.db");
  const servers = await Servers.place(
    {
      count: options.servers,
      leaseMs: LEASE_MS,
      concurrency: CONCURRENCY,
      log: join(folder, "servers.log"),
      ...(options.clocks === undefined ? {} : { clocks: options.clocks }),
      isStrikable: faults.failpoints > 0,
    },
    [set?.uri ?? `sqlite:${file}`],
  );
  await servers.start();

  const pages = startPart("pages", [journals.pages, String(seed), ...servers.httpDoors]);
  const [, port] = await readyLine(pages, /^port=(\d+)/, "pages");
  const watcher = startPart("watcher", [journals.watcher, ...servers.grpcDoors]);
  const schedule = scheduleOf(seed, faults, options.store);
  const settings: SubmitterSettings = {
    journal: journals.submitter,
    plan,
    jobs,
    origin: `http://127.0.0.1:${port}`,
    doors: servers.httpDoors,
    pace: paceOf(jobs, schedule),
    // What is done seldom is to go on being done.
    pastPace: schedule.points.length > 0 ? STRUCK_JOBS_PER_SECOND : paceOf(jobs, schedule) * TRICKLE,
  };
  const submitter = startPart("submitter", [JSON.stringify(settings)]);
  let accepted = 0;
  let singles = 0;
  let units = 0;
  submitter.on("message", (message: Accepted | Submitted) => {
    if ("units" in message) {
      units = message.units;
      return;
    }
    accepted += message.jobs;
    const watch = message.accepted.filter(() => singles++ % WATCH_EVERY === 0);
    if (watch.length > 0) watcher.send({ watch } satisfies ToWatcher);
  });
  const submitted = new Promise<void>((resolve, reject) => {
    submitter.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`the submitter ended with ${code}`))));
  });
  submitted.catch(() => {});

  const journal = await Journal.open(journals.faults);
  const pointsLeft = new Map(schedule.points.map((point) => [lineOf(point), point]));
  const left = () => (schedule.points.length > 0 ? `, ${pointsLeft.size} failpoints left` : "");
  const targets = { servers, set, links, leaseMs: LEASE_MS, journal, hitFile: join(folder, "hit"), pointsLeft };
  for (const [place, fault] of schedule.faults.entries()) {
    await wait(FAULT_EVERY_MS);
    await strike(fault, targets);
    if (place % 10 === 9) tell(`${place + 1} faults, ${accepted} jobs accepted${left()}`);
  }
  for (let idle = 0; pointsLeft.size > 0 && idle < PATIENCE; ) {
    const before = pointsLeft.size;
    await wait(FAULT_EVERY_MS);
    await strike({ kind: "failpoint", which: idle }, targets);
    idle = pointsLeft.size < before ? 0 : idle + 1;
  }
  submitter.send({ faultsOver: true } satisfies FaultsOver);
  await submitted;
  tell(`${schedule.faults.length} faults, ${accepted} jobs accepted; waiting for their end`);
  await untilEnded(new Service(servers.httpDoors), END_MS + END_MS_PER_JOB * accepted, tell);
  await finish(watcher);
  await journal.close();
  await end(pages, "SIGTERM");
  await servers.stop();
  const stored = set === undefined ? await readFile(file) : await readMongo(set.uri);
  await set?.stop();
  const slots = CONCURRENCY * options.servers;
  const missed = [...pointsLeft.values()];
  return { journals, stored, plan, units, leaseMs: LEASE_MS, slots, clocks: options.clocks?.join(", "), missed };
}

/** Jobs a second, so that the work lasts as long as the faults. */
function paceOf(jobs: number, { faults, points }: Schedule): number {
  if (points.length > 0) return STRUCK_JOBS_PER_SECOND;
  if (faults.length === 0) return JOBS_PER_SECOND;
  return (jobs / faults.length / (FAULT_EVERY_MS + FAULT_MS)) * 1_000;
}

/** What is live is asked for as an operator would; what has not ended in time is for the checks to say. */
async function untilEnded(service: Service, endMs: number, tell: (text: string) => void): Promise<void> {
  const deadline = Date.now() + endMs;
  for (;;) {
    const lists = await Promise.all([
      ...LIVE.map((state) => service.ask("JobService/ListJobs", { state: `JOB_STATE_${state}`, pageSize: 1 })),
      ...LIVE_BATCHES.map((state) =>
        service.ask("JobService/ListBatches", { state: `BATCH_STATE_${state}`, pageSize: 1 }),
      ),
    ]);
    const live = lists.flatMap(({ body }) => [...(body.jobs ?? []), ...(body.batches ?? [])]);
    if (live.length === 0) return;
    if (Date.now() > deadline) return tell(`not ended after ${endMs} ms: ${live.map(({ id }) => id).join(" ")}`);
    await wait(POLL_MS);
  }
}

/** Watches end with their jobs; those that do not in time are for the checks to say. */
async function finish(watcher: ReturnType<typeof startPart>): Promise<void> {
  watcher.send({ finish: true } satisfies ToWatcher);
  const ended = new Promise((resolve) => watcher.once("exit", resolve));
  await Promise.race([ended, wait(30_000, undefined, { ref: false })]);
  await end(watcher, "SIGTERM");
}

async function readFile(file: string): Promise<Stored> {
  // The same binding as the server's: a store is read by the SQLite that wrote it.
  const driver = pathToFileURL("server/dist/store/sqlite/driver.js").href;
  const { loadSqlite } = (await import(driver)) as typeof import("../server/store/sqlite/driver.js");
  const { DatabaseSync } = await loadSqlite();
  const database = new DatabaseSync(file);
  const stored = readSqlite(database);
  database.close();
  return stored;
}
