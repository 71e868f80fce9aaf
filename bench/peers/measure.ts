// One round of one system: its database new, a warm-up, then what is measured.

import type { Cost } from "./cost.js";
import type { Ends } from "./ends.js";
import type { System, Work } from "./system.js";

/** As many as in the end-to-end benchmark, or all of a smaller run. */
const WARM_UP_JOBS = 10_000;
const LIMIT_MS = 10 * 60_000;

export interface Spent {
  readonly cpuMicros: number;
  readonly peakMiB: number;
}

export interface Round {
  readonly jobs: number;
  readonly rate: number;
  /** Of a job, by process. */
  readonly spent: ReadonlyMap<string, Spent>;
  /** Of its database. */
  readonly version: string | undefined;
}

export async function measure(ends: Ends, system: System, work: Work, jobs: number): Promise<Round> {
  try {
    const database = await system.database?.start(ends);
    const { costs, runAll } = await system.start(ends, work, database);
    const all: Record<string, Cost> = { ...costs };
    if (system.database !== undefined && database?.cost !== undefined) all[system.database.name] = database.cost;
    const count = Math.ceil(jobs / (system.oneIn ?? 1));
    await inTime(runAll(Math.ceil(Math.min(WARM_UP_JOBS, jobs) / (system.oneIn ?? 1))), system);
    const before = new Map(Object.entries(all).map(([name, cost]) => [name, cost.cpuSeconds()]));
    const started = performance.now();
    await inTime(runAll(count), system);
    const seconds = (performance.now() - started) / 1_000;
    const spent = new Map<string, Spent>();
    for (const [name, cost] of Object.entries(all)) {
      const cpuMicros = ((cost.cpuSeconds() - (before.get(name) ?? 0)) / count) * 1e6;
      spent.set(name, { cpuMicros, peakMiB: cost.peakMiB() });
    }
    return { jobs: count, rate: count / seconds, spent, version: database?.version };
  } finally {
    await ends.all();
  }
}

/** A job that is never done would be waited for for ever. */
async function inTime(run: Promise<void>, { name }: System): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${name} did not end its jobs in ${LIMIT_MS / 60_000} minutes`)),
      LIMIT_MS,
    );
  });
  try {
    await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
  }
}
