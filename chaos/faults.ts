// What befalls a run, and when: drawn from the seed, one after the other, as the work goes on. Each fault is noted with
// the times of its begin and end.

import { existsSync, rmSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { randomOf, shuffled } from "../test/support/random.js";
import type { Journal } from "./journal.js";
import type { Links } from "./links.js";
import type { ReplicaSet } from "./replica-set.js";
import type { Servers } from "./servers.js";
import { type Failpoint, failpointsOf, type StoreKind } from "./sites.js";

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
  "failpoint",
] as const;
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** Which server or node. */
  readonly which: number;
  /** Of a failpoint. */
  readonly point?: Failpoint;
}

/** A line of the journal. */
export interface Struck extends Fault {
  readonly struck: FaultKind;
  readonly beginTime: number;
  readonly endTime: number;
  /** False if no server came to the failpoint in time. */
  readonly isReached?: boolean;
}

export interface FaultCounts {
  readonly kills: number;
  readonly pauses: number;
  readonly restarts: number;
  /** Of the primary: killed or told to step down, in turn. */
  readonly elections: number;
  /** Of a link: cut, slowed, its answers lost, in turn. */
  readonly cuts: number;
  /** How many of the store's failpoints, drawn from all; more than there are is all of them. */
  readonly failpoints: number;
  /** So many of those drawn are left out: other runs of the same seed strike there. */
  readonly skip: number;
}

/** Of the kills, so many strike all servers at once. */
const ALL_SHARE = 0.1;
const CUT_MS = 1_500;
const SLOW_MS = 2_000;
const LATENCY_MS = 150;
/** Longer than a lease. */
const PAUSE_LEASES = 1.6;
/**
 * A server that does not come to a failpoint in this time leaves it to all, for as long again, after a kill: some steps
 * are taken only for what a dead server held.
 */
const REACH_MS = 6_000;
const POLL_MS = 20;

export function scheduleOf(seed: number, counts: FaultCounts, store: StoreKind): Fault[] {
  const { kills, pauses, restarts, elections, cuts, failpoints, skip } = counts;
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
  const points = shuffled(failpoints > 0 ? failpointsOf(store) : [], random).slice(skip, skip + failpoints);
  const which = () => Math.floor(random() * 1_000);
  const faults: Fault[] = kinds.map((kind) => ({ kind, which: which() }));
  for (const point of points) faults.push({ kind: "failpoint", which: which(), point });
  return shuffled(faults, random);
}

export interface Targets {
  readonly servers: Servers;
  readonly set: ReplicaSet | undefined;
  readonly links: Links | undefined;
  readonly leaseMs: number;
  readonly journal: Journal;
  /** Where a server says that it came to a failpoint. */
  readonly hitFile: string;
}

/** Resolves when it is over. */
export async function strike(fault: Fault, targets: Targets): Promise<void> {
  const beginTime = Date.now();
  const reached = fault.point === undefined ? {} : { isReached: await strikeAt(fault.point, fault.which, targets) };
  await blow(fault, targets);
  const line = { ...fault, ...reached, struck: fault.kind, beginTime, endTime: Date.now() };
  await targets.journal.write(line satisfies Struck);
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
    case "failpoint":
      return servers.revive();
  }
}

/** True once it was reached and what it does is over. */
async function strikeAt(point: Failpoint, which: number, { servers, leaseMs, hitFile }: Targets): Promise<boolean> {
  const hangMs = leaseMs * PAUSE_LEASES;
  rmSync(hitFile, { force: true });
  await servers.arm([which], { arm: point, hitFile, hangMs });
  if (!(await isHit(hitFile))) {
    await servers.killAll();
    await servers.arm(servers.places, { arm: point, hitFile, hangMs });
  }
  const isReached = await isHit(hitFile);
  if (point.action === "hang" && isReached) await wait(hangMs);
  if (point.action === "exit" && isReached) await servers.untilOneIsGone();
  // Those that are gone are started again first.
  await servers.revive();
  await servers.arm(servers.places, { arm: undefined, hitFile, hangMs });
  return isReached;
}

async function isHit(hitFile: string): Promise<boolean> {
  const deadline = Date.now() + REACH_MS;
  while (!existsSync(hitFile) && Date.now() < deadline) await wait(POLL_MS);
  return existsSync(hitFile);
}

async function portOf(set: ReplicaSet | undefined): Promise<number> {
  return (await set?.primary())?.port ?? 0;
}
