// What apps and pages do with batches: open, fill, seal, read, list, cancel. A page acts by its attempt token: the
// batch that it opens belongs to its job. Ids of batches and members are derived, so every call may be repeated.

import type { Batch } from "../core/batch.js";
import type { AddJobsResult } from "../core/batch-store.js";
import { type BatchInput, batchSpecOf, batchViolations, canonicalBatch } from "../core/batch-submission.js";
import type { EndpointPolicy } from "../core/caller.js";
import type { Chance } from "../core/clock.js";
import { DroverError, type FieldViolation, invalid, leaseLost, notFound } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import type { JobView, NewJob } from "../core/job.js";
import { limits } from "../core/limits.js";
import type { Observer } from "../core/observer.js";
import { shortText } from "../core/short-text.js";
import type { Holding, JobStore } from "../core/store.js";
import { type JobInput, keyViolation } from "../core/submission.js";
import { acceptedJob, digestOf, endpointRefusal } from "./accept.js";
import type { BatchControl, BatchInfo, BatchQuery } from "./api.js";
import type { AttemptTokens } from "./attempt-token.js";
import { memberOf, withOnCompleteId } from "./batch-members.js";
import type { Counter } from "./counter.js";
import { derivedId } from "./derived-id.js";
import type { FanIn } from "./fan-in.js";
import { checkId, cursorOf } from "./job-control.js";
import { decodePageToken, encodePageToken, pageSizeOf } from "./page-token.js";
import type { Retries } from "./retries.js";

export interface BatchesOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly policy: EndpointPolicy;
  readonly chance: Chance;
  readonly observer: Observer;
  readonly tokens: AttemptTokens;
  readonly fanIn: Pick<FanIn, "touch" | "opens">;
  readonly retries: Retries;
  readonly counter: Pick<Counter, "freshInfo">;
}

export class Batches implements BatchControl {
  readonly #options: BatchesOptions;

  constructor(options: BatchesOptions) {
    this.#options = options;
  }

