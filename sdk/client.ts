// What an app talks to: submits jobs, reads, watches, cancels and retries them. Each method is one call; how it is
// repeated is the channel's, what it carries is convert's.

import type { Transport } from "@connectrpc/connect";
import type { BatchOptions, TreeUpdate } from "./batch.js";
import { BatchHandle } from "./batch-handle.js";
import { Batches } from "./batches.js";
import { type CallOptions, Channel, type ChannelOptions } from "./channel.js";
import { fromWire, shownJob, toWire } from "./convert.js";
import { type DefinedJob, isDefined, type JobDefinition, jobInputOf } from "./define-job.js";
import { DefinedJobHandle } from "./defined-job-handle.js";
import { withJobId } from "./errors.js";
import type { FollowOptions } from "./follow.js";
import { JobState } from "./gen/drover/v1/job_pb.js";
import { JobView } from "./gen/drover/v1/job_service_pb.js";
import type { Job, JobInput, JobState as JobStateName } from "./job.js";
import { type JobCalls, JobHandle } from "./job-handle.js";
import { newJobId } from "./job-id.js";
import { Paged } from "./paging.js";
import { Queues } from "./queues.js";
import type { Schema } from "./schema.js";
import { type BatchJob, submitBatch } from "./submit-batch.js";
import { SubmitMany, type SubmitManyOptions } from "./submit-many.js";
import type { OwnTransport } from "./transport.js";
import { type WatchOptions, watchJob } from "./watch.js";
import { watchTree } from "./watch-batch.js";

export interface ClientOptions extends ChannelOptions {
  /**
   * `host:port` or a URL. In Node the gRPC door, default http://127.0.0.1:7070; in a browser the HTTP door, default
   * where the page came from.
   */
  readonly address?: string | undefined;
  /** Any transport of Connect, instead of `address`. It is not closed with the client. */
  readonly transport?: Transport | undefined;
  /** Where the pages of definitions are: `https://app.example`, with a path before theirs if there is one. */
  readonly pages?: string | undefined;
}

/** A batch that no master makes. */
export interface AppBatchOptions extends BatchOptions, CallOptions {
  /**
   * 1 to 128 of `A-Z a-z 0-9 . _ : -`. The same key with the same jobs is the same batch, and goes on where it was
   * broken off; other jobs are ALREADY_EXISTS, more are SEALED and fewer COUNT_MISMATCH once it is sealed. Default: a new
   * UUIDv7.
   */
  readonly key?: string;
}

/** Which jobs a list holds. A combination without an index is INVALID_ARGUMENT. */
/** Filters that go together: none; `state`; `queue`; `queue` and `state`; `kind`; `batchId`; `parentJobId`; `label`. */
export interface JobFilter extends CallOptions {
  readonly queue?: string | undefined;
  readonly state?: JobStateName | undefined;
  readonly kind?: string | undefined;
  /** Only members of this batch. */
  readonly batchId?: string | undefined;
  /** Only children of this master. */
  readonly parentJobId?: string | undefined;
  /** `key=value`. */
  readonly label?: string | undefined;
  /** Jobs in one page: 1 to 1,000. Default: 100. */
  readonly pageSize?: number | undefined;
  /** FULL shows payloads and results too. Default: BASIC. */
  readonly view?: "BASIC" | "FULL" | undefined;
  /** Default: newest first. */
  readonly oldestFirst?: boolean | undefined;
}

