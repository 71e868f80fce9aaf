// The apps of a run, in a process of their own: submit the units of the plan at a steady pace, repeat themselves, cancel
// some. What was answered OK is on the disk before anything follows from it. `node submitter.js SETTINGS`, as JSON.

import { setTimeout as wait } from "node:timers/promises";
import { randomOf } from "../test/support/random.js";
import { fillBatch, type Speaker, say } from "./fill.js";
import { Journal } from "./journal.js";
import { Service } from "./service.js";
import { type Json, jobRequest } from "./wire.js";
import { type Unit, unitsOf } from "./work.js";

export interface SubmitterSettings {
  readonly journal: string;
  readonly seed: number;
  readonly jobs: number;
  readonly prefix: string;
  /** Where the pages are. */
  readonly origin: string;
  /** HTTP doors of the servers. */
  readonly doors: readonly string[];
  /** As many jobs a second, while the service keeps up. */
  readonly pace: number;
}

/** What it tells the supervisor, as messages. */
export interface Accepted {
  readonly accepted: readonly string[];
  readonly jobs: number;
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

const cancels: Promise<void>[] = [];
const startTime = Date.now();
let begun = 0;

/** Not faster than the pace, and so that the pace is kept after a time in which nothing was accepted. */
async function keepPace(jobs: number): Promise<void> {
  begun += jobs;
  const due = startTime + (begun / settings.pace) * 1_000;
  if (due > Date.now()) await wait(due - Date.now());
}

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
  tell(names, size);
  for (const { cancelAfterMs, job } of units) {
    if (cancelAfterMs !== undefined && job) later(cancelAfterMs, "CancelJob", { jobId: job.name }, job.name);
  }
}

async function submitBatch(unit: Unit): Promise<void> {
  if (unit.batch === undefined) return;
  const batchId = await fillBatch(speakerOf(unit), unit.batch);
  if (batchId === undefined) return;
  tell([], unit.size);
  if (unit.cancelAfterMs !== undefined) later(unit.cancelAfterMs, "CancelBatch", { batchId }, unit.batch.name);
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
  cancels.push(cancel());
}

const underWay = new Set<Promise<void>>();
async function start(work: Promise<void>): Promise<void> {
  underWay.add(work);
  void work.finally(() => underWay.delete(work)).catch(() => {});
  if (underWay.size >= AT_ONCE) await Promise.race(underWay);
}

const singles: Unit[] = [];
for (const unit of unitsOf(settings.seed, settings.jobs, settings.prefix)) {
  await keepPace(unit.size);
  if (unit.job === undefined) await start(submitBatch(unit));
  else singles.push(unit);
  if (singles.length === SET) await start(submitSingles(singles.splice(0)));
}
if (singles.length > 0) await start(submitSingles(singles));
await Promise.all(underWay);
await Promise.all(cancels);
await journal.close();
process.exit(0);
