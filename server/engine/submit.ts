// The way in: checks what a caller asks for, gives it defaults and a digest, and stores it. Calls that come at the
// same time share one durable write.

import type { EndpointPolicy } from "../core/caller.js";
import type { Chance, Clock } from "../core/clock.js";
import { DroverError } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import { startTimeOf, storedJob } from "../core/insertion.js";
import type { NewJob } from "../core/job.js";
import { limits } from "../core/limits.js";
import type { Observer } from "../core/observer.js";
import type { InsertResult, JobStore } from "../core/store.js";
import type { JobInput } from "../core/submission.js";
import { acceptedJob } from "./accept.js";
import type { SubmitResult, Submitting } from "./api.js";
import type { DueTimes } from "./due-times.js";
import { Gatherer } from "./gather.js";

export interface SubmitterOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly policy: EndpointPolicy;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly observer: Observer;
  readonly dueTimes: DueTimes;
}

export class Submitter implements Submitting {
  readonly #options: SubmitterOptions;
  readonly #inserts: Gatherer<readonly NewJob[], readonly SubmitResult[]>;

  constructor(options: SubmitterOptions) {
    this.#options = options;
    this.#inserts = new Gatherer({
      clock: options.clock,
      secondAt: limits.secondInsertAt,
      write: (calls) => this.#insert(calls),
      bytesOf: (jobs) => jobs.reduce((sum, job) => sum + job.payload.length, 0),
    });
  }

  /** One result for each job, in order: a bad one fails alone. */
  async submit(inputs: readonly JobInput[], pathOf: (index: number) => string): Promise<readonly SubmitResult[]> {
    const { policy, chance } = this.#options;
    const jobs: NewJob[] = [];
    const checked = inputs.map((input, index) => {
      const job = acceptedJob(input, pathOf(index), policy, () => chance.id());
      if (!(job instanceof DroverError)) jobs.push(job);
      return job;
    });
    const stored = jobs.length === 0 ? [] : await this.#inserts.add(jobs);
    let next = 0;
    return checked.map((job) => (job instanceof DroverError ? job : (stored[next++] as SubmitResult)));
  }

  /** Joins the jobs of several calls into one insert and hands each call its own results. */
  async #insert(calls: readonly (readonly NewJob[])[]): Promise<readonly (readonly SubmitResult[])[]> {
    const { store, observer, dueTimes } = this.#options;
    const jobs = calls.length === 1 ? (calls[0] as readonly NewJob[]) : calls.flat();
    const asked = store.now();
    const storing = store.insert(jobs);
    // Where the claim is made behind it, and can share its commit.
    const isTold = (job: NewJob) => store.inOrder && startTimeOf(job, asked) <= asked;
    this.#tellQueues(jobs.filter(isTold));
    const inserted = await storing;
    const due: NewJob[] = [];
    const now = store.now();
    let stored = 0;
    const results = jobs.map((given, index): SubmitResult => {
      const result = storedJob(given, inserted[index] as InsertResult);
      if (result === undefined) return new DroverError("ALREADY_EXISTS", `job ${given.id} exists with other content`);
      if (result.existing) return result;
      stored += 1;
      const { availableTime = now } = result.job;
      if (availableTime > now) dueTimes.add(availableTime - now);
      else if (!isTold(given)) due.push(given);
      return result;
    });
    observer.submitted(stored);
    this.#tellQueues(due);
    let start = 0;
    return calls.map((call) => {
      const end = start + call.length;
      const own = results.slice(start, end);
      start = end;
      return own;
    });
  }

  /** That they have jobs to claim. */
  #tellQueues(jobs: readonly NewJob[]): void {
    const queues = new Set(jobs.map(({ queue }) => queue));
    if (queues.size > 0) this.#options.feed.publish({ queues: [...queues] });
  }
}
