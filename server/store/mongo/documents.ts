// Between documents and jobs. Maps whose keys come from outside are stored as lists: a key may hold dots and dollars,
// which field names may not. Times are Dates, so that the server's own clock can be compared with them.

import { Binary } from "mongodb";
import type { Attempt, Failure, Progress } from "../../core/attempt.js";
import { MADE_TO_WAIT, startTimeOf } from "../../core/insertion.js";
import {
  type Backoff,
  depthOfRank,
  type Job,
  type JobState,
  type NewJob,
  type OwnEnd,
  priorityOfRank,
  rankOf,
  type StateReason,
} from "../../core/job.js";
import type { Departed } from "../../core/store.js";

export interface JobDocument {
  readonly _id: string;
  readonly digest: Binary;
  readonly queue: string;
  /** Of priority, lease and depth; see `rankOf`. The claim reads its index forwards. */
  readonly rank: number;
  readonly kind?: string;
  readonly endpoint: { readonly url: string; readonly method: string; readonly headers: readonly string[][] };
  readonly payload?: Binary;
  readonly contentType: string;
  /** `key=value`; absent when there are none. */
  readonly labels?: readonly string[];
  readonly maxAttempts: number;
  readonly backoff: Backoff;
  readonly attemptTimeoutMs: number;
  readonly deadlineTime?: Date;
  readonly retentionMs?: number;
  readonly state: JobState;
  readonly stateReason?: StateReason;
  /** Present exactly while PENDING or RUNNING. */
  readonly availableTime?: Date;
  readonly attemptCount: number;
  readonly interruptedCount: number;
  readonly busyCount: number;
  readonly fence: number;
  readonly lease?: {
    readonly holder: string;
    readonly token: string;
    readonly accepted: boolean;
    readonly dueTime: Date;
    readonly startTime: Date;
  };
  /** The token that last settled the job: tells a repeat from a stale holder. */
  readonly last?: string;
  /** Which call last settled it, passed it over or purged it. */
  readonly lastMark?: string;
  readonly cancel?: { readonly reason: string; readonly time: Date };
  readonly progress?: Omit<Progress, "updateTime"> & { readonly updateTime: Date };
  readonly result?: Binary;
  readonly resultContentType?: string;
  readonly failure?: Omit<Failure, "time"> & { readonly time: Date };
  readonly attempts?: readonly (Omit<Attempt, "startTime" | "endTime"> & {
    readonly startTime: Date;
    readonly endTime: Date;
  })[];
  readonly batch?: string;
  readonly completes?: string;
  readonly parent?: string;
  readonly root?: string;
  readonly childKey?: string;
  /** Batches that it has opened; absent when there are none. */
  readonly batches?: readonly string[];
  /** Present exactly while WAITING. */
  readonly ownEnd?: OwnEnd;
  /** When it is to be looked at, while WAITING. */
  readonly checkTime?: Date;
  readonly retryOf?: string;
  readonly retriedBy?: string;
  readonly createTime: Date;
  readonly startTime?: Date;
  readonly finishTime?: Date;
  readonly expireTime?: Date;
  readonly updateTime: Date;
  readonly revision: number;
}

export const NOTHING = new Uint8Array();

export function documentOf(job: NewJob, now: number): JobDocument {
  const createTime = new Date(now);
  const { url, method, headers } = job.endpoint;
  const labels = Object.entries(job.labels).map(([key, value]) => `${key}=${value}`);
  return {
    _id: job.id,
    digest: new Binary(job.digest),
    queue: job.queue,
    rank: rankOf(job.priority, job.depth ?? 0),
    ...(job.kind === "" ? undefined : { kind: job.kind }),
    endpoint: { url, method, headers: Object.entries(headers) },
    ...(job.payload.length === 0 ? undefined : { payload: new Binary(job.payload) }),
    contentType: job.contentType,
    ...(labels.length === 0 ? undefined : { labels }),
    maxAttempts: job.maxAttempts,
    backoff: job.backoff,
    attemptTimeoutMs: job.attemptTimeoutMs,
    ...(job.deadlineTime === undefined ? undefined : { deadlineTime: new Date(job.deadlineTime) }),
    ...(job.retentionMs === undefined ? undefined : { retentionMs: job.retentionMs }),
    ...(job.waits === undefined
      ? { state: "PENDING" as const, availableTime: new Date(startTimeOf(job, now)) }
      : {
          state: "WAITING" as const,
          batches: job.waits.batchIds,
          ownEnd: MADE_TO_WAIT,
          checkTime: createTime,
          result: new Binary(job.waits.result),
          resultContentType: job.waits.contentType,
        }),
    ...(job.batchId === undefined ? undefined : { batch: job.batchId }),
    ...(job.completes === undefined ? undefined : { completes: job.completes }),
    ...(job.parentJobId === undefined ? undefined : { parent: job.parentJobId }),
    ...(job.rootJobId === undefined ? undefined : { root: job.rootJobId }),
    ...(job.childKey === undefined ? undefined : { childKey: job.childKey }),
    attemptCount: 0,
    interruptedCount: 0,
    busyCount: 0,
    fence: 0,
    ...(job.retryOf === undefined ? undefined : { retryOf: job.retryOf }),
    createTime,
    updateTime: createTime,
    revision: 1,
  };
}

