// The work of a run: what is submitted, and how each page behaves whenever it is called. All of it is drawn from the
// seed, so that the checker knows by itself what was meant. Where a page is says what it does: `/KIND/NAME?…`.

import { randomOf } from "../test/support/random.js";

/** What a page does: see `pages.ts`, which does it, and `expectedState`, which says what comes of it. */
export const KINDS = [
  "quick",
  "slow",
  "flaky",
  "fails",
  "refuses",
  "busy",
  "drops",
  "later",
  "streams",
  "hangs",
  "expires",
  "master",
  "hasty",
] as const;
export type Kind = (typeof KINDS)[number];

export interface PlannedJob {
  /** Unique in the run. */
  readonly name: string;
  readonly kind: Kind;
  /** How long the page works, in milliseconds. */
  readonly workMs: number;
  /** How many of its first attempts go wrong, for the kinds that do. */
  readonly times: number;
  readonly delayMs: number;
  /** Another than the default one is paused and purged now and then. */
  readonly queue: string;
  /** Soon after its end it is deleted, with all below it. */
  readonly isPruned: boolean;
  readonly isLabelled: boolean;
  /** What a master opens. */
  readonly batches: readonly PlannedBatch[];
}

export interface PlannedBatch {
  readonly name: string;
  readonly members: readonly PlannedJob[];
  readonly onComplete: PlannedJob | undefined;
  /** Left open by its opener, a batch of a master is sealed when its page succeeds, another is closed by its time-out. */
  readonly isSealed: boolean;
  /** Goes on when its master is cancelled. */
  readonly isAbandoned: boolean;
  readonly toleratedFailures: number;
}

/** What one caller submits: a job, a master with all below it, or a batch that no master has made. */
export interface Unit {
  readonly job?: PlannedJob;
  readonly batch?: PlannedBatch;
  /** How many jobs it is in all. */
  readonly size: number;
  /** So long after it was accepted its top is cancelled. */
  readonly cancelAfterMs: number | undefined;
  /** Once it has ended badly it is retried. */
  readonly isRetried: boolean;
  /** Of what is drawn while it is submitted: repeats, answers that nobody waits for. */
  readonly seed: number;
}

export const MAX_ATTEMPTS = 8;
/** Attempts of the pages that always fail. */
export const FEW_ATTEMPTS = 3;
/** A page that hangs is given up after it. */
export const ATTEMPT_TIMEOUT_MS = 1_500;
export const BUSY_DELAY_S = 1;
/** Before it may start, the deadline of a job that expires has passed. */
export const EXPIRES_DELAY_MS = 6_000;
export const DEADLINE_MS = 1_000;
/** Each queue that begins so is paused, purged and resumed, once. */
export const HELD_QUEUE = "held-";
/** Of masters that are deleted after their end, so many give up while they open their first batch. */
const HASTY = 0.3;
/** Of what waits there, so much misses its deadline, maybe while the queue is paused. */
const HELD_EXPIRES = 0.2;
const ALL = 1_000_000;

/** `/KIND/NAME?ms=…&times=…`, from the origin of the pages. */
export function pathOf({ kind, name, workMs, times }: PlannedJob): string {
  return `/${kind}/${name}?ms=${workMs}&times=${times}`;
}

/** The name in a path, whole or as a URL. */
export function nameOf(url: string): string {
  return /\/(?:[a-z]+)\/([^/?]+)\?/.exec(url)?.[1] ?? "";
}

/** What the units of a run are drawn from. */
export interface Plan {
  readonly seed: number;
  /** Tells runs in one store apart. */
  readonly prefix: string;
  /** Batches that no master has made have so many times the usual number of members. */
  readonly bulk: number;
  /** What is done seldom is done often: cancels, retries, purges, deletion. */
  readonly isVaried: boolean;
}

/** How often something is drawn, as shares of one. */
interface Odds {
  /** Of the units: single jobs, and batches that no master has made. The others are masters. */
  readonly single: number;
  readonly batch: number;
  readonly cancelSingle: number;
  readonly cancelOther: number;
  readonly retry: number;
  /** Of single jobs. */
  readonly held: number;
  readonly prunedSingle: number;
  readonly prunedMaster: number;
  /** In units. */
  readonly heldUnits: number;
}

const USUAL: Odds = {
  ...{ single: 0.85, batch: 0.08, heldUnits: 150 },
  ...{ cancelSingle: 0.03, cancelOther: 0.15, retry: 0.3, held: 0.03, prunedSingle: 0.03, prunedMaster: 0.1 },
};
const VARIED: Odds = {
  ...{ single: 0.7, batch: 0.12, heldUnits: 30 },
  ...{ cancelSingle: 0.15, cancelOther: 0.4, retry: 0.6, held: 0.2, prunedSingle: 0.1, prunedMaster: 0.4 },
};

function oddsOf({ isVaried }: Pick<Plan, "isVaried">): Odds {
  return isVaried ? VARIED : USUAL;
}

/** The units of a run, without end. */
export function* unitsOf(plan: Plan): Generator<Unit, never> {
  const { seed, prefix } = plan;
  for (let index = 0; ; index++) yield drawUnit(randomOf(seed * 1_000_003 + index), `${prefix}-${index}`, plan);
}

/** Those that a run got to. */
export function firstUnits(plan: Plan, count: number): Unit[] {
  const units = unitsOf(plan);
  return Array.from({ length: count }, () => units.next().value);
}

/** The name of the unit that a job or batch is of. */
export function unitOf(name: string): string {
  return name.split(".")[0] ?? "";
}

