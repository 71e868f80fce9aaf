// What befalls a run, and when: drawn from the seed, one after the other, as the work goes on. Each fault is noted with
// the times of its begin and end. Of the failpoints all that are left are armed at the same time, and the first that a
// server comes to is struck: what is done often is soon through, and the whole run waits for what is done seldom.

import { existsSync, readFileSync, rmSync } from "node:fs";
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
}

/** A line of the journal. */
export interface Struck extends Fault {
  readonly struck: FaultKind;
  readonly beginTime: number;
  readonly endTime: number;
  /** That servers came to while they were armed; none if they came to none of them in time. */
  readonly points?: readonly Failpoint[];
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
}

/** Of the kills, so many strike all servers at once. */
const ALL_SHARE = 0.1;
const CUT_MS = 1_500;
const SLOW_MS = 2_000;
const LATENCY_MS = 150;
/** Longer than a lease. */
const PAUSE_LEASES = 1.6;
/**
 * A server that comes to no failpoint in this time leaves them to all, for as long again, after a kill: some steps are
 * taken only for what a dead server held.
 */
const REACH_MS = 6_000;
const POLL_MS = 20;

export interface Schedule {
  readonly faults: readonly Fault[];
  /** As many as there are faults of this kind. */
  readonly points: readonly Failpoint[];
}

export function scheduleOf(seed: number, counts: FaultCounts, store: StoreKind): Schedule {
  const { kills, pauses, restarts, elections, cuts, failpoints } = counts;
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
  const points = shuffled(failpoints > 0 ? failpointsOf(store) : [], random).slice(0, failpoints);
  add(points.length, () => "failpoint");
  const faults = kinds.map((kind): Fault => ({ kind, which: Math.floor(random() * 1_000) }));
  return { faults: shuffled(faults, random), points };
}

export interface Targets {
  readonly servers: Servers;
  readonly set: ReplicaSet | undefined;
  readonly links: Links | undefined;
  readonly leaseMs: number;
  readonly journal: Journal;
  /** Where a server says that it came to a failpoint. */
  readonly hitFile: string;
  /** Those that were not struck yet, each as a server tells of it. */
  readonly pointsLeft: Map<string, Failpoint>;
}

/** Resolves when it is over. */
export async function strike(fault: Fault, targets: Targets): Promise<void> {
  const beginTime = Date.now();
  const struck = fault.kind === "failpoint" ? { points: await strikeAtPoints(fault.which, targets) } : {};
  await blow(fault, targets);
  const line = { ...fault, ...struck, struck: fault.kind, beginTime, endTime: Date.now() };
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

/** Those that were come to, once what they do is over: one, or a few of several servers. */
async function strikeAtPoints(which: number, targets: Targets): Promise<Failpoint[]> {
  const { servers, leaseMs, hitFile, pointsLeft } = targets;
  if (pointsLeft.size === 0) return [];
  const hangMs = leaseMs * PAUSE_LEASES;
  const arm = { arm: [...pointsLeft.values()], hitFile, hangMs };
  rmSync(hitFile, { force: true });
  await servers.arm([which], arm);
  if (!(await isHit(hitFile))) {
    await servers.killAll();
    await servers.arm(servers.places, arm);
    await isHit(hitFile);
  }
  await servers.arm(servers.places, { ...arm, arm: [] });
  const points = hitsIn(hitFile).flatMap((hit) => {
    const point = pointsLeft.get(hit);
    pointsLeft.delete(hit);
    return point ?? [];
  });
  if (points.some(({ action }) => action === "hang")) await wait(hangMs);
  if (points.some(({ action }) => action === "exit")) await servers.untilOneIsGone();
  return points;
}

async function isHit(hitFile: string): Promise<boolean> {
  const deadline = Date.now() + REACH_MS;
  while (!existsSync(hitFile) && Date.now() < deadline) await wait(POLL_MS);
  return existsSync(hitFile);
}

function hitsIn(hitFile: string): string[] {
  return existsSync(hitFile) ? readFileSync(hitFile, "utf8").split("\n").filter(Boolean) : [];
}

async function portOf(set: ReplicaSet | undefined): Promise<number> {
  return (await set?.primary())?.port ?? 0;
}