/** A job that has left its queue or lease: what may have to follow. */
export function departed({
  _id,
  state,
  batch,
  completes,
}: Pick<JobDocument, "_id" | "state" | "batch" | "completes">): Departed {
  const batchId = state === "WAITING" || state === "PENDING" ? undefined : (batch ?? completes);
  return { jobId: _id, waits: state === "WAITING", ...(batchId === undefined ? {} : { batchId }) };
}

export const DEPARTED_FIELDS = { state: 1, batch: 1, completes: 1 } as const;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Of a projected document: what was left out is empty or absent. */
export function jobOf(document: JobDocument): Job {
  const { endpoint, lease, cancel, progress, failure } = document;
  const job: Mutable<Job> = {
    id: document._id,
    kind: document.kind ?? "",
    queue: document.queue,
    endpoint: { url: endpoint.url, method: endpoint.method, headers: Object.fromEntries(endpoint.headers) },
    payload: document.payload === undefined ? NOTHING : document.payload.value(),
    contentType: document.contentType,
    priority: priorityOfRank(document.rank),
    depth: depthOfRank(document.rank),
    batchIds: document.batches ?? [],
    labels: labelsOf(document.labels),
    maxAttempts: document.maxAttempts,
    backoff: document.backoff,
    attemptTimeoutMs: document.attemptTimeoutMs,
    state: document.state,
    attemptCount: document.attemptCount,
    interruptedCount: document.interruptedCount,
    busyCount: document.busyCount,
    fence: document.fence,
    attempts: (document.attempts ?? []).map((attempt) => ({
      ...attempt,
      startTime: attempt.startTime.getTime(),
      endTime: attempt.endTime.getTime(),
    })),
    createTime: document.createTime.getTime(),
    updateTime: document.updateTime.getTime(),
    revision: document.revision,
  };
  if (document.deadlineTime !== undefined) job.deadlineTime = document.deadlineTime.getTime();
  if (document.retentionMs !== undefined) job.retentionMs = document.retentionMs;
  if (document.stateReason !== undefined) job.stateReason = document.stateReason;
  if (document.availableTime !== undefined) job.availableTime = document.availableTime.getTime();
  if (lease !== undefined) {
    job.lease = {
      holder: lease.holder,
      token: lease.token,
      accepted: lease.accepted,
      dueTime: lease.dueTime.getTime(),
      startTime: lease.startTime.getTime(),
      expireTime: document.availableTime?.getTime() ?? 0,
    };
  }
  if (cancel !== undefined) job.cancel = { reason: cancel.reason, time: cancel.time.getTime() };
  if (progress !== undefined) job.progress = { ...progress, updateTime: progress.updateTime.getTime() };
  if (failure !== undefined) job.failure = { ...failure, time: failure.time.getTime() };
  if (document.resultContentType !== undefined) job.resultContentType = document.resultContentType;
  if (document.result !== undefined) job.result = document.result.value();
  if (document.batch !== undefined) job.batchId = document.batch;
  if (document.completes !== undefined) job.completes = document.completes;
  if (document.parent !== undefined) job.parentJobId = document.parent;
  if (document.root !== undefined) job.rootJobId = document.root;
  if (document.childKey !== undefined) job.childKey = document.childKey;
  if (document.ownEnd !== undefined) job.ownEnd = document.ownEnd;
  if (document.retryOf !== undefined) job.retryOf = document.retryOf;
  if (document.retriedBy !== undefined) job.retriedBy = document.retriedBy;
  if (document.startTime !== undefined) job.startTime = document.startTime.getTime();
  if (document.finishTime !== undefined) job.finishTime = document.finishTime.getTime();
  return job;
}

function labelsOf(labels: readonly string[] | undefined): Readonly<Record<string, string>> {
  if (labels === undefined) return {};
  return Object.fromEntries(
    labels.map((label) => {
      const equals = label.indexOf("=");
      return [label.slice(0, equals), label.slice(equals + 1)];
    }),
  );
}
