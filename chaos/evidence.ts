// What is known after a run: what was meant, what the callers, the pages and the watchers saw, and what is stored.

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Struck } from "./faults.js";
import type { Said } from "./fill.js";
import type { Answered, Called } from "./pages.js";
import type { Failpoint } from "./sites.js";
import type { Stored, StoredBatch, StoredJob } from "./stored.js";
import type { Cancelled } from "./submitter.js";
import type { Shown, WatchBegun, WatchEnded } from "./watcher.js";
import { allOf, type PlannedBatch, type PlannedJob, type Unit, unitOf } from "./work.js";

export interface Planned {
  readonly units: readonly Unit[];
  readonly jobs: ReadonlyMap<string, PlannedJob>;
  readonly batches: ReadonlyMap<string, PlannedBatch>;
  /** Names of units that are deleted soon after their end. */
  readonly pruned: ReadonlySet<string>;
}

export interface Evidence {
  readonly planned: Planned;
  /** Of each job's page, by the job's id, in order. */
  readonly calls: ReadonlyMap<string, readonly Called[]>;
  readonly answers: readonly Answered[];
  readonly said: readonly Said[];
  readonly cancels: readonly Cancelled[];
  /** By watch, in order. */
  readonly shown: ReadonlyMap<number, readonly Shown[]>;
  readonly watchBegins: readonly WatchBegun[];
  readonly watchEnds: readonly WatchEnded[];
  readonly struck: readonly Struck[];
  readonly stored: Stored;
  readonly jobById: ReadonlyMap<string, StoredJob>;
  readonly membersOf: ReadonlyMap<string, readonly StoredJob[]>;
  readonly batchById: ReadonlyMap<string, StoredBatch>;
  readonly leaseMs: number;
  /** How many calls all servers together may have under way. */
  readonly slots: number;
  /** How far servers' clocks were off; absent: not at all. */
  readonly clocks: string | undefined;
  /** Failpoints that no server came to. */
  readonly missed: readonly Failpoint[];
}

export interface Journals {
  readonly pages: string;
  readonly submitter: string;
  readonly watcher: string;
  readonly faults: string;
}

type Line = Partial<Called & Answered & Said & Cancelled & Shown & WatchBegun & WatchEnded & Struck>;

export async function gather(
  units: readonly Unit[],
  journals: Journals,
  everything: Stored,
  about: Pick<Evidence, "leaseMs" | "slots" | "clocks" | "missed">,
): Promise<Evidence> {
  const planned = plannedOf(units);
  const calls = new Map<string, Called[]>();
  const shown = new Map<number, Shown[]>();
  const answers: Answered[] = [];
  const said: Said[] = [];
  const cancels: Cancelled[] = [];
  const watchBegins: WatchBegun[] = [];
  const watchEnds: WatchEnded[] = [];
  const struck: Struck[] = [];
  for (const path of Object.values(journals)) {
    for await (const line of linesOf(path)) {
      const name = nameIn(line);
      if (name !== undefined && planned.pruned.has(unitOf(name))) continue;
      if (line.called !== undefined) addTo(calls, (line as Called).jobId, line as Called);
      else if (line.answered !== undefined) answers.push(line as Answered);
      else if (line.said !== undefined) said.push(withoutPruned(line as Said, planned));
      else if (line.cancelled !== undefined) cancels.push(line as Cancelled);
      else if (line.shown !== undefined) addTo(shown, (line as Shown).watch, line as Shown);
      else if (line.watchBegun !== undefined) watchBegins.push(line as WatchBegun);
      else if (line.watchEnded !== undefined) watchEnds.push(line as WatchEnded);
      else struck.push(line as Struck);
    }
  }
  const stored = keptOf(planned, everything);
  const membersOf = new Map<string, StoredJob[]>();
  for (const job of stored.jobs) {
    if (job.batch !== undefined) addTo(membersOf, job.batch, job);
  }
  return {
    ...about,
    planned,
    ...{ calls, answers, said, cancels, shown, watchBegins, watchEnds, struck, stored, membersOf },
    jobById: new Map(stored.jobs.map((job) => [job.id, job])),
    batchById: new Map(stored.batches.map((batch) => [batch.id, batch])),
  };
}

function plannedOf(units: readonly Unit[]): Planned {
  const jobs = new Map<string, PlannedJob>();
  const batches = new Map<string, PlannedBatch>();
  for (const unit of units) {
    const all = allOf(unit);
    for (const job of all.jobs) jobs.set(job.name, job);
    for (const batch of all.batches) batches.set(batch.name, batch);
  }
  const pruned = new Set(units.flatMap(({ job }) => (job?.isPruned ? [job.name] : [])));
  return { units, jobs, batches, pruned };
}

/** Without what is deleted after its end: of that, some is gone and some is not yet. */
function keptOf({ pruned }: Planned, { jobs, batches }: Stored): Stored {
  const isKept = ({ name }: { readonly name: string }) => !pruned.has(unitOf(name));
  return { jobs: jobs.filter(isKept), batches: batches.filter(isKept) };
}

/** What a line is about. */
function nameIn({ called, answered, batch, cancelled, shown, watchBegun, watchEnded }: Line): string | undefined {
  return called ?? answered ?? batch ?? cancelled ?? shown ?? watchBegun ?? watchEnded;
}

/** Single jobs of several units are submitted by one call. */
function withoutPruned(line: Said, { pruned }: Planned): Said {
  return line.batch === undefined ? { ...line, names: line.names.filter((name) => !pruned.has(unitOf(name))) } : line;
}

export function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [value]);
  else there.push(value);
}

async function* linesOf(path: string): AsyncGenerator<Line> {
  for await (const text of createInterface({ input: createReadStream(path) })) yield JSON.parse(text);
}

export interface AcceptedJob {
  readonly name: string;
  readonly id: string;
  readonly batch: string | undefined;
  /** Of the master whose page asked for it. */
  readonly masterId: string | undefined;
}

/** Jobs that OK reached a caller for. */
export function acceptedOf(said: readonly Said[]): AcceptedJob[] {
  return said.flatMap(({ said: method, by, code, names, jobIds, batch }) => {
    if (code !== "OK" || method.startsWith("AttemptService/")) return [];
    // Single jobs are named by their ids.
    const idAt = (place: number, name: string) => (batch === undefined ? name : (jobIds[place] ?? ""));
    return names.map((name, place) => ({ name, id: idAt(place, name), batch, masterId: by?.jobId }));
  });
}