  async submit(
    input: BatchInput,
    jobs: readonly JobInput[],
    open: boolean,
    token: string | undefined,
  ): Promise<{ batch: BatchInfo; jobIds: readonly string[]; existing: boolean }> {
    const { store, policy, chance, feed, fanIn } = this.#options;
    const master = this.#holding(token);
    const violations = [...batchViolations(input, master !== undefined), ...memberViolations(jobs)];
    if (violations.length > 0) throw invalid(violations);
    if (input.onComplete?.endpoint !== undefined) {
      const refusal = endpointRefusal(input.onComplete.endpoint.url, "batch.on_complete", policy);
      if (refusal !== undefined) throw refusal;
    }
    // Members are judged before anything is written: all of a call is valid, or nothing happens.
    const accepted = this.#accepted(jobs);
    const id = input.key === undefined ? chance.id() : derivedId("batch", ...(await this.#origin(master)), input.key);
    const digest = digestOf(canonicalBatch(input));
    const created = await store.createBatch({ ...withOnCompleteId(batchSpecOf(input), id), id, digest }, master);
    switch (created.kind) {
      case "stored":
        break;
      case "conflict":
        throw new DroverError("ALREADY_EXISTS", `batch ${JSON.stringify(input.key)} exists with other settings`);
      case "lost":
        throw leaseLost(master?.jobId ?? "");
      case "cancelled":
        throw new DroverError("FAILED_PRECONDITION", "the job is to be cancelled", { reason: "CANCELLED" });
      case "full":
        throw new DroverError("RESOURCE_EXHAUSTED", `a job has at most ${limits.batchesPerJob} batches`);
      case "deep":
        throw new DroverError("RESOURCE_EXHAUSTED", `members may lie at most ${limits.depth} masters deep`);
      default:
        return created satisfies never;
    }
    if (master !== undefined) {
      fanIn.opens(master.jobId);
      feed.publish({ jobIds: [master.jobId] });
    }
    const jobIds = await this.#add(created.batch, "", accepted, master);
    const batch = open ? created.batch : await this.#seal(id, undefined, master);
    return { batch: await this.#withCounts(batch), jobIds, existing: created.existing };
  }

  async add(
    batchId: string,
    chunkKey: string,
    jobs: readonly JobInput[],
    token: string | undefined,
  ): Promise<readonly string[]> {
    const violations: FieldViolation[] = [...memberViolations(jobs)];
    const wrong = keyViolation(chunkKey);
    if (wrong !== undefined) violations.push({ field: "chunk_key", description: wrong });
    if (violations.length > 0) throw invalid(violations);
    const by = this.#holding(token);
    const accepted = this.#accepted(jobs);
    return this.#add(await this.#own(batchId, by), chunkKey, accepted, by);
  }

  async seal(batchId: string, expectedCount: number | undefined, token: string | undefined): Promise<BatchInfo> {
    const by = this.#holding(token);
    const { parentJobId } = await this.#own(batchId, by);
    if (parentJobId !== by?.jobId) {
      throw new DroverError(
        "PERMISSION_DENIED",
        `batch ${batchId} is not this job's: a member may add to it, and not seal it`,
      );
    }
    return this.#withCounts(await this.#seal(batchId, expectedCount, by));
  }

  async get(batchId: string): Promise<BatchInfo> {
    return this.#withCounts(await this.#read(batchId, "FULL"));
  }

  async list(query: BatchQuery): Promise<{ batches: readonly BatchInfo[]; nextPageToken: string }> {
    const { state, parentJobId, oldestFirst } = query;
    if (state !== undefined && parentJobId !== undefined) {
      throw invalid([
        { field: "state", description: "must not be given together with parent_job_id: no index has both" },
      ]);
    }
    if (parentJobId !== undefined) checkId(parentJobId, "parent_job_id");
    const limit = pageSizeOf(query.pageSize);
    const scope = ["batches", oldestFirst, state ?? null, parentJobId ?? null];
    const after = cursorOf(decodePageToken(scope, query.pageToken));
    const batches = await this.#options.store.listBatches({
      limit: limit + 1,
      oldestFirst,
      ...(state === undefined ? {} : { state }),
      ...(parentJobId === undefined ? {} : { parentJobId }),
      ...(after === undefined ? {} : { after }),
    });
    const page = batches.slice(0, limit);
    const last = page.at(-1);
    const more = batches.length > limit && last !== undefined;
    const shown: BatchInfo[] = [];
    for (const batch of page) shown.push(await this.#withCounts(batch));
    return { batches: shown, nextPageToken: more ? encodePageToken(scope, [last.createTime, last.id]) : "" };
  }

  /** One write at the top; what lies below is never claimed after it, and is ended set by set. */
  async cancel(batchId: string, reason: string): Promise<BatchInfo> {
    checkId(batchId, "batch_id");
    if (reason.length > limits.messageChars) {
      throw invalid([{ field: "reason", description: `must be at most ${limits.messageChars} characters` }]);
    }
    const { store, feed, fanIn } = this.#options;
    const batch = await store.cancelBatch(batchId, "EXPLICIT", shortText(reason));
    if (batch === undefined) throw notFound("batch", batchId);
    feed.publish({
      batchIds: [batchId],
      cancelled: batch.rootJobId === undefined ? [batchId] : [batchId, batch.rootJobId],
    });
    fanIn.touch(batchId);
    return this.#withCounts(batch);
  }

  retry(batchId: string): Promise<{ batch: BatchInfo; existing: boolean }> {
    return this.#options.retries.batch(batchId);
  }

  async #add(batch: Batch, chunkKey: string, jobs: readonly NewJob[], by: Holding | undefined): Promise<string[]> {
    const { store, feed, observer, fanIn } = this.#options;
    const members = jobs.map((job, place) => memberOf(batch, chunkKey, job, place));
    const ids = members.map(({ id }) => id);
    if (members.length === 0) return ids;
    const chunkDigest = digestOf(JSON.stringify(members.map(({ digest }) => Buffer.from(digest).toString("base64"))));
    const added = await store.addJobs({
      batchId: batch.id,
      jobs: members,
      chunkKey,
      chunkDigest,
      ...(by === undefined ? {} : { by }),
    });
    if (added.kind !== "added") throw refusalOf(added, batch.id, by);
    observer.submitted(members.length);
    if (added.queues.length > 0) feed.publish({ queues: added.queues, batchIds: [batch.id] });
    fanIn.touch(batch.id);
    return ids;
  }

  async #seal(batchId: string, expectedCount: number | undefined, by: Holding | undefined): Promise<Batch> {
    const { store, feed, fanIn } = this.#options;
    const sealed = await store.sealBatch({
      batchId,
      ...(expectedCount === undefined ? {} : { expectedCount }),
      ...(by === undefined ? {} : { by }),
    });
    switch (sealed.kind) {
      case "sealed":
        feed.publish({ batchIds: [batchId] });
        fanIn.touch(batchId);
        return sealed.batch;
      case "mismatch": {
        const message = `batch ${batchId} has ${sealed.count} jobs, not ${expectedCount}`;
        throw new DroverError("FAILED_PRECONDITION", message, { reason: "COUNT_MISMATCH" });
      }
      case "cancelled":
        throw closed(batchId, "CANCELLED");
      case "lost":
        throw leaseLost(by?.jobId ?? "");
      default:
        return sealed satisfies never;
    }
  }

