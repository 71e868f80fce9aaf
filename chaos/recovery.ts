// How fast a run recovered: from a fault to the next attempt of what it interrupted, and the longest time in which no
// page was called after the store's primary died.

import type { Evidence } from "./evidence.js";

export interface Recovery {
  /** From the fault to the next call of each job that it interrupted, in milliseconds, in order. */
  readonly attemptMs: readonly number[];
  /** The longest pause between two calls after each death of a primary, in milliseconds, in order. */
  readonly serviceMs: readonly number[];
}

const SERVERS = new Set(["kill", "kill-all", "pause", "restart"]);
const STORE = new Set(["mongod-kill", "step-down"]);
/** Pauses within this time of a primary's death are looked at. */
const LOOK_MS = 30_000;

export function recoveryOf({ calls, jobById, struck }: Evidence): Recovery {
  const faults = struck.filter(({ struck: kind }) => SERVERS.has(kind)).sort((a, b) => a.beginTime - b.beginTime);
  const attemptMs: number[] = [];
  const times: number[] = [];
  for (const [id, called] of calls) {
    const job = jobById.get(id);
    for (const [place, { fence, time }] of called.entries()) {
      times.push(time);
      const next = called[place + 1];
      const isInterrupted = job?.attempts.some((one) => one.fence === fence && one.outcome === "INTERRUPTED");
      const fault = faults.findLast(({ beginTime }) => beginTime >= time && beginTime < (next?.time ?? 0));
      if (isInterrupted && next !== undefined && fault !== undefined) attemptMs.push(next.time - fault.beginTime);
    }
  }
  times.sort((a, b) => a - b);
  const deaths = struck.filter(({ struck: kind }) => STORE.has(kind));
  return {
    attemptMs: attemptMs.sort((a, b) => a - b),
    serviceMs: deaths.map(({ beginTime }) => longestPause(times, beginTime)).sort((a, b) => a - b),
  };
}

function longestPause(times: readonly number[], from: number): number {
  const within = times.filter((time) => time >= from && time <= from + LOOK_MS);
  return within.reduce((longest, time, place) => Math.max(longest, time - (within[place - 1] ?? from)), 0);
}

/** The value below which this share lies; undefined of none. */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
