// Retry never re-opens what has ended: it makes a new job or batch, linked to the old in both directions, under an id
// derived from the old one's. So a repeat finds it, and one that was cut short is finished by the next call.

import { type Batch, isBatchTerminal, type NewBatch } from "../core/batch.js";
import type { CreateBatchResult } from "../core/batch-store.js";
import { DroverError, notFound } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import { storedJob } from "../core/insertion.js";
import type { Job, JobSpec, NewJob } from "../core/job.js";
import { limits } from "../core/limits.js";
import type { JobStore } from "../core/store.js";
import { digestOf } from "./accept.js";
import type { BatchInfo } from "./api.js";
import { memberOf, withOnCompleteId } from "./batch-members.js";
import type { Counter } from "./counter.js";
import { derivedId } from "./derived-id.js";
import type { FanIn } from "./fan-in.js";
import { checkId } from "./job-control.js";
import { turn } from "./turn.js";

export interface RetriesOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly fanIn: Pick<FanIn, "departed" | "touch">;
  readonly counter: Pick<Counter, "freshInfo">;
}

export class Retries {
  readonly #options: RetriesOptions;

  constructor(options: RetriesOptions) {
    this.#options = options;
  }

  async job(id: string): Promise<{ job: Job; existing: boolean }> {
    const { store, feed, fanIn } = this.#options;
    const [old] = await store.get([id], "FULL");
    if (old === undefined) throw notFound("job", id);
    if (old.state !== "FAILED" && old.state !== "CANCELLED") throw notRetryable("job", id, old.state);
    if (old.retriedBy !== undefined) {
      // Not made once more after it was pruned: the old one may be kept for longer.
      const [again] = await store.get([old.retriedBy], "FULL");
      if (again === undefined) throw notFound("job", old.retriedBy);
      return { job: again, existing: true };
    }
    const newId = derivedId("retry", id);
    // Its own page had succeeded: only its batches are tried again, and the page is not called.
    const batches = old.stateReason === "CHILDREN_FAILED" ? await this.#failedBatches(old) : [];
    // All before anything is made of one.
    const sources: Source[] = [];
    for (const batch of batches) sources.push(await this.#sourceOf(batch));
    const copies: Copy[] = [];
    for (const source of sources) copies.push(await this.#copy(source, newId));
    const job: NewJob = {
      ...contentOf(old),
      id: newId,
      digest: digestOf(`retry of ${id}`),
      start: { delayMs: 0 },
      retryOf: id,
      ...(copies.length === 0 ? {} : { waits: { ...resultOf(old), batchIds: copies.map(({ batch }) => batch.id) } }),
    };
    const [inserted] = await store.insert([job]);
    const result = inserted && storedJob(job, inserted);
    if (result === undefined) throw new DroverError("INTERNAL", `the id derived for a retry of ${id} is taken`);
    // Not before the master is there to be told.
    for (const copy of copies) await this.#seal(copy);
    await store.linkRetry(id, newId);
    feed.publish({
      jobIds: [id, newId],
      queues: [old.queue],
      batchIds: old.batchId === undefined ? [] : [old.batchId],
    });
    if (copies.length > 0) fanIn.departed([{ jobId: newId, waits: true }]);
    return result;
  }

  async batch(id: string): Promise<{ batch: BatchInfo; existing: boolean }> {
    checkId(id, "batch_id");
    const { store, feed, counter } = this.#options;
    const [old] = await store.getBatches([id], "FULL");
    if (old === undefined) throw notFound("batch", id);
    if (old.state !== "FAILED" && old.state !== "CANCELLED") throw notRetryable("batch", id, old.state);
    if (old.retriedBy !== undefined) {
      const [again] = await store.getBatches([old.retriedBy], "BASIC");
      if (again === undefined) throw notFound("batch", old.retriedBy);
      return { batch: await counter.freshInfo(again), existing: true };
    }
    const copy = await this.#copy(await this.#sourceOf(old), undefined);
    const sealed = await this.#seal(copy);
    await store.linkBatchRetry(id, sealed.id);
    feed.publish({ batchIds: [id, sealed.id] });
    return { batch: await counter.freshInfo(sealed), existing: copy.existing };
  }

  async #failedBatches(master: Job): Promise<readonly Batch[]> {
    const batches = await this.#options.store.getBatches(master.batchIds, "FULL");
    return batches.filter(({ state }) => isBatchTerminal(state) && state !== "SUCCEEDED");
  }

  /** Refused once it is being pruned: some of its jobs are gone. */
  async #sourceOf(batch: Batch): Promise<Source> {
    const { total, failed, cancelled } = await this.#options.store.countMembers(batch.id);
    if (failed + cancelled < failedIn(batch)) throw pastRetention(batch.id);
    return { batch, hasLate: total > (batch.tally?.total ?? 0) };
  }

