// What the model of masters below masters knows: its sizes, its mutants, a state in full, and what is flagged by a
// cancel above it.

import { put } from "./explore.js";
import { type End, isEnd } from "./states.js";

export interface TreeConfig {
  /** How often each job may be claimed, from the top; the last is no master. */
  readonly claims: readonly number[];
  /** The top has run and waits for its batch, whose member is there. */
  readonly started: boolean;
  /** Where a caller may cancel, if at all. */
  readonly cancel?: { readonly job: number } | { readonly batch: number };
  /** The batch whose parent_close_policy is ABANDON, if one is. */
  readonly abandon?: number;
}

/** Each leaves one rule out; beside it what must be found. */
export const TREE_MUTANTS = {
  "cancel misses what is nested": "I15",
  "what lies above is looked at before the claim": "I15",
  "fan-in does not look above": "I15",
  "fan-in looks above before it tallies": "I15",
  "a master leaves WAITING without comparing its cancel": "I15",
  "a waiting member counts as ended": "I12",
  "a master that failed does not wait": "I12",
  "an abandoned batch is cancelled from above": "I15",
  "parent_close_policy is not applied": "I2",
} as const;

export interface TreeJob {
  state: "absent" | "PENDING" | "RUNNING" | "WAITING" | End;
  fence: number;
  lapsed: boolean;
  cancel: boolean;
  verdict: End | "";
  registered: boolean;
}

export interface TreeBatch {
  state: "absent" | "OPEN" | "RUNNING" | End;
  cancel: boolean;
  /** Its fan-in, then that of its master: what was seen so far. */
  at: "idle" | "looked" | "told" | "master looked";
  member: TreeJob["state"];
  above: boolean;
}

export interface Holder {
  level: number;
  fence: number;
  at: "claimed" | "stop" | "register" | "add" | "seal" | "answer";
  /** Its claim came after a Cancel above it had returned OK. */
  late: boolean;
}

export interface State {
  jobs: TreeJob[];
  /** By the level of their members: the first is never there. */
  batches: TreeBatch[];
  holders: Holder[];
}

/** With which sizes, and without which rule. */
export interface Rules {
  readonly config: TreeConfig;
  readonly mutant: keyof typeof TREE_MUTANTS | undefined;
}

export function initial({ claims, started }: TreeConfig): State {
  const job: TreeJob = { state: "absent", fence: 0, lapsed: false, cancel: false, verdict: "", registered: false };
  const batch: TreeBatch = { state: "absent", cancel: false, at: "idle", member: "absent", above: false };
  const jobs = claims.map((_, level): TreeJob => ({ ...job, state: level === 0 ? "PENDING" : "absent" }));
  const batches = claims.map(() => ({ ...batch }));
  if (started) {
    put(jobs[0], { state: "WAITING", fence: 1, verdict: "SUCCEEDED", registered: true });
    put(jobs[1], { state: "PENDING" });
    put(batches[1], { state: "RUNNING" });
  }
  return { jobs, batches, holders: [] };
}

/** A cancel of this job or of what lies above it, as far as it is not cut off; also a batch above that has ended. */
export function flagged({ config, mutant }: Rules, { jobs, batches }: State, level: number, nearest = false): boolean {
  for (let at = level; at >= 0; at -= 1) {
    if (jobs[at]?.cancel) return true;
    const batch = batches[at];
    if (batch !== undefined && (batch.cancel || isEnd(batch.state))) return true;
    if (nearest) return false;
    if (at === config.abandon && mutant !== "an abandoned batch is cancelled from above") return false;
  }
  return false;
}

/** The same for a batch. */
export function flaggedBatch(rules: Rules, state: State, level: number): boolean {
  if (state.batches[level]?.cancel) return true;
  return level !== rules.config.abandon && flagged(rules, state, level - 1);
}

/** Cancels a batch; one that is open is closed in the same write. */
export function close(to: State, level: number): void {
  const batch = batchOf(to, level);
  batch.cancel = true;
  if (batch.state === "OPEN") batch.state = "RUNNING";
}

export function jobOf({ jobs }: State, level: number): TreeJob {
  const job = jobs[level];
  if (job === undefined) throw new Error(`no job ${level}`);
  return job;
}

export function batchOf({ batches }: State, level: number): TreeBatch {
  const batch = batches[level];
  if (batch === undefined) throw new Error(`no batch ${level}`);
  return batch;
}

export function holds(state: State, { level, fence }: Holder): boolean {
  const job = jobOf(state, level);
  return job.state === "RUNNING" && job.fence === fence;
}

export function isLive(state: TreeJob["state"]): boolean {
  return state !== "absent" && !isEnd(state);
}
