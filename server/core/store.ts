// The port to durable state: what the engine may ask of a store, in the words of the domain. No driver type in it.
// Every method may also fail with UNAVAILABLE: the store cannot be reached, or the outcome of the write is unknown.
// Every verb is harmless when repeated. Nothing promises that a job is a document or a row of its own.

import type { Progress } from "./attempt.js";
import type { BatchStore } from "./batch-store.js";
import type { Job, JobState, JobView, NewJob } from "./job.js";
import type { Settlement } from "./retry.js";

export type InsertResult =
  /** New; `core/insertion.ts` says what it is like. */
  | { readonly kind: "inserted"; readonly createTime: number }
  /** The same id with the same digest was there; payload and result of what is stored are left out. */
  | { readonly kind: "existing"; readonly job: Job }
  /** Another job has this id. */
  | { readonly kind: "conflict" };

/** A job that has left its queue or its lease, and what may have to follow. */
export interface Departed {
  readonly jobId: string;
  /** Present if it has ended: the batch that may end by it. */
  readonly batchId?: string;
  /** It has batches of its own, and waits for them. */
  readonly waits: boolean;
}

export interface ClaimRequest {
  /** Who claims, for people: host, process and a random part. */
  readonly holder: string;
  /** At most so many jobs. */
  readonly count: number;
  readonly leaseMs: number;
  /**
   * Queues take turns: the claim begins with the queue after this one, in the order of names, and goes round once.
   * Within a queue: higher priority first, then longest due. Paused queues are passed over.
   */
  readonly afterQueue: string;
}

export interface ClaimResult {
  /** Now RUNNING under a new token, with payload and without result. Only what is durable. */
  readonly jobs: readonly Job[];
  /** Due jobs that ended, or went back to wait, instead of running. See `core/claim.ts`. */
  readonly passedOver: readonly Departed[];
  /** The last queue that was looked at: `afterQueue` of the next claim. */
  readonly lastQueue: string;
  /** More may be due: it found as many as were wanted, or others claimed what it had found. */
  readonly more: boolean;
}

/** One held job: its id and the token of its lease. */
export interface Holding {
  readonly jobId: string;
  readonly token: string;
}

export interface RenewResult {
  /** No longer held: stop at once, write nothing. */
  readonly lost: readonly string[];
  /** Held, renewed, and to be cancelled. */
  readonly cancelled: readonly { readonly jobId: string; readonly reason: string }[];
}

/** `already`: this token settled the job before. `lost`: it does not hold the job, and nothing was changed. */
export type SettleResult = "settled" | "already" | "lost";

export interface Report extends Holding {
  /** Absent: only the lease is renewed. */
  readonly progress?: Omit<Progress, "updateTime">;
  /** The page answered 202: from now on only reports renew the lease. */
  readonly accept?: true;
  /** From the store's now; does not move the end of the lease of an accepted job that is to be cancelled. */
  readonly leaseMs: number;
}

export type ReportResult =
  | { readonly kind: "held"; readonly cancelRequested: boolean; readonly leaseExpireTime: number }
  /** This token settled the job before. */
  | { readonly kind: "settled" }
  | { readonly kind: "lost" };

/** Filters of a list. Only the combinations of `LISTABLE` have an index. */
export interface JobFilter {
  readonly queue?: string;
  readonly state?: JobState;
  readonly kind?: string;
  /** `key=value`. */
  readonly label?: string;
  readonly batch?: string;
  readonly parent?: string;
}

/** The combinations of filters that every store has an index for. */
export const LISTABLE: readonly (readonly (keyof JobFilter)[])[] = [
  [],
  ["state"],
  ["queue"],
  ["queue", "state"],
  ["kind"],
  ["label"],
  ["batch"],
  ["parent"],
];

/** Where a page of a list ends: jobs in order of creation, then id. */
export interface ListCursor {
  readonly createTime: number;
  readonly id: string;
}

export interface ListRequest {
  readonly filter: JobFilter;
  readonly limit: number;
  readonly oldestFirst: boolean;
  readonly after?: ListCursor;
  readonly view: JobView;
}

export interface ListResult {
  readonly jobs: readonly Job[];
  /** There are more behind the last of these. */
  readonly more: boolean;
}

export interface QueueInfo {
  readonly name: string;
  readonly paused: boolean;
  /** May start now; scheduled or waiting for a retry; running. */
  readonly counts: { readonly pending: number; readonly scheduled: number; readonly running: number };
  readonly oldestAvailableTime?: number;
}

