// What befalls a run, and when: drawn from the seed, one after the other, as the work goes on. Each fault is noted with
// the times of its begin and end.

import { randomOf } from "../test/support/random.js";
import type { Journal } from "./journal.js";
import type { Links } from "./links.js";
import type { ReplicaSet } from "./replica-set.js";
import type { Servers } from "./servers.js";

export const FAULTS = [
  "kill",
  "kill-all",
  "pause",
  "restart",
  "mongod-kill",
  "step-down",
  "cut",
  "slow",
  "silence",
] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Which server or node. */
  readonly which: number;
}

/** A line of the journal. */
export interface Struck extends Fault {
  readonly struck: FaultKind;
  readonly beginTime: number;
  readonly endTime: number;
}

export interface FaultCounts {
  readonly kills: number;
  readonly pauses: number;
  readonly restarts: number;
  /** Of the primary: killed or told to step down, in turn. */
  readonly elections: number;
  /** Of a link: cut, slowed, its answers lost, in turn. */
  readonly cuts: number;
}

/** Of the kills, so many strike all servers at once. */
const ALL_SHARE = 0.1;
const CUT_MS = 1_500;
const SLOW_MS = 2_000;
const LATENCY_MS = 150;
/** Longer than a lease. */
const PAUSE_LEASES = 1.6;

export function scheduleOf(seed: number, { kills, pauses, restarts, elections, cuts }: FaultCounts): Fault[] {
  const random = randomOf(seed + 7);
  const kinds: FaultKind[] = [];
  const add = (count: number, kindOf: (index: number) => FaultKind) => {
    for (let index = 0; index < count; index++) kinds.push(kindOf(index));
  };
  add(kills, () => (random() < ALL_SHARE ? "kill-all" : "kill"));
  add(pauses, () => "pause");
  add(restarts, () => "restart");
  add(elections, (index) => (index % 2 === 0 ? "mongod-kill" : "step-down"));
  add(cuts, (index) => (["cut", "silence", "slow"] as const)[index % 3] as FaultKind);
  return kinds
    .map((kind) => ({ kind, which: Math.floor(random() * 1_000), place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ kind, which }) => ({ kind, which }));
}

export interface Targets {
  readonly servers: Servers;
  readonly set: ReplicaSet | undefined;
  readonly links: Links | undefined;
  readonly leaseMs: number;
  readonly journal: Journal;
}

/** Resolves when it is over. */
export async function strike(fault: Fault, targets: Targets): Promise<void> {
  const beginTime = Date.now();
  await blow(fault, targets);
  await targets.journal.write({ ...fault, struck: fault.kind, beginTime, endTime: Date.now() } satisfies Struck);
}

async function blow({ kind, which }: Fault, { servers, set, links, leaseMs }: Targets): Promise<void> {
  switch (kind) {
    case "kill":
      return servers.kill(which);
    case "kill-all":
      return servers.killAll();
    case "pause":
      return servers.pause(which, leaseMs * PAUSE_LEASES);
    case "restart":
      return servers.restart(which);
    case "mongod-kill": {
      const primary = await set?.primary();
      if (primary !== undefined) await set?.kill(primary);
      return set?.untilWritable();
    }
    case "step-down":
      await set?.stepDown();
      return set?.untilWritable();
    case "cut":
      return links?.cut(await portOf(set), CUT_MS);
    case "silence":
      return links?.silence(await portOf(set), CUT_MS);
    case "slow":
      return links?.slow(await portOf(set), SLOW_MS, LATENCY_MS);
  }
}

async function portOf(set: ReplicaSet | undefined): Promise<number> {
  return (await set?.primary())?.port ?? 0;
}
