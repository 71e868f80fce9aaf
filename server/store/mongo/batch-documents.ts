// Between documents and batches. DRAFT is a state of this store alone: the batch of a master that is not noted there
// yet. Nobody sees it, and it has no members.

import { Binary } from "mongodb";
import type {
  Ancestor,
  Batch,
  BatchCancelKind,
  BatchCounts,
  BatchSpec,
  BatchState,
  BatchStateReason,
  Lineage,
  NewBatch,
} from "../../core/batch.js";
import { limits } from "../../core/limits.js";
import { NOTHING } from "./documents.js";

type StoredOnComplete = Omit<NonNullable<BatchSpec["onComplete"]>, "payload" | "labels" | "endpoint"> & {
  /** Left out of lists. */
  readonly payload?: Binary;
  /** Maps with keys from outside are lists. */
  readonly labels: readonly string[][];
  readonly endpoint: { readonly url: string; readonly method: string; readonly headers: readonly string[][] };
};

export interface BatchDocument {
  readonly _id: string;
  readonly digest: Binary;
  readonly key: string;
  readonly onComplete?: StoredOnComplete;
  readonly onCompleteJobId?: string;
  readonly failurePolicy: BatchSpec["failurePolicy"];
  readonly parentClosePolicy: BatchSpec["parentClosePolicy"];
  readonly sealTimeoutMs: number;
  readonly labels: readonly string[][];
  readonly parent?: string;
  readonly root?: string;
  readonly depth: number;
  readonly above: readonly Ancestor[];
  readonly state: BatchState | "DRAFT";
  readonly stateReason?: BatchStateReason;
  readonly cancel?: { readonly kind: BatchCancelKind; readonly reason: string; readonly time: Date };
  /** Appends under way: key and digest of each chunk. */
  readonly pending: readonly { readonly entry: string; readonly since: Date }[];
  /** Appends that the seal did not wait for: their members are not counted. */
  readonly dropped?: readonly string[];
  /** The newest fence of its master that attached to it: an older attempt changes nothing any more. */
  readonly fence: number;
  readonly total?: number;
  readonly tally?: BatchCounts;
  /** Of the last append: the seal timeout runs from it. */
  readonly appendTime: Date;
  /** When it is to be looked at; absent once it has ended and its master was told. */
  readonly checkTime?: Date;
  readonly retryOf?: string;
  readonly retriedBy?: string;
  readonly createTime: Date;
  readonly sealTime?: Date;
  readonly completeTime?: Date;
  readonly finishTime?: Date;
  readonly expireTime?: Date;
  readonly updateTime: Date;
  readonly revision: number;
}

/** Seen by callers: a DRAFT is not there for them. */
export const VISIBLE = { state: { $ne: "DRAFT" } } as const;

export function batchDocument(batch: NewBatch, lineage: Lineage, state: "DRAFT" | "OPEN", now: number): BatchDocument {
  const {
    id,
    digest,
    key,
    onComplete,
    failurePolicy,
    parentClosePolicy,
    sealTimeoutMs,
    labels,
    retryOf,
    onCompleteJobId,
  } = batch;
  const time = new Date(now);
  return {
    _id: id,
    digest: new Binary(digest),
    ...{ key, failurePolicy, parentClosePolicy, sealTimeoutMs },
    labels: Object.entries(labels),
    ...(onComplete === undefined ? {} : { onComplete: storedOnComplete(onComplete) }),
    ...(onCompleteJobId === undefined ? {} : { onCompleteJobId }),
    ...(lineage.parentJobId === undefined ? {} : { parent: lineage.parentJobId }),
    ...(lineage.rootJobId === undefined ? {} : { root: lineage.rootJobId }),
    depth: lineage.depth,
    above: lineage.above,
    state,
    pending: [],
    fence: 0,
    ...(retryOf === undefined ? {} : { retryOf }),
    appendTime: time,
    checkTime: new Date(now + limits.batchCheckMs),
    createTime: time,
    updateTime: time,
    revision: 1,
  };
}

function storedOnComplete(job: NonNullable<BatchSpec["onComplete"]>): StoredOnComplete {
  const { url, method, headers } = job.endpoint;
  return {
    ...job,
    payload: new Binary(job.payload),
    labels: Object.entries(job.labels),
    endpoint: { url, method, headers: Object.entries(headers) },
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function batchOf(document: BatchDocument): Batch {
  const { onComplete, cancel } = document;
  const batch: Mutable<Batch> = {
    id: document._id,
    key: document.key,
    failurePolicy: document.failurePolicy,
    parentClosePolicy: document.parentClosePolicy,
    sealTimeoutMs: document.sealTimeoutMs,
    labels: Object.fromEntries(document.labels),
    depth: document.depth,
    above: document.above,
    state: document.state === "DRAFT" ? "OPEN" : document.state,
    createTime: document.createTime.getTime(),
    updateTime: document.updateTime.getTime(),
    revision: document.revision,
  };
  if (onComplete !== undefined) {
    const { url, method, headers } = onComplete.endpoint;
    batch.onComplete = {
      ...onComplete,
      payload: onComplete.payload?.value() ?? NOTHING,
      labels: Object.fromEntries(onComplete.labels),
      endpoint: { url, method, headers: Object.fromEntries(headers) },
    };
  }
  if (document.parent !== undefined) batch.parentJobId = document.parent;
  if (document.root !== undefined) batch.rootJobId = document.root;
  if (document.stateReason !== undefined) batch.stateReason = document.stateReason;
  if (cancel !== undefined) batch.cancel = { ...cancel, time: cancel.time.getTime() };
  if (document.total !== undefined) batch.total = document.total;
  if (document.tally !== undefined) batch.tally = document.tally;
  if (document.onCompleteJobId !== undefined) batch.onCompleteJobId = document.onCompleteJobId;
  if (document.retryOf !== undefined) batch.retryOf = document.retryOf;
  if (document.retriedBy !== undefined) batch.retriedBy = document.retriedBy;
  if (document.sealTime !== undefined) batch.sealTime = document.sealTime.getTime();
  if (document.completeTime !== undefined) batch.completeTime = document.completeTime.getTime();
  if (document.finishTime !== undefined) batch.finishTime = document.finishTime.getTime();
  return batch;
}
