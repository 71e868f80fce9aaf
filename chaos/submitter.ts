// The apps of a run, in a process of their own: submit the units of the plan at a steady pace, repeat themselves, cancel
// some. What was answered OK is on the disk before anything follows from it. `node submitter.js SETTINGS`, as JSON.

import { setTimeout as wait } from "node:timers/promises";
import { randomOf } from "../test/support/random.js";
import { fillBatch, type Speaker, say } from "./fill.js";
import { Journal } from "./journal.js";
import { Service } from "./service.js";
import { type Json, jobRequest } from "./wire.js";
import { heldQueue, heldUnits, type Plan, type Unit, unitsOf } from "./work.js";

export interface SubmitterSettings {
  readonly journal: string;
  readonly plan: Plan;
  /** At least so many, and more for as long as faults go on. */
  readonly jobs: number;
  /** Where the pages are. */
  readonly origin: string;
  /** HTTP doors of the servers. */
  readonly doors: readonly string[];
  /** As many jobs a second, while the service keeps up. */
  readonly pace: number;
  /** The same for what comes after the last of them. */
  readonly pastPace: number;
}

/** What it tells the supervisor, as messages. */
export interface Accepted {
  /** Single jobs that will stay. */
  readonly accepted: readonly string[];
  readonly jobs: number;
}

/** What it tells at last: so many units of the plan were submitted. */
export interface Submitted {
  readonly units: number;
}

/** What it is told: no fault comes any more. */
export interface FaultsOver {
  readonly faultsOver: true;
}

/** A line of the journal: the cancel of a job or batch was answered. */
export interface Cancelled {
  /** Its name. */
  readonly cancelled: string;
  readonly code: string;
  readonly time: number;
}

const settings = JSON.parse(process.argv[2] ?? "{}") as SubmitterSettings;
const journal = await Journal.open(settings.journal);
const service = new Service(settings.doors);
/** Units under way at the same time; singles go in sets. */
const AT_ONCE = 24;
const SET = 25;
const RETRY_TRIES = 10;
const RETRY_EVERY_MS = 1_500;

/** Cancels and retries. */
const followUps: Promise<void>[] = [];
/** When the next may be submitted. */
let dueTime = Date.now();
let begun = 0;
let areFaultsOver = false;

/** Not faster than the pace. */
async function keepPace(jobs: number): Promise<void> {
  begun += jobs;
  const pace = begun > settings.jobs ? settings.pastPace : settings.pace;
  dueTime += (jobs / pace) * 1_000;
  if (dueTime > Date.now()) await wait(dueTime - Date.now());
}

process.on("message", (_: FaultsOver) => {
  areFaultsOver = true;
});

function speakerOf({ seed }: Unit): Speaker {
  return { service, journal, random: randomOf(seed), origin: settings.origin };
}

async function submitSingles(units: readonly Unit[]): Promise<void> {
  const [first] = units as [Unit];
  const named = units.flatMap(({ job }) => (job === undefined ? [] : [job]));
  const jobs = named.map((job) => ({ ...jobRequest(job, settings.origin), id: job.name }));
  const names = named.map(({ name }) => name);
  const { code, message, body } = await say(speakerOf(first), "JobService/SubmitJobs", { jobs }, { names });
  const wrong = (body.results ?? []).filter((result: Json) => result.error !== undefined);
  if (code !== "OK" || wrong.length > 0) throw new Error(`jobs were refused: ${message} ${JSON.stringify(wrong[0])}`);
  const size = units.reduce((sum, unit) => sum + unit.size, 0);
  tell(
    named.flatMap(({ name, isPruned }) => (isPruned ? [] : [name])),
    size,
  );
  for (const unit of units) {
    const { cancelAfterMs, job, isRetried } = unit;
    const jobId = job?.name ?? "";
    if (cancelAfterMs !== undefined) later(cancelAfterMs, "CancelJob", { jobId }, jobId);
    const mayEndBadly = job?.kind === "refuses" || job?.kind === "fails" || job?.kind === "master";
    if (isRetried && mayEndBadly) followUps.push(retry("RetryJob", { jobId }, speakerOf(unit)));
  }
}

async function submitBatch(unit: Unit): Promise<void> {
  if (unit.batch === undefined) return;
  const batchId = await fillBatch(speakerOf(unit), unit.batch);
  if (batchId === undefined) return;
  tell([], unit.size);
  if (unit.cancelAfterMs !== undefined) later(unit.cancelAfterMs, "CancelBatch", { batchId }, unit.batch.name);
  if (unit.isRetried) followUps.push(retry("RetryBatch", { batchId }, speakerOf(unit)));
}

function tell(ids: readonly string[], jobs: number): void {
  process.send?.({ accepted: ids, jobs } satisfies Accepted);
}

function later(ms: number, method: string, request: Json, name: string): void {
  const cancel = async () => {
    await wait(ms);
    const { code } = await service.ask(`JobService/${method}`, request);
    await journal.write({ cancelled: name, code, time: Date.now() } satisfies Cancelled);
  };
  followUps.push(cancel());
}

/** Once it has ended badly; refused for what has ended well. */
async function retry(method: string, request: Json, speaker: Speaker): Promise<void> {
  for (let tries = 0; tries < RETRY_TRIES; tries++) {
    await wait(RETRY_EVERY_MS);
    const { code } = await say(speaker, `JobService/${method}`, request, { names: [] });
    if (code === "OK") return;
  }
}

/** Its jobs run, or are cancelled before: it is paused for a moment. */
async function purgeHeld(unit: number): Promise<void> {
  const queue = { queue: heldQueue(unit, settings.plan) };
  await service.ask("QueueService/PauseQueue", queue);
  await wait(RETRY_EVERY_MS);
  await service.ask("QueueService/PurgeQueue", queue);
  await service.ask("QueueService/ResumeQueue", queue);
}

const underWay = new Set<Promise<void>>();
async function start(work: Promise<void>): Promise<void> {
  underWay.add(work);
  void work.finally(() => underWay.delete(work)).catch(() => {});
  if (underWay.size >= AT_ONCE) await Promise.race(underWay);
}

const singles: Unit[] = [];
const purgeEvery = heldUnits(settings.plan);
let units = 0;
for (const unit of unitsOf(settings.plan)) {
  if (begun >= settings.jobs && areFaultsOver) break;
  units += 1;
  await keepPace(unit.size);
  if (unit.job === undefined) await start(submitBatch(unit));
  else singles.push(unit);
  if (units % purgeEvery === purgeEvery / 2) followUps.push(purgeHeld(units));
  if (singles.length === SET) await start(submitSingles(singles.splice(0)));
}
if (singles.length > 0) await start(submitSingles(singles));
await Promise.all(underWay);
await Promise.all(followUps);
await journal.close();
process.send?.({ units } satisfies Submitted, () => process.exit(0));
