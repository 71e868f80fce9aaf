// A small engine in memory, for tests of the doors: it keeps jobs, checks them by the rules of core/submission.ts and
// lets them be watched. The real one is tested elsewhere, with the doors in front.

import { setImmediate as nextTurn } from "node:timers/promises";
import { type BatchInput, batchSpecOf } from "../../../server/core/batch-submission.js";
import { DroverError, invalid, leaseLost, notFound } from "../../../server/core/errors.js";
import { isTerminal, type Job } from "../../../server/core/job.js";
import type { QueueInfo } from "../../../server/core/store.js";
import { type JobInput, specOf, violationsOf } from "../../../server/core/submission.js";
import type {
  BatchInfo,
  BatchUpdate,
  Engine,
  ListQuery,
  SubmitResult,
  TreeUpdate,
} from "../../../server/engine/api.js";

export const LEASE_TOKEN = "lease-token-that-never-leaves";

export function jobOf(overrides: Partial<Job> = {}): Job {
  const spec = specOf({ id: "j1", endpoint: { url: "http://page.test/do" } }, () => "j1");
  const time = 1_700_000_000_000;
  return {
    ...spec,
    state: "PENDING",
    attemptCount: 0,
    interruptedCount: 0,
    busyCount: 0,
    fence: 0,
    availableTime: time,
    attempts: [],
    depth: 0,
    batchIds: [],
    createTime: time,
    updateTime: time,
    revision: 1,
    ...overrides,
  };
}

export function batchInfoOf(overrides: Partial<BatchInfo> = {}): BatchInfo {
  const time = 1_700_000_000_000;
  return {
    ...batchSpecOf({ key: "users" }),
    id: "b1",
    state: "OPEN",
    depth: 0,
    above: [],
    counts: { total: 3, pending: 1, running: 0, waiting: 0, succeeded: 1, failed: 1, cancelled: 0 },
    createTime: time,
    updateTime: time,
    revision: 1,
    ...overrides,
  };
}

export class SmallEngine implements Engine {
  readonly stored = new Map<string, Job>();
  readonly inputs: JobInput[] = [];
  readonly tokens: string[] = [];
  queries: ListQuery[] = [];
  /** Every call fails with it. */
  broken: unknown;
  storeAnswers = true;
  /** Streams under way, and what waits for their number to change. */
  watching = 0;
  /** States that a watch of "flood" has given out: it yields as fast as it is asked. */
  flooded = 0;
  readonly #changed = new Set<() => void>();

  put(job: Job): void {
    this.stored.set(job.id, job);
    this.#wake();
  }

  /** Resolves once it holds; looks again whenever something changes. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#changed.add(resolve));
  }

  /** Resolves once nobody asked the flood for more in many turns of the event loop. */
  async floodStands(): Promise<number> {
    let seen = -1;
    for (let still = 0; still < 2_000 || this.flooded === 0; still++) {
      if (this.flooded !== seen) still = 0;
      seen = this.flooded;
      await nextTurn();
    }
    return seen;
  }

  readonly submitter = {
    submit: async (inputs: readonly JobInput[], pathOf: (index: number) => string): Promise<SubmitResult[]> => {
      this.#check();
      this.inputs.push(...inputs);
      return inputs.map((input, index) => {
        const violations = violationsOf(input, pathOf(index));
        if (violations.length > 0) return invalid(violations);
        const job = jobOf(specOf(input, () => `made-${this.stored.size}`));
        const known = this.stored.get(job.id);
        if (known !== undefined) return { job: known, existing: true };
        this.stored.set(job.id, job);
        return { job, existing: false };
      });
    },
  };