  /** A batch that this caller may add to and seal: an app those of no job, a page its own and the one it belongs to. */
  async #own(batchId: string, by: Holding | undefined): Promise<Batch> {
    const batch = await this.#read(batchId, "BASIC");
    if (batch.parentJobId === by?.jobId) return batch;
    if (by !== undefined) {
      const [job] = await this.#options.store.get([by.jobId], "BASIC");
      if (job?.batchId === batchId) return batch;
      throw new DroverError("PERMISSION_DENIED", `batch ${batchId} is not this job's`);
    }
    throw new DroverError("PERMISSION_DENIED", `batch ${batchId} is a job's: only its page may change it`);
  }

  async #read(batchId: string, view: JobView): Promise<Batch> {
    checkId(batchId, "batch_id");
    const [batch] = await this.#options.store.getBatches([batchId], view);
    if (batch === undefined) throw notFound("batch", batchId);
    return batch;
  }

  #withCounts(batch: Batch): Promise<BatchInfo> {
    return this.#options.counter.freshInfo(batch);
  }

  #accepted(jobs: readonly JobInput[]): NewJob[] {
    return jobs.map((job, index) => {
      const accepted = acceptedJob(job, `jobs[${index}]`, this.#options.policy, () => "");
      if (accepted instanceof DroverError) throw accepted;
      return { ...accepted, ...(job.childKey === undefined ? {} : { childKey: job.childKey }) };
    });
  }

  /** A caller's id may be used again once its job is pruned: the time tells the two apart. */
  async #origin(master: Holding | undefined): Promise<(string | number)[]> {
    if (master === undefined) return [""];
    const [job] = await this.#options.store.get([master.jobId], "BASIC");
    if (job === undefined) throw leaseLost(master.jobId);
    return [job.id, job.createTime];
  }

  #holding(token: string | undefined): Holding | undefined {
    return token === undefined ? undefined : this.#options.tokens.verify(token);
  }
}

function memberViolations(jobs: readonly JobInput[]): FieldViolation[] {
  const violations: FieldViolation[] = [];
  const places = new Map<string, number>();
  for (const [index, { id, childKey }] of jobs.entries()) {
    if (id !== undefined) {
      violations.push({ field: `jobs[${index}].id`, description: "does not apply to a member: its id is derived" });
    }
    if (childKey === undefined) continue;
    const first = places.get(childKey);
    if (first === undefined) places.set(childKey, index);
    else {
      const description = `is the same as that of jobs[${first}]`;
      violations.push({ field: `jobs[${index}].child_key`, description });
    }
  }
  return violations;
}

function refusalOf(
  result: Exclude<AddJobsResult, { kind: "added" }>,
  batchId: string,
  by: Holding | undefined,
): DroverError {
  switch (result.kind) {
    case "conflict":
      return new DroverError("ALREADY_EXISTS", `jobs[${result.index}] is in batch ${batchId} with other content`);
    case "sealed":
      return closed(batchId, "SEALED");
    case "cancelled":
      return closed(batchId, "CANCELLED");
    case "lost":
      return leaseLost(by?.jobId ?? "");
    default:
      return result satisfies never;
  }
}

function closed(batchId: string, reason: "SEALED" | "CANCELLED"): DroverError {
  return new DroverError("FAILED_PRECONDITION", `batch ${batchId} is ${reason.toLowerCase()}: it takes no more jobs`, {
    reason,
  });
}