/** What changed, as other servers are told it: a hint, never the only way to learn of it. */
export interface Change {
  /** Jobs whose state or progress changed. */
  readonly jobIds: readonly string[];
  /** Queues that have jobs to claim, or were resumed. */
  readonly queues: readonly string[];
  /** Jobs and batches that are to be cancelled; where something lies below them also the root of their tree. */
  readonly cancelled: readonly string[];
  /** Batches that changed, or whose members did. */
  readonly batchIds: readonly string[];
  /** Some queue was paused or resumed. */
  readonly pausing?: true;
}

/** Carries hints between servers that share a store. May lose any of them. */
export interface SignalChannel {
  /** Never fails: a hint that cannot be sent is dropped. */
  send(change: Change): void;
  /** `onGap` says that hints may have been missed. Returns how to stop. */
  follow(onChange: (change: Change) => void, onGap: () => void): () => Promise<void>;
}

/** What one round of work did that may take many. */
export interface Round<Done> {
  readonly done: Done;
  /** It found as many as it was to look for: also where others did some of them first, there may be more. */
  readonly more: boolean;
}

export interface JobStore extends BatchStore {
  /** Checks version, schema and indexes, and makes what is absent. FAILED_PRECONDITION if the store is not usable. */
  open(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
  /** Calls take effect in the order in which they are made: one need not wait for another's answer to see what it wrote. */
  readonly inOrder: boolean;
  /** Present where several servers can share the store and it can tell them of changes. */
  readonly signals?: SignalChannel | undefined;
  /** The store's clock, or a little before: never ahead of it. */
  now(): number;
  /** Fails with UNAVAILABLE unless the store answers; for health checks. */
  ping(): Promise<void>;
  /** A random 32-byte key, the same for every server of this store, made on first use. */
  signingKey(): Promise<Uint8Array>;

  /** Stores jobs; one result each, in order. Durable when it returns. Ids need not differ within the call. */
  insert(jobs: readonly NewJob[]): Promise<readonly InsertResult[]>;
  /** Those that exist, in any order. */
  get(ids: readonly string[], view: JobView): Promise<readonly Job[]>;
  /**
   * In order of creation, at most `limit`. With the view FULL as many as have `limits.listedBytes` of payloads and
   * results together, and one at least.
   */
  list(request: ListRequest): Promise<ListResult>;

  claim(request: ClaimRequest): Promise<ClaimResult>;
  /** Moves the end of the leases to the store's now + `leaseMs`. Accepted jobs are not to be in it. */
  renew(holdings: readonly Holding[], leaseMs: number): Promise<RenewResult>;
  /** One result each, in order. A job stands at most once in a set. */
  settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]>;
  /** One result each, in order. A job stands at most once in a set. */
  report(reports: readonly Report[]): Promise<readonly ReportResult[]>;

  /**
   * PENDING: ends it. RUNNING: asks for it, and an accepted job's lease ends in `graceMs` at the latest. WAITING: it
   * will end so, after its batches. Ended: nothing. Returns the job as it is now, BASIC; undefined if there is none.
   */
  cancel(jobId: string, reason: string, graceMs: number): Promise<Job | undefined>;
  /** Notes on an ended job that another retries it, unless one does already. Returns the id that is noted. */
  linkRetry(jobId: string, retriedBy: string): Promise<string>;

  /** By name, after a name. Those that ever had a job or were paused. */
  listQueues(afterName: string, limit: number): Promise<readonly QueueInfo[]>;
  getQueue(name: string): Promise<QueueInfo | undefined>;
  /** Makes the queue if there is none. Holds for every claim that begins after it, on every server within seconds. */
  setPaused(name: string, paused: boolean): Promise<void>;
  /** Cancels PENDING jobs of a queue, the oldest first, at most `limit`. */
  purge(queue: string, limit: number): Promise<Round<readonly Departed[]>>;

  /** Ends what is flagged for cancel or past its deadline, and not leased, wherever it lies; at most `limit`. */
  sweep(limit: number): Promise<Round<readonly Departed[]>>;
  /**
   * Deletes ended jobs past their retention, with the batches of a master after it and the members of a batch before
   * it; at most `limit` jobs and batches. `done` is how many.
   */
  prune(limit: number): Promise<Round<number>>;
}