export interface JobPage {
  readonly jobs: readonly Job[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/**
 * One client has one channel: make one and share it. All methods reject with DroverError and nothing else; UNAVAILABLE
 * and DEADLINE_EXCEEDED only after the tries that `retry` and `timeoutMs` allow.
 */
export class DroverClient implements JobCalls {
  readonly queues: Queues;
  readonly batches: Batches;
  readonly #channel: Channel;
  readonly #pages: string | undefined;

  constructor(channel: Channel, pages?: string) {
    this.#channel = channel;
    this.#pages = pages;
    this.queues = new Queues(channel);
    this.batches = new Batches(channel);
  }

  /** See `createClient`, which is this with the transport of the place where it runs. */
  static over(open: (address: string | undefined) => OwnTransport, options: ClientOptions): DroverClient {
    const { transport, address, pages, ...rest } = options;
    if (transport !== undefined) return new DroverClient(new Channel(transport, () => undefined, rest), pages);
    const own = open(address);
    return new DroverClient(new Channel(own, () => own.close(), rest), pages);
  }

  /**
   * Stores one job; when it resolves the job is durable. INVALID_ARGUMENT with `violations`; ALREADY_EXISTS for an id
   * that has other content; PERMISSION_DENIED for a page that may not be called. After UNAVAILABLE, DEADLINE_EXCEEDED and
   * CANCELLED it may be stored: the message has its id, under which it can be submitted again.
   */
  async submit(job: JobInput, options?: CallOptions): Promise<JobHandle>;
  /** The same for a job of a definition, as `definition.job(input)` makes it: its result has a type. */
  async submit<J extends DefinedJob>(
    job: J,
    options?: CallOptions,
  ): Promise<DefinedJobHandle<J["definition"]["result"]>>;
  async submit(given: JobInput | DefinedJob, options?: CallOptions): Promise<JobHandle | DefinedJobHandle<Schema>> {
    const input = isDefined(given) ? await jobInputOf(given, this.#pages) : given;
    const job = toWire(input, input.id ?? newJobId());
    const stored = this.#channel.call((wire) => this.#channel.jobs.submitJob({ job }, wire), options);
    const { existing } = await stored.catch((error: unknown) => {
      throw withJobId(error, job.id);
    });
    const handle = new JobHandle(this, job.id, existing);
    return isDefined(given) ? new DefinedJobHandle(handle, given.definition.result) : handle;
  }

  /**
   * Stores any number of unrelated jobs, in calls of up to 1,000 jobs and 3 MiB, a few of them under way. Results come
   * in the order of the jobs; a bad job fails alone, and a call that fails gives its error to each of its jobs.
   * `await` it for an array, or iterate it: nothing is sent before.
   */
  submitMany(
    jobs: Iterable<JobInput | DefinedJob> | AsyncIterable<JobInput | DefinedJob>,
    options?: SubmitManyOptions,
  ): SubmitMany {
    return new SubmitMany(this.#channel, jobs, this.#pages, options);
  }

  /**
   * Stores any number of jobs as one batch, in chunks of up to 1,000 jobs and 3 MiB, a few of them under way, and
   * resolves when it is sealed. INVALID_ARGUMENT names a job by its place, such as `jobs[17].input`.
   */
  async batch(jobs: Iterable<BatchJob> | AsyncIterable<BatchJob>, options: AppBatchOptions = {}): Promise<BatchHandle> {
    const { key = newJobId(), signal, timeoutMs, ...rest } = options;
    const plan = { key, options: rest, pages: this.#pages, ofMaster: false };
    const { id, existing } = await submitBatch(this.#channel, plan, jobs, { signal, timeoutMs });
    return new BatchHandle(this.batches, id, existing);
  }

  /** One job, whole. NOT_FOUND. */
  async get(id: string, options?: CallOptions): Promise<Job> {
    return shownJob(await this.#channel.call((wire) => this.#channel.jobs.getJob({ jobId: id }, wire), options));
  }

  /**
   * Jobs in order of creation: iterate it for all, or call `page` on it for one page. INVALID_ARGUMENT for filters that
   * do not go together.
   */
  list(filter: JobFilter = {}): Paged<JobPage, Job> {
    const { queue = "", kind = "", batchId = "", parentJobId = "", label = "" } = filter;
    const { pageSize = 0, oldestFirst = false } = filter;
    const state = filter.state === undefined ? JobState.UNSPECIFIED : JobState[filter.state];
    const view = filter.view === undefined ? JobView.UNSPECIFIED : JobView[filter.view];
    return new Paged<JobPage, Job>(
      async (pageToken) => {
        const filters = { queue, state, kind, batchId, parentJobId, label };
        const request = { ...filters, pageSize, pageToken, view, oldestFirst };
        const page = await this.#channel.call((wire) => this.#channel.jobs.listJobs(request, wire), filter);
        return { jobs: page.jobs.map(fromWire), nextPageToken: page.nextPageToken };
      },
      (page) => page.jobs,
    );
  }

  /**
   * Cancels a job with all below it, and returns it as it is now: a running one ends a little later, one that has ended
   * is unchanged. The reason is for people, at most 1,024 characters. INVALID_ARGUMENT for a longer one; NOT_FOUND.
   */
  async cancel(id: string, reason = "", options?: CallOptions): Promise<Job> {
    const request = { jobId: id, reason };
    return shownJob(await this.#channel.call((wire) => this.#channel.jobs.cancelJob(request, wire), options));
  }

  /**
   * Makes a new job of one that failed or was cancelled; asked again, returns the same. FAILED_PRECONDITION with
   * reason NOT_RETRYABLE for any other; NOT_FOUND.
   */
  async retry(id: string, options?: CallOptions): Promise<JobHandle> {
    const answer = await this.#channel.call((wire) => this.#channel.jobs.retryJob({ jobId: id }, wire), options);
    return new JobHandle(this, shownJob(answer).id, answer.existing);
  }

  /**
   * The job now, then each newer state, and always the one in which it ended; then the loop ends. Reconnects by itself.
   * NOT_FOUND.
   */
  watch(id: string, options?: WatchOptions): AsyncGenerator<Job> {
    return watchJob(this.#channel, id, options);
  }

  /**
   * The root of a tree and the batches below it with their counts, then each change, and always the root's end; then the
   * loop ends. Reconnects by itself. NOT_FOUND.
   */
  watchTree(rootJobId: string, options?: FollowOptions): AsyncGenerator<TreeUpdate> {
    return watchTree(this.#channel, rootJobId, options);
  }

  /** A handle of a job that was submitted elsewhere. Calls nothing. */
  job(id: string): JobHandle;
  /** The same for a job of this definition: its result has a type. */
  job<D extends JobDefinition>(id: string, definition: D): DefinedJobHandle<D["result"]>;
  job(id: string, definition?: JobDefinition): JobHandle | DefinedJobHandle<Schema> {
    const handle = new JobHandle(this, id);
    return definition === undefined ? handle : new DefinedJobHandle(handle, definition.result);
  }

  /** Ends all calls and watches with CANCELLED and closes the connections. Idempotent. */
  async close(): Promise<void> {
    this.#channel.close();
  }
}