  readonly jobs = {
    get: async (id: string) => this.#get(id),
    list: async (query: ListQuery) => {
      this.#check();
      this.queries.push(query);
      return { jobs: [...this.stored.values()], nextPageToken: "next" };
    },
    cancel: async (id: string, reason: string) => ({ ...this.#get(id), cancel: { reason, time: 1 } }),
    retry: async (id: string) => ({ job: jobOf({ id: "~again", retryOf: this.#get(id).id }), existing: true }),
  };

  readonly attempts = {
    report: async (token: string) => {
      this.#check();
      this.tokens.push(token);
      if (token === "stale") throw leaseLost("j1");
      return { cancelRequested: true, leaseExpireTime: 1_700_000_000_500 };
    },
    complete: async (token: string, result: Uint8Array, resultContentType: string) => {
      this.tokens.push(token);
      return jobOf({ state: "SUCCEEDED", stateReason: "OK", result, resultContentType });
    },
    fail: async (token: string, failure: { message: string; retryable: boolean; retryDelayMs?: number }) => {
      this.tokens.push(token);
      return jobOf({ failure: { reason: "REPORTED", message: JSON.stringify(failure), time: 1 } });
    },
  };

  readonly queues = {
    list: async () => ({ queues: [this.#queue("default", false)], nextPageToken: "" }),
    get: async (name: string) => {
      if (name !== "default") throw notFound("queue", name);
      return this.#queue(name, false);
    },
    pause: async (name: string) => this.#queue(name, true),
    resume: async (name: string) => this.#queue(name, false),
    purge: async () => 7,
  };

  readonly batches = {
    submit: async (input: BatchInput, jobs: readonly JobInput[], open: boolean, token: string | undefined) => {
      this.#check();
      if (token !== undefined) this.tokens.push(token);
      this.inputs.push(...jobs);
      const state = open ? ("OPEN" as const) : ("RUNNING" as const);
      const batch = batchInfoOf({ ...batchSpecOf(input), state });
      return { batch, jobIds: jobs.map((_, index) => `~m${index}`), existing: false };
    },
    add: async (_batchId: string, chunkKey: string, jobs: readonly JobInput[]) =>
      jobs.map((_, index) => `~${chunkKey}${index}`),
    seal: async (id: string, expectedCount: number | undefined) =>
      batchInfoOf({ id, state: "RUNNING", total: expectedCount ?? 3, sealTime: 1_700_000_000_001 }),
    get: async (id: string) => {
      if (id !== "b1") throw notFound("batch", id);
      return batchInfoOf();
    },
    list: async () => ({ batches: [batchInfoOf()], nextPageToken: "next" }),
    cancel: async (id: string, reason: string) =>
      batchInfoOf({ id, state: "RUNNING", cancel: { kind: "EXPLICIT", reason, time: 1 } }),
    retry: async (id: string) => ({ batch: batchInfoOf({ id: "~again", retryOf: id }), existing: true }),
  };

  readonly batchWatcher = {
    watchBatch: async function* (id: string): AsyncGenerator<BatchUpdate | undefined> {
      yield { batch: batchInfoOf({ id }), members: [jobOf({ batchId: id })], snapshotComplete: true };
      yield undefined;
      yield { batch: batchInfoOf({ id, state: "SUCCEEDED", revision: 2 }), members: [], snapshotComplete: true };
    },
    watchTree: async function* (id: string): AsyncGenerator<TreeUpdate | undefined> {
      yield { root: jobOf({ id, batchIds: ["b1"] }), batches: [batchInfoOf({ parentJobId: id })] };
    },
  };

  readonly watcher = { watch: this.#watch.bind(this) };

  async ping(): Promise<void> {
    if (!this.storeAnswers) throw new DroverError("UNAVAILABLE", "the store cannot be reached");
  }

  async *#watch(id: string, afterRevision: number | undefined, signal: AbortSignal): AsyncGenerator<Job | undefined> {
    let seen = afterRevision ?? -1;
    this.#get(id);
    this.watching += 1;
    this.#wake();
    const leave = () => this.#wake();
    signal.addEventListener("abort", leave, { once: true });
    try {
      while (!signal.aborted) {
        const job = this.#get(id);
        if (id === "flood") {
          this.flooded += 1;
          yield {
            ...job,
            revision: this.flooded,
            failure: { reason: "NETWORK", message: "x".repeat(64 * 1024), time: 1 },
          };
        } else if (job.revision > seen || isTerminal(job.state)) {
          seen = job.revision;
          yield job;
          if (isTerminal(job.state)) return;
        } else await new Promise<void>((resolve) => this.#changed.add(resolve));
      }
    } finally {
      this.watching -= 1;
      this.#wake();
    }
  }

  #get(id: string): Job {
    this.#check();
    const job = this.stored.get(id);
    if (job === undefined) throw notFound("job", id);
    return job;
  }

  #check(): void {
    if (this.broken !== undefined) throw this.broken;
  }

  #queue(name: string, paused: boolean): QueueInfo {
    return { name, paused, counts: { pending: 1, scheduled: 2, running: 3 }, oldestAvailableTime: 1_700_000_000_000 };
  }

  #wake(): void {
    const waiting = [...this.#changed];
    this.#changed.clear();
    for (const wake of waiting) wake();
  }
}