function drawUnit(random: () => number, name: string, plan: Plan): Unit {
  const odds = oddsOf(plan);
  const way = random();
  const isSingle = way < odds.single;
  const isCancelled = random() < (isSingle ? odds.cancelSingle : odds.cancelOther);
  const top = isSingle
    ? { job: isCancelled ? drawLong(random, name) : drawLeaf(random, name, plan) }
    : way < odds.single + odds.batch
      ? { batch: drawBatch(random, `${name}.b`, 10 * plan.bulk, 40 * plan.bulk, 0) }
      : { job: drawMaster(random, name, 2, plan) };
  return {
    ...top,
    size: top.job === undefined ? batchSize(top.batch as PlannedBatch) : jobSize(top.job),
    cancelAfterMs: isCancelled ? random() * 2_000 : undefined,
    isRetried: !isCancelled && random() < odds.retry,
    seed: Math.floor(random() * 2 ** 31),
  };
}

const PLAIN = { workMs: 0, delayMs: 0, queue: "default", isLabelled: false } as const;

/** So many of a hundred. */
const SHARES: readonly (readonly [kind: Kind, share: number])[] = [
  ["slow", 12],
  ["flaky", 8],
  ["fails", 2],
  ["refuses", 3],
  ["busy", 3],
  ["drops", 4],
  ["later", 5],
  ["streams", 5],
  ["hangs", 1],
  ["expires", 1],
];

function drawKind(random: () => number): Kind {
  let left = random() * 100;
  for (const [kind, share] of SHARES) {
    if (left < share) return kind;
    left -= share;
  }
  return "quick";
}

/** @param single absent for a member, which neither waits nor is held or deleted by itself */
function drawLeaf(random: () => number, name: string, single?: Plan): PlannedJob {
  const isHeld = single !== undefined && random() < oddsOf(single).held;
  const kind = isHeld && random() < HELD_EXPIRES ? "expires" : drawKind(random);
  const isLong = kind === "slow" || kind === "later" || kind === "streams";
  const workMs = isLong ? Math.floor(random() < 0.05 ? 2_500 * random() + 500 : 200 * random()) : 0;
  const laterMs = single !== undefined && random() < 0.1 ? Math.floor(500 + random() * 4_000) : 0;
  const delayMs = kind === "expires" ? EXPIRES_DELAY_MS : laterMs;
  const queue = isHeld ? heldQueue(Number(/\d+$/.exec(name)?.[0]), single) : "default";
  const isPruned = single !== undefined && random() < oddsOf(single).prunedSingle;
  const times = 1 + Math.floor(random() * 2);
  return { name, kind, workMs, times, delayMs, queue, isPruned, isLabelled: isPruned || random() < 0.1, batches: [] };
}

/** One that is likely to run when it is cancelled. */
function drawLong(random: () => number, name: string): PlannedJob {
  return {
    ...PLAIN,
    name,
    kind: "slow",
    workMs: Math.floor(500 + random() * 1_500),
    times: 0,
    isPruned: false,
    batches: [],
  };
}

/** Of the unit with this number. */
export function heldQueue(unit: number, plan: Plan): string {
  return `${HELD_QUEUE}${Math.floor(unit / heldUnits(plan))}`;
}

/** For so many units there is one held queue. */
export function heldUnits(plan: Plan): number {
  return oddsOf(plan).heldUnits;
}

/** @param top absent for a member, which is not deleted by itself */
function drawMaster(random: () => number, name: string, depth: number, top?: Plan): PlannedJob {
  const batches = Array.from({ length: random() < 0.3 ? 2 : 1 }, (_, index) =>
    drawBatch(random, `${name}.b${index}`, 2, depth === 2 ? 12 : 5, depth - 1),
  );
  // The first calls of some masters go wrong half way.
  const times = random() < 0.3 ? 1 : 0;
  const isPruned = top !== undefined && random() < oddsOf(top).prunedMaster;
  // What is left of a tree may end after its master is gone. Nothing of such a tree is judged.
  const below = isPruned ? batches.map((batch) => ({ ...batch, isAbandoned: true })) : batches;
  const kind = isPruned && random() < HASTY ? "hasty" : "master";
  return { ...PLAIN, name, kind, times, isPruned, batches: below };
}

function drawBatch(random: () => number, name: string, least: number, most: number, depth: number): PlannedBatch {
  const count = least + Math.floor(random() * (most - least + 1));
  const members = Array.from({ length: count }, (_, place) =>
    depth > 0 && random() < 0.15 ? drawMaster(random, `${name}.${place}`, depth) : drawLeaf(random, `${name}.${place}`),
  );
  return {
    name,
    members,
    onComplete: random() < 0.6 ? { ...drawLeaf(random, `${name}.done`), kind: "quick", delayMs: 0 } : undefined,
    isSealed: random() < 0.8,
    isAbandoned: false,
    toleratedFailures: random() < 0.7 ? ALL : 0,
  };
}

function jobSize({ batches }: PlannedJob): number {
  return batches.reduce((sum, batch) => sum + batchSize(batch), 1);
}

function batchSize({ members, onComplete }: PlannedBatch): number {
  return members.reduce((sum, member) => sum + jobSize(member), onComplete === undefined ? 0 : 1);
}

/** All jobs of a unit and all batches, whatever lies below what. */
export function allOf(unit: Unit): { readonly jobs: PlannedJob[]; readonly batches: PlannedBatch[] } {
  const jobs: PlannedJob[] = [];
  const batches: PlannedBatch[] = [];
  const addBatch = (batch: PlannedBatch) => {
    batches.push(batch);
    for (const member of batch.members) addJob(member);
    if (batch.onComplete !== undefined) jobs.push(batch.onComplete);
  };
  const addJob = (job: PlannedJob) => {
    jobs.push(job);
    for (const batch of job.batches) addBatch(batch);
  };
  if (unit.job !== undefined) addJob(unit.job);
  if (unit.batch !== undefined) addBatch(unit.batch);
  return { jobs, batches };
}
