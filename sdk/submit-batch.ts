// A batch on its way to the server: created with its first chunk, the others appended a few at a time, then sealed. Every
// call may be repeated after a lost answer. Holds no more jobs than are under way, so any length is fine.

import type { BatchOptions } from "./batch.js";
import type { CallOptions, Channel } from "./channel.js";
import { type Chunk, chunksOf } from "./chunks.js";
import { contentToWire } from "./convert.js";
import { batchToWire } from "./convert-batch.js";
import { type DefinedJob, isDefined, jobInputOf } from "./define-job.js";
import { DroverError, invalid, renamed } from "./errors.js";
import { BatchState, type Batch as WireBatch } from "./gen/drover/v1/batch_pb.js";
import type { Job as WireJob } from "./gen/drover/v1/job_pb.js";
import type { JobInput } from "./job.js";
import { limits } from "./limits.js";

/** A job of a batch that no definition describes. The server names it. */
export interface BatchJobInput extends Omit<JobInput, "id"> {
  /**
   * In a batch of a master: which child it is, 1 to 128 of `A-Z a-z 0-9 . _ : -`. Default: from what it calls with what.
   */
  readonly childKey?: string;
}

/** A job to be a member of a batch. */
export type BatchJob = DefinedJob | BatchJobInput;

export interface BatchPlan {
  readonly key: string;
  readonly options: BatchOptions;
  /** Where the pages of definitions are. */
  readonly pages: string | undefined;
  /** Children have keys of their own: a further attempt adds those that are missing, in whatever order they come. */
  readonly ofMaster: boolean;
}

/**
 * Resolves when all jobs are stored and the batch is sealed. INVALID_ARGUMENT names a job by its place among `jobs`.
 * What has been stored stays: the same again goes on from there.
 */
export async function submitBatch(
  channel: Channel,
  plan: BatchPlan,
  jobs: Iterable<BatchJob> | AsyncIterable<BatchJob>,
  options: CallOptions,
): Promise<{ readonly id: string; readonly existing: boolean }> {
  const batch = await wireBatchOf(plan);
  const chunks = chunksOf(jobs, plan);
  let sending: Sending | undefined;
  try {
    const first = await chunks.next();
    const second = first.done ? first : await chunks.next();
    const open = !second.done;
    const create = (jobs: WireJob[], open: boolean) =>
      placed(first.value, () => channel.call((wire) => channel.jobs.submitBatch({ batch, jobs, open }, wire), options));
    const answer = await create(first.value?.jobs ?? [], open).catch((error: unknown) => {
      // An attempt before made the batch with other children first. Without any, it is found as it is.
      if (plan.ofMaster && isOfAnother(error)) return create([], true);
      throw error;
    });
    const { existing } = answer;
    const stored = storedBatch(answer);
    // Sealed, by this call or by an attempt before: it has all its jobs. Whether an app's has the same jobs is asked for.
    if (stored.state !== BatchState.OPEN && (plan.ofMaster || !existing)) return { id: stored.id, existing };
    // An app's batch that is continued is known by its chunks: none is sent before it is seen that the last one was it.
    const inFlight = existing && !plan.ofMaster ? 1 : limits.chunksInFlight;
    sending = new Sending(channel, stored.id, options, inFlight);
    // What is stored may be the first chunk of another order: by their keys its children are found or added.
    if (existing && plan.ofMaster && !first.done) await sending.add(first.value);
    if (!second.done) await sending.add(second.value);
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) await sending.add(next.value);
    await sending.end();
    // A master's batch may hold more than were given now: what an attempt before gave stays.
    const expected = plan.ofMaster ? {} : { expectedJobCount: BigInt(sending.total + (first.value?.jobs.length ?? 0)) };
    await channel.call((wire) => channel.jobs.sealBatch({ batchId: stored.id, ...expected }, wire), options);
    return { id: stored.id, existing };
  } finally {
    await chunks.return(undefined);
    await sending?.settled();
  }
}

/** Chunks on their way, a few at a time. */
class Sending {
  /** Jobs handed over. */
  total = 0;
  readonly #channel: Channel;
  readonly #batchId: string;
  readonly #options: CallOptions;
  readonly #inFlight: number;
  readonly #underWay = new Set<Promise<void>>();
  #failure: DroverError | undefined;

  constructor(channel: Channel, batchId: string, options: CallOptions, inFlight: number) {
    this.#channel = channel;
    this.#batchId = batchId;
    this.#options = options;
    this.#inFlight = inFlight;
  }

  /** Resolves when the next may be added. Rejects, when none is under way any more, once one has failed. */
  async add(chunk: Chunk): Promise<void> {
    this.total += chunk.jobs.length;
    const sent = this.#send(chunk);
    this.#underWay.add(sent);
    void sent.then(() => this.#underWay.delete(sent));
    if (this.#underWay.size >= this.#inFlight) await Promise.race(this.#underWay);
    if (this.#failure !== undefined) await this.end();
  }

  /** Resolves when none is under way any more, whatever became of them. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Resolves when all are stored. */
  async end(): Promise<void> {
    await this.settled();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Never rejects: nobody may be there to see it. */
  async #send(chunk: Chunk): Promise<void> {
    const request = { batchId: this.#batchId, chunkKey: chunk.key, jobs: chunk.jobs };
    try {
      await placed(chunk, () => this.#channel.call((wire) => this.#channel.jobs.addJobs(request, wire), this.#options));
    } catch (error) {
      this.#failure ??= DroverError.from(error);
    }
  }
}

function isOfAnother(error: unknown): boolean {
  return error instanceof DroverError && (error.reason === "SEALED" || error.code === "ALREADY_EXISTS");
}

async function wireBatchOf({ key, options, pages }: BatchPlan): Promise<WireBatch> {
  const { onComplete } = options;
  if (onComplete === undefined) return batchToWire(key, options, undefined);
  const input = isDefined(onComplete) ? await jobInputOf(onComplete, pages) : onComplete;
  if (input.id !== undefined) throw invalid("onComplete.id", "is the server's to give");
  return batchToWire(key, options, contentToWire(input));
}

/** The server names a job by its place in the call; the caller knows its place among all. */
async function placed<T>(chunk: Chunk | undefined, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const start = chunk?.start ?? 0;
    const rename = (text: string) =>
      text.replace(/\bjobs\[(\d+)\](?=[.:])/g, (_, index) => `jobs[${start + Number(index)}]`);
    throw renamed(DroverError.from(error), rename);
  }
}

function storedBatch({ batch }: { readonly batch?: WireBatch | undefined }): WireBatch {
  if (batch === undefined) throw new DroverError("INTERNAL", "the server's answer holds no batch");
  return batch;
}
