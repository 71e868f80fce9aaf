// Many unrelated jobs: cut into calls by count and by bytes, a few calls under way, results in the order of the jobs.
// Holds no more jobs than are under way, so an endless source is fine.

import type { CallOptions, Channel } from "./channel.js";
import { toWire, wireBytesAtMost } from "./convert.js";
import { type DefinedJob, isDefined, jobInputOf } from "./define-job.js";
import { DroverError, invalid, renamed } from "./errors.js";
import type { Job as WireJob } from "./gen/drover/v1/job_pb.js";
import type { SubmitJobResult } from "./gen/drover/v1/job_service_pb.js";
import type { JobInput } from "./job.js";
import { newJobId } from "./job-id.js";
import { limits } from "./limits.js";

type Jobs = Iterable<JobInput | DefinedJob> | AsyncIterable<JobInput | DefinedJob>;

/** What became of one job. `existing`: the same job was there already. */
export type SubmitResult = { readonly jobId: string; readonly existing: boolean } | { readonly error: DroverError };

export interface SubmitManyOptions extends CallOptions {
  /** Calls under way at the same time, 1 to 64. Default: 3. */
  readonly callsInFlight?: number | undefined;
}

/**
 * Await it for all results as an array; or iterate it, for more jobs than memory should hold. Nothing is sent until
 * one or the other; each time, all of it is sent. Throws what the source of the jobs throws, and CANCELLED.
 */
export class SubmitMany implements Promise<SubmitResult[]>, AsyncIterable<SubmitResult> {
  readonly [Symbol.toStringTag] = "SubmitMany";
  readonly #channel: Channel;
  readonly #jobs: Jobs;
  readonly #pages: string | undefined;
  readonly #options: SubmitManyOptions;

  /** @param pages where the pages of definitions are. */
  constructor(channel: Channel, jobs: Jobs, pages: string | undefined, options: SubmitManyOptions = {}) {
    this.#channel = channel;
    this.#jobs = jobs;
    this.#pages = pages;
    this.#options = options;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is to be awaited.
  then<A = SubmitResult[], B = never>(
    done?: ((results: SubmitResult[]) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#all().then(done, failed);
  }

  catch<B = never>(failed?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<SubmitResult[] | B> {
    return this.#all().catch(failed);
  }

  finally(done?: (() => void) | null): Promise<SubmitResult[]> {
    return this.#all().finally(done);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SubmitResult> {
    for await (const results of this.#calls()) yield* results;
  }

  async #all(): Promise<SubmitResult[]> {
    const all: SubmitResult[] = [];
    for await (const results of this.#calls()) for (const result of results) all.push(result);
    return all;
  }

  /** The results of one call after the other. */
  async *#calls(): AsyncGenerator<readonly SubmitResult[]> {
    const { callsInFlight = limits.callsInFlight } = this.#options;
    if (!(callsInFlight >= 1 && callsInFlight <= limits.maxCallsInFlight)) {
      throw invalid("callsInFlight", `must be 1 to ${limits.maxCallsInFlight}`);
    }
    const underWay: Promise<CallResults>[] = [];
    for await (const set of setsOf(this.#jobs, this.#pages)) {
      underWay.push(this.#submit(set));
      if (underWay.length >= callsInFlight) yield resultsOf(await (underWay.shift() as Promise<CallResults>));
    }
    for (const results of underWay) yield resultsOf(await results);
  }

  /** Never rejects: nobody may be there to see it. A call that fails gives its error to each of its jobs. */
  async #submit(set: JobSet): Promise<CallResults> {
    const { jobs, errors } = set;
    if (jobs.length === 0) return errors.map((error) => ({ error: error as DroverError }));
    let answer: (index: number) => SubmitResult;
    try {
      const { results } = await this.#channel.call(
        (wire) => this.#channel.jobs.submitJobs({ jobs }, wire),
        this.#options,
      );
      answer = (index) => resultOf(results[index]);
    } catch (thrown) {
      const error = DroverError.from(thrown);
      if (error.code === "CANCELLED") return error;
      answer = () => ({ error });
    }
    let sent = 0;
    return errors.map((error) => (error === undefined ? answer(sent++) : { error }));
  }
}

/** Or, where the caller gave up or closed the client, why there are none and no more are to be sent. */
type CallResults = readonly SubmitResult[] | DroverError;

function resultsOf(results: CallResults): readonly SubmitResult[] {
  if (results instanceof DroverError) throw results;
  return results;
}

/** The jobs of one call. `errors` has an entry for each job that was given; `jobs` lacks those that cannot be sent. */
interface JobSet {
  readonly jobs: WireJob[];
  readonly errors: (DroverError | undefined)[];
  bytes: number;
}

async function* setsOf(given: Jobs, pages: string | undefined): AsyncGenerator<JobSet> {
  let set = emptySet();
  const add = (job: WireJob | DroverError): JobSet | undefined => {
    const bytes = job instanceof DroverError ? 0 : wireBytesAtMost(job);
    let full: JobSet | undefined;
    if (set.errors.length > 0 && (set.errors.length >= limits.jobsPerCall || set.bytes + bytes > limits.bytesPerCall)) {
      full = set;
      set = emptySet();
    }
    if (!(job instanceof DroverError)) set.jobs.push(job);
    set.errors.push(job instanceof DroverError ? job : undefined);
    set.bytes += bytes;
    return full;
  };
  // Waiting for each of a million jobs that are there would take longer than to send them.
  if (Symbol.iterator in given) {
    for (const job of given) {
      const full = add(isDefined(job) ? await wireOfDefined(job, pages) : wireOf(job));
      if (full !== undefined) yield full;
    }
  } else {
    for await (const job of given) {
      const full = add(isDefined(job) ? await wireOfDefined(job, pages) : wireOf(job));
      if (full !== undefined) yield full;
    }
  }
  if (set.errors.length > 0) yield set;
}

function emptySet(): JobSet {
  return { jobs: [], errors: [], bytes: 0 };
}

function wireOf(input: JobInput): WireJob | DroverError {
  try {
    return toWire(input, input.id ?? newJobId());
  } catch (thrown) {
    return DroverError.from(thrown);
  }
}

async function wireOfDefined(job: DefinedJob, pages: string | undefined): Promise<WireJob | DroverError> {
  try {
    return wireOf(await jobInputOf(job, pages));
  } catch (thrown) {
    return DroverError.from(thrown);
  }
}

function resultOf(result: SubmitJobResult | undefined): SubmitResult {
  if (result === undefined) return { error: new DroverError("INTERNAL", "the server did not answer for this job") };
  if (result.error !== undefined) return { error: ofOneJob(DroverError.from(result.error)) };
  return { jobId: result.jobId, existing: result.existing };
}

/** The server names a job by its place in the call, which the caller does not know; the result stands for the job. */
function ofOneJob(error: DroverError): DroverError {
  return renamed(error, (text) => text.replace(/\bjobs\[\d+\](?=[.:])/g, "job"));
}
