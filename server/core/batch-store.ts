// The part of the port that is about batches. Fan-in is one verb, `advance`, that anyone may call at any time: it does
// for each batch or master what is due, and nothing if nothing is. See `docs/architecture.md` for the states.

import type { Batch, BatchCancelKind, BatchCounts, BatchState, NewBatch } from "./batch.js";
import type { Job, JobState, JobView, NewJob } from "./job.js";
import type { Departed, Holding, ListCursor } from "./store.js";

export type CreateBatchResult =
  /** `existing`: it was there, with the same settings or under a master; OPEN only if it was not. */
  | { readonly kind: "stored"; readonly batch: Batch; readonly existing: boolean }
  /** Another batch has this id. */
  | { readonly kind: "conflict" }
  /** The master is not held by this token: nothing was made. */
  | { readonly kind: "lost" }
  /** The master is to be cancelled: nothing was made. */
  | { readonly kind: "cancelled" }
  /** The master has `limits.batchesPerJob` batches. */
  | { readonly kind: "full" }
  /** Its members would lie deeper than `limits.depth`. */
  | { readonly kind: "deep" };

export interface AddJobsRequest {
  readonly batchId: string;
  /** With ids derived from the batch. One with a `childKey` that is there already counts as the same, whatever it holds. */
  readonly jobs: readonly NewJob[];
  /** The chunk: its key and a digest of what it holds. */
  readonly chunkKey: string;
  readonly chunkDigest: Uint8Array;
  /** A page adds: it is the master, or a member of this batch, and must hold its lease. */
  readonly by?: Holding;
}

export type AddJobsResult =
  /** All are stored, and the batch was not closed before they were. */
  | { readonly kind: "added"; readonly queues: readonly string[] }
  /** The job at this place of the request is there with other content; nothing was added. */
  | { readonly kind: "conflict"; readonly index: number }
  | { readonly kind: "sealed" }
  | { readonly kind: "cancelled" }
  | { readonly kind: "lost" };

export interface SealRequest {
  readonly batchId: string;
  readonly expectedCount?: number;
  readonly by?: Holding;
}

export type SealResult =
  /** Now, or before. */
  | { readonly kind: "sealed"; readonly batch: Batch }
  | { readonly kind: "mismatch"; readonly count: number }
  /** Closed by a cancel before it was sealed. */
  | { readonly kind: "cancelled" }
  | { readonly kind: "lost" };

export interface ListBatchesRequest {
  /** At most one of the three. */
  readonly state?: BatchState;
  readonly parentJobId?: string;
  readonly rootJobId?: string;
  readonly limit: number;
  readonly oldestFirst: boolean;
  readonly after?: ListCursor;
}

/** Batches and masters to be looked at. */
export interface Checks {
  readonly batchIds: readonly string[];
  readonly jobIds: readonly string[];
}

export interface Advance {
  /** Members that were cancelled, masters that ended. */
  readonly departed: readonly Departed[];
  /** Running jobs that are now to be cancelled. */
  readonly flagged: readonly string[];
  /** Batches that changed. */
  readonly changed: readonly string[];
  /** Queues that have an `on_complete` job to claim. */
  readonly queues: readonly string[];
  /** There is more to do at once: look again. */
  readonly again: Checks;
  /** Batches that wait for live members. */
  readonly unfinished: readonly string[];
}

/** Members in one state, in order of their last change and then of their ids. */
export interface MembersRequest {
  readonly batchId: string;
  readonly state: JobState;
  readonly after?: { readonly updateTime: number; readonly id: string };
  readonly limit: number;
}

export interface BatchStore {
  /** How long after its time of update a change may become visible: whoever follows changes looks back so far. */
  readonly changesLateMs: number;
  /** Makes it OPEN and, under a master, notes it there, all or nothing as seen by others. */
  createBatch(batch: NewBatch, master?: Holding): Promise<CreateBatchResult>;
  /** All or none; at most `limits.jobsPerCall`. The batch exists, else NOT_FOUND. */
  addJobs(request: AddJobsRequest): Promise<AddJobsResult>;
  /** NOT_FOUND if there is no such batch. UNAVAILABLE while members are being added. */
  sealBatch(request: SealRequest): Promise<SealResult>;
  /** Those that exist, in any order; with the payloads of their `on_complete` jobs in the view FULL. */
  getBatches(ids: readonly string[], view: JobView): Promise<readonly Batch[]>;
  /** In order of creation, without the payloads of their `on_complete` jobs. */
  listBatches(request: ListBatchesRequest): Promise<readonly Batch[]>;
  /** The members' states as they are now. */
  countMembers(batchId: string): Promise<BatchCounts>;
  /** BASIC. */
  changedMembers(request: MembersRequest): Promise<readonly Job[]>;
  /** Closes it and flags it for cancel, unless it has ended or is flagged. Undefined if there is none. */
  cancelBatch(id: string, kind: BatchCancelKind, reason: string): Promise<Batch | undefined>;
  /** Notes on an ended batch that another retries it, unless one does already. Returns the id that is noted. */
  linkBatchRetry(id: string, retriedBy: string): Promise<string>;
  /** The next step of each. */
  advance(checks: Checks): Promise<Advance>;
  /** Those that nobody has looked at for `limits.batchCheckMs`; at most `limit` of each. */
  dueChecks(limit: number): Promise<Checks>;
}
