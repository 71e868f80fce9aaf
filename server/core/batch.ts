// The nouns of a batch: what a caller gives, what is stored, and the pure rules by which it ends. The protocol that
// moves it is in the stores; `docs/architecture.md` draws its states.

import type { Job, JobSpec, OwnEnd } from "./job.js";
import { limits } from "./limits.js";

/** OPEN takes members; RUNNING is sealed, or closed by a cancel; COMPLETING runs its `on_complete` job. */
export const BATCH_STATES = ["OPEN", "RUNNING", "COMPLETING", "SUCCEEDED", "FAILED", "CANCELLED"] as const;
export type BatchState = (typeof BATCH_STATES)[number];

export type BatchStateReason =
  | "OK"
  | "MEMBERS_FAILED"
  | "ON_COMPLETE_FAILED"
  | "CANCELLED"
  | "SEAL_TIMEOUT"
  | "PARENT_ENDED";

export interface FailurePolicy {
  /** CANCEL_REST ends what is left once more have failed than is tolerated. */
  readonly mode: "CONTINUE" | "CANCEL_REST";
  readonly toleratedCount: number;
  /** Of all members, 0 to 1. The larger of the two bounds holds. */
  readonly toleratedRatio: number;
}

/** What a caller gives, with defaults filled in. Never changes once stored. */
export interface BatchSpec {
  readonly key: string;
  /** The job to run when all members have ended, without its id. */
  readonly onComplete?: Omit<JobSpec, "id">;
  readonly failurePolicy: FailurePolicy;
  /** What becomes of it when its master ends badly: cancelled, or left alone and not waited for. */
  readonly parentClosePolicy: "CANCEL" | "ABANDON";
  readonly sealTimeoutMs: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where a batch lies below other jobs. Fixed when it is made. */
export interface Lineage {
  /** The master that opened it. */
  readonly parentJobId?: string;
  /** The job at the top of the tree. */
  readonly rootJobId?: string;
  /** Of its members: 0 where it has no master. */
  readonly depth: number;
  /** Jobs and batches above it, nearest first, whose cancel reaches its members. Cut off above an abandoned batch. */
  readonly above: readonly Ancestor[];
}

export type Ancestor =
  | { readonly jobId: string; readonly completes?: never }
  /** `completes`: by its `on_complete` job and not by a member. */
  | { readonly batchId: string; readonly completes?: true };

export interface NewBatch extends BatchSpec {
  readonly id: string;
  /** SHA-256 of the settings as sent. */
  readonly digest: Uint8Array;
  /** The id of its `on_complete` job; present if it has one. */
  readonly onCompleteJobId?: string;
  readonly retryOf?: string;
  /** A master that is stored after its batches: one that waits for retries of those that failed. */
  readonly masterId?: string;
}

export interface BatchCounts {
  readonly total: number;
  readonly pending: number;
  readonly running: number;
  readonly waiting: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** Why what is left of a batch is to be cancelled. */
export type BatchCancelKind = "EXPLICIT" | "REST" | "SEAL_TIMEOUT" | "PARENT_ENDED";

/** A batch as stored. */
export interface Batch extends BatchSpec, Lineage {
  readonly id: string;
  readonly state: BatchState;
  readonly stateReason?: BatchStateReason;
  readonly cancel?: { readonly kind: BatchCancelKind; readonly reason: string; readonly time: number };
  /** How many members it has: known from the seal on; absent if it was closed before. */
  readonly total?: number;
  /** Taken when the last member had ended. Until then members are counted. */
  readonly tally?: BatchCounts;
  /** Present if it has an `on_complete` job, made or not. */
  readonly onCompleteJobId?: string;
  readonly retryOf?: string;
  readonly retriedBy?: string;
  readonly createTime: number;
  readonly sealTime?: number;
  /** When its last member had ended and its `on_complete` job was made. */
  readonly completeTime?: number;
  readonly finishTime?: number;
  readonly updateTime: number;
  /** Rises with every change of the batch itself; not with its counts. */
  readonly revision: number;
}

export interface Verdict {
  readonly state: "SUCCEEDED" | "FAILED" | "CANCELLED";
  readonly reason: BatchStateReason;
}

export function isBatchTerminal(state: BatchState): boolean {
  return state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";
}

/** More have failed than its policy bears. Members that were cancelled one by one count as failed. */
export function failsByPolicy(
  { toleratedCount, toleratedRatio }: FailurePolicy,
  failed: number,
  total: number,
): boolean {
  // The ratio is compared as one: 0.29 * 100 is a little less than 29.
  return failed > toleratedCount && (total === 0 || failed / total > toleratedRatio);
}

/** What a batch whose last member has ended comes to; its `on_complete` job may still make it FAILED. */
export function verdictOf(
  { cancel, failurePolicy }: Pick<Batch, "cancel" | "failurePolicy">,
  tally: BatchCounts,
): Verdict {
  if (cancel === undefined) {
    const failed = tally.failed + tally.cancelled;
    return failsByPolicy(failurePolicy, failed, tally.total)
      ? { state: "FAILED", reason: "MEMBERS_FAILED" }
      : { state: "SUCCEEDED", reason: "OK" };
  }
  switch (cancel.kind) {
    case "EXPLICIT":
      return { state: "CANCELLED", reason: "CANCELLED" };
    case "SEAL_TIMEOUT":
      return { state: "CANCELLED", reason: "SEAL_TIMEOUT" };
    case "PARENT_ENDED":
      return { state: "CANCELLED", reason: "PARENT_ENDED" };
    case "REST":
      return { state: "FAILED", reason: "MEMBERS_FAILED" };
    default:
      return cancel.kind satisfies never;
  }
}

/** What somebody asked for, and the end of the master, stop an `on_complete` job too; other causes let it run. */
export function isStrong(kind: BatchCancelKind): boolean {
  return kind === "EXPLICIT" || kind === "PARENT_ENDED";
}

/** Not after a cancel that somebody asked for, nor when the master is gone: nobody is left to be told. */
export function runsOnComplete({ onComplete, cancel }: Pick<Batch, "onComplete" | "cancel">): boolean {
  return onComplete !== undefined && (cancel === undefined || !isStrong(cancel.kind));
}

/** What its `on_complete` job makes of a verdict. */
export function verdictAfter(verdict: Verdict, onComplete: Job["state"] | "absent"): Verdict {
  const failed = onComplete === "FAILED" || onComplete === "CANCELLED";
  return failed && verdict.state === "SUCCEEDED" ? { state: "FAILED", reason: "ON_COMPLETE_FAILED" } : verdict;
}

/** Whether a master that ends so waits for this batch. */
export function isWaitedFor({ parentClosePolicy }: Pick<Batch, "parentClosePolicy">, own: OwnEnd): boolean {
  return own.state === "SUCCEEDED" || parentClosePolicy === "CANCEL";
}

/** How a master ends whose batches have all ended: by its own end, unless that was a success and a batch was none. */
export function masterEnd(own: OwnEnd, batches: readonly Pick<Batch, "state">[]): OwnEnd {
  if (own.state !== "SUCCEEDED" || batches.every(({ state }) => state === "SUCCEEDED")) return own;
  return { state: "FAILED", reason: "CHILDREN_FAILED" };
}

/** Kept so long after its end; a batch below a master is kept as long as that. */
export function batchRetentionMs(state: BatchState): number {
  return state === "FAILED" ? limits.defaultFailedRetentionMs : limits.defaultRetentionMs;
}

/** What the page of an `on_complete` job is sent. */
export function onCompletePayload(batch: Batch, verdict: Verdict, tally: BatchCounts): Uint8Array {
  const { id, key, labels } = batch;
  const input = batch.onComplete === undefined ? "" : new TextDecoder().decode(batch.onComplete.payload);
  const told = JSON.stringify({ id, key, state: verdict.state, counts: tally, labels });
  // The input was checked to be JSON when it came; it is handed on as it is.
  return new TextEncoder().encode(`{"batch":${told},"input":${input.trim() === "" ? "null" : input}}`);
}
