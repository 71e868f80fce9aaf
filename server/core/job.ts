// The nouns of a job: what a caller gives, what is stored, where it stands. Knows no store and no wire format.
// Times are milliseconds since the epoch by the store's clock; lengths of time are milliseconds.

import type { Attempt, Failure, Lease, Progress } from "./attempt.js";

/** "Scheduled" and "retrying" are PENDING with an `availableTime` still to come: never stored, so nothing moves them. */
export const JOB_STATES = ["PENDING", "RUNNING", "WAITING", "SUCCEEDED", "FAILED", "CANCELLED"] as const;
export type JobState = (typeof JOB_STATES)[number];

export type StateReason =
  | "OK"
  | "ATTEMPTS_EXHAUSTED"
  | "PERMANENT"
  | "DEADLINE"
  | "INTERRUPTED_TOO_OFTEN"
  | "CANCELLED"
  | "ENDPOINT_NOT_ALLOWED"
  | "BUSY_TOO_OFTEN"
  | "PARENT_ENDED"
  | "CHILDREN_FAILED";

export interface Endpoint {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly multiplier: number;
}

/** What a caller gives, with defaults filled in. Never changes once stored. */
export interface JobSpec {
  readonly id: string;
  readonly kind: string;
  readonly queue: string;
  readonly endpoint: Endpoint;
  readonly payload: Uint8Array;
  readonly contentType: string;
  /** Higher first. */
  readonly priority: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  readonly attemptTimeoutMs: number;
  readonly deadlineTime?: number;
  /** Absent: the default of the state in which it ends. */
  readonly retentionMs?: number;
}

/** How a job belongs to a tree. Never changes once stored. */
export interface Kinship {
  /** The batch of which it is a member. */
  readonly batchId?: string;
  /** The batch whose `on_complete` job it is. */
  readonly completes?: string;
  /** The master whose batch this is. */
  readonly parentJobId?: string;
  readonly rootJobId?: string;
  /** 0 without a master; at most `limits.depth`. */
  readonly depth: number;
  readonly childKey?: string;
}

/** A job to be stored. */
export interface NewJob extends JobSpec, Partial<Kinship> {
  /** SHA-256 of the request as sent: tells a repeat from another job under the same id. */
  readonly digest: Uint8Array;
  /** When it may start: at a time, or so long after the store's now. */
  readonly start: { readonly time: number } | { readonly delayMs: number };
  readonly retryOf?: string;
  /** Never called: it waits for these batches from the start, as a master whose page has succeeded with this result. */
  readonly waits?: {
    readonly batchIds: readonly string[];
    readonly result: Uint8Array;
    readonly contentType: string;
  };
}

/** What a master that waits for its batches ends in by itself. */
export interface OwnEnd {
  readonly state: "SUCCEEDED" | "FAILED" | "CANCELLED";
  readonly reason: StateReason;
}

/** A job as stored. */
export interface Job extends JobSpec, Kinship {
  readonly state: JobState;
  readonly stateReason?: StateReason;
  /** Attempts used. */
  readonly attemptCount: number;
  readonly interruptedCount: number;
  readonly busyCount: number;
  /** Rises by exactly one with each claim. */
  readonly fence: number;
  /** The scheduled start, the next retry or the end of the lease: present exactly while PENDING or RUNNING. */
  readonly availableTime?: number;
  /** Present exactly while RUNNING. */
  readonly lease?: Lease;
  /** A cancel that has not taken effect. */
  readonly cancel?: { readonly reason: string; readonly time: number };
  readonly progress?: Progress;
  readonly result?: Uint8Array;
  readonly resultContentType?: string;
  readonly failure?: Failure;
  /** The last that ended, oldest first; at most `limits.attemptsShown`. */
  readonly attempts: readonly Attempt[];
  /** Batches that it has opened, oldest first; at most `limits.batchesPerJob`. */
  readonly batchIds: readonly string[];
  /** Present exactly while WAITING. */
  readonly ownEnd?: OwnEnd;
  readonly retryOf?: string;
  readonly retriedBy?: string;
  readonly createTime: number;
  readonly startTime?: number;
  readonly finishTime?: number;
  readonly updateTime: number;
  /** Rises with every change. */
  readonly revision: number;
}

/** Without its payload and result these are empty; all else is as stored. */
export type JobView = "BASIC" | "FULL";

/**
 * The order of claims in one number, least first: higher priority, then jobs whose holder died before those that have
 * waited, then deeper jobs of a started tree before new trees. This is the rank of a job that is not leased.
 */
export function rankOf(priority: number, depth: number): number {
  return -(priority * RANKS_PER_PRIORITY + depth) || 0;
}

/** Of a job while it is leased, so that it comes before all that wait at its priority if the lease lapses. */
export function leasedRank(rank: number): number {
  return waitingRank(rank) - RANKS_FOR_LEASE;
}

export function waitingRank(rank: number): number {
  return rankOf(priorityOfRank(rank), depthOfRank(rank));
}

export function priorityOfRank(rank: number): number {
  return Math.floor(-rank / RANKS_PER_PRIORITY) || 0;
}

export function depthOfRank(rank: number): number {
  return (-rank - priorityOfRank(rank) * RANKS_PER_PRIORITY) % RANKS_FOR_LEASE || 0;
}

/** By how much the rank is less while a job is leased: a power of two above `limits.depth`. */
export const RANKS_FOR_LEASE = 32;
const RANKS_PER_PRIORITY = 2 * RANKS_FOR_LEASE;

export function isTerminal(state: JobState): boolean {
  return state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";
}