  /** An open batch with copies of the members that failed or were cancelled. */
  async #copy({ batch: old, hasLate }: Source, masterId: string | undefined): Promise<Copy> {
    const { store, feed } = this.#options;
    const created = await this.#openCopy(old, masterId);
    if (created.kind !== "stored")
      throw new DroverError("INTERNAL", `the id derived for a retry of ${old.id} is taken`);
    const { batch } = created;
    const { existing } = created;
    if (batch.state !== "OPEN") return { batch, existing, count: undefined };
    let count = 0;
    let after: { createTime: number; id: string } | undefined;
    for (let chunk = 0; ; chunk++) {
      const { jobs: members, more } = await store.list({
        filter: { batch: old.id },
        limit: limits.setSize,
        oldestFirst: true,
        view: "FULL",
        ...(after === undefined ? {} : { after }),
      });
      const again = members.filter((member) => hasFailed(member) && !(hasLate && isLate(member, old)));
      const jobs = again.map((member, place) => memberOf(batch, `${chunk}`, memberCopy(member), place));
      count += jobs.length;
      if (jobs.length > 0) {
        const added = await store.addJobs({
          batchId: batch.id,
          jobs,
          chunkKey: `${chunk}`,
          chunkDigest: digestOf(`retry of ${old.id}`),
        });
        if (added.kind === "added") feed.publish({ queues: added.queues });
      }
      await turn();
      const last = members.at(-1);
      if (!more || last === undefined) {
        // Some of them went meanwhile.
        if (count < failedIn(old)) throw pastRetention(old.id);
        return { batch, existing, count };
      }
      after = { createTime: last.createTime, id: last.id };
    }
  }

  /** One that was cut short and then not sealed in time is no retry: the next has another number. */
  async #openCopy(old: Batch, masterId: string | undefined): Promise<CreateBatchResult> {
    for (let number = 0; ; number++) {
      const created = await this.#options.store.createBatch(copyOf(old, masterId, number));
      if (created.kind !== "stored" || !isBatchTerminal(created.batch.state)) return created;
      if (created.batch.sealTime !== undefined) return created;
    }
  }

  async #seal({ batch, count }: Copy): Promise<Batch> {
    const request = { batchId: batch.id, ...(count === undefined ? {} : { expectedCount: count }) };
    const sealed = await this.#options.store.sealBatch(request);
    this.#options.fanIn.touch(batch.id);
    if (sealed.kind === "sealed") return sealed.batch;
    if (sealed.kind !== "mismatch") return batch;
    throw pastRetention(batch.retryOf ?? "");
  }
}

/** A batch that has ended. */
interface Source {
  readonly batch: Batch;
  /** It has members that were not counted at its end. */
  readonly hasLate: boolean;
}

interface Copy {
  readonly batch: Batch;
  readonly existing: boolean;
  /** How many members it was given; undefined if it was sealed before. */
  readonly count: number | undefined;
}

/** How many of its members had failed or were cancelled at its end. */
function failedIn({ tally }: Batch): number {
  return (tally?.failed ?? 0) + (tally?.cancelled ?? 0);
}

function hasFailed({ state }: Job): boolean {
  return state === "FAILED" || state === "CANCELLED";
}

/** Stored after its batch was closed and had ended: who added it was told that it is not there. */
function isLate({ finishTime = 0 }: Job, { completeTime, finishTime: endTime = 0 }: Batch): boolean {
  return finishTime > (completeTime ?? endTime);
}

function pastRetention(batchId: string): DroverError {
  const message = `batch ${batchId} is past its retention: some of its jobs are gone`;
  return new DroverError("FAILED_PRECONDITION", message, { reason: "NOT_RETRYABLE" });
}

/** What its page had answered: it is not called again. */
function resultOf({ result = new Uint8Array(), resultContentType = "" }: Job): {
  result: Uint8Array;
  contentType: string;
} {
  return { result, contentType: resultContentType };
}

function copyOf(old: Batch, masterId: string | undefined, number: number): NewBatch {
  const { key, failurePolicy, parentClosePolicy, sealTimeoutMs, labels } = old;
  // Save for a deadline, which may have passed with the first try.
  const { deadlineTime: _, ...onComplete } = old.onComplete ?? {};
  const id = masterId === undefined ? derivedId("retry", old.id, number) : derivedId("batch", masterId, old.id, number);
  const spec = { key, failurePolicy, parentClosePolicy, sealTimeoutMs, labels };
  return {
    ...withOnCompleteId(
      { ...spec, ...(old.onComplete === undefined ? {} : { onComplete: onComplete as typeof old.onComplete }) },
      id,
    ),
    id,
    digest: digestOf(`retry of ${old.id}`),
    retryOf: old.id,
    ...(masterId === undefined ? {} : { masterId }),
  };
}

/** Told apart by the job that it repeats, whatever its own key was. */
function memberCopy(member: Job): NewJob {
  return {
    ...contentOf(member),
    digest: digestOf(`retry of ${member.id}`),
    start: { delayMs: 0 },
    retryOf: member.id,
    childKey: member.id,
  };
}

/** All that a caller gave, save for a deadline that has passed with the first try. */
function contentOf(job: Job): JobSpec {
  const { id, kind, queue, endpoint, payload, contentType, priority, labels } = job;
  const { maxAttempts, backoff, attemptTimeoutMs, retentionMs } = job;
  return {
    ...{ id, kind, queue, endpoint, payload, contentType, priority, labels, maxAttempts, backoff, attemptTimeoutMs },
    ...(retentionMs === undefined ? {} : { retentionMs }),
  };
}

function notRetryable(what: "job" | "batch", id: string, state: string): DroverError {
  return new DroverError(
    "FAILED_PRECONDITION",
    `${what} ${id} is ${state}: only a failed or cancelled ${what} is retried`,
    {
      reason: "NOT_RETRYABLE",
    },
  );
}
