// Generated sequences of every verb against the model: whatever callers, holders and stale holders do in whatever
// order, each job moves along the edges of core/transition.ts and no stale token changes anything.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NewJob } from "../../server/core/job.js";
import { isTerminal } from "../../server/core/job.js";
import type { JobStore } from "../../server/core/store.js";
import { claim, insertAll, LONG_MS, newJob, OUTCOMES, read, settlement } from "../support/jobs.js";
import type { StoreUnderTest } from "./store-contract.js";
import { decide, Model, type ModelJob } from "./store-model.js";

type Run = (model: Model, store: JobStore) => Promise<void>;
type Outcome = keyof typeof OUTCOMES;

const QUEUES = ["a", "b", "c"];
const LEASES = [0, LONG_MS];
const FAR_TIME = 4_000_000_000_000;

class Step implements fc.AsyncCommand<Model, JobStore> {
  readonly #name: string;
  readonly #run: Run;

  constructor(name: string, args: unknown, run: Run) {
    this.#name = `${name} ${JSON.stringify(args)}`;
    this.#run = run;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, store: JobStore): Promise<void> {
    await this.#run(model, store);
    await model.compare(store);
  }

  toString(): string {
    return this.#name;
  }
}

function step<T>(name: string, args: fc.Arbitrary<T>, run: (args: T) => Run): fc.Arbitrary<Step> {
  return args.map((given) => new Step(name, given, run(given)));
}

const index = fc.nat(20);
const leaseMs = fc.constantFrom(...LEASES);
const queue = fc.constantFrom(...QUEUES);
const limit = fc.integer({ min: 1, max: 4 });
/** Whose token: the holder's, an older one of the same job, another job's, or one that never was. */
const whose = fc.constantFrom("own", "own", "own", "old", "other", "unknown");

/** The same content for the same arguments, so that a repeat is one. */
interface Content {
  readonly id: number;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly start: "now" | "later" | "late";
  readonly keep: boolean;
}

const content: fc.Arbitrary<Content> = fc.record({
  id: fc.nat(6),
  queue,
  priority: fc.integer({ min: -1, max: 1 }),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  start: fc.constantFrom("now", "now", "now", "now", "later", "late"),
  keep: fc.boolean(),
});

function jobFrom({ id, start, keep, ...rest }: Content): NewJob {
  return newJob({
    ...rest,
    id: `job-${id}`,
    start: start === "later" ? { time: FAR_TIME } : { delayMs: 0 },
    ...(start === "late" ? { deadlineTime: 1_000 } : {}),
    ...(keep ? {} : { retentionMs: 0 }),
  });
}

function tokenFor(who: string, job: ModelJob, model: Model): string {
  if (who === "own") return job.token ?? job.lastToken ?? "never";
  if (who === "old") return job.tokens.at(-2) ?? "never";
  if (who === "other") return [...model.jobs.values()].find((each) => each !== job && each.token)?.token ?? "never";
  return "never";
}

const insert = step("insert", fc.array(content, { minLength: 1, maxLength: 4 }), (contents) => async (model, store) => {
  const jobs = contents.map(jobFrom);
  const results = await insertAll(store, jobs);
  for (const [i, job] of jobs.entries()) {
    const present = model.jobs.get(job.id);
    const result = results[i];
    if (present === undefined) {
      expect(result).toMatchObject({ kind: "stored", existing: false, job: { id: job.id, state: "PENDING" } });
      model.add(job, contents[i]?.start !== "later");
    } else if (Buffer.compare(present.spec.digest, job.digest) === 0) {
      expect(result).toMatchObject({ kind: "stored", existing: true, job: { id: job.id } });
    } else expect(result).toEqual({ kind: "conflict" });
  }
});

const take = step("claim", fc.record({ count: limit, leaseMs, afterQueue: queue }), (given) => async (model, store) => {
  const may = model.claimable();
  const { jobs, passedOver } = await claim(store, given);
  expect(jobs.length).toBeLessThanOrEqual(given.count);
  const looked = new Set([...jobs.map((job) => job.id), ...passedOver.map(({ jobId }) => jobId)]);
  expect(looked.size).toBe(jobs.length + passedOver.length);
  // Fewer than asked for means that there are no more: a dispatcher then waits for a wake-up.
  expect(looked.size).toBeGreaterThanOrEqual(Math.min(given.count, may.length));
  expect(new Set(jobs.map((job) => job.lease?.token)).size).toBeLessThanOrEqual(1);
  for (const id of looked) {
    const job = may.find((each) => each.spec.id === id);
    if (job === undefined) throw new Error(`job ${id} was not to be claimed`);
    const left = may.filter((each) => each.spec.queue === job.spec.queue && !looked.has(each.spec.id));
    for (const each of left) expect(each.spec.priority).toBeLessThanOrEqual(job.spec.priority);
    const claimed = jobs.find((each) => each.id === id);
    expect(model.claim(job, claimed?.lease?.token, given.leaseMs)).toBe(claimed !== undefined);
  }
});

const end = step(
  "settle",
  fc.record({ index, whose, outcome: fc.constantFrom(...(Object.keys(OUTCOMES) as Outcome[])) }),
  ({ index, whose, outcome }) =>
    async (model, store) => {
      const job = model.at(index);
      if (job === undefined) return;
      const token = tokenFor(whose, job, model);
      const write = settlement(await read(store, job.spec.id), OUTCOMES[outcome], token);
      const [result] = await store.settle([write]);
      if (job.token === token) {
        expect(result).toBe("settled");
        model.settle(job, write);
        return;
      }
      expect(result).toBe(job.lastToken === token ? "already" : "lost");
      await model.unchanged(store, job.spec.id);
    },
);

const renew = step(
  "renew",
  fc.record({ index, whose, leaseMs }),
  ({ index, whose, leaseMs }) =>
    async (model, store) => {
      const job = model.at(index);
      if (job === undefined || job.accepted) return;
      const token = tokenFor(whose, job, model);
      const { lost, cancelled } = await store.renew([{ jobId: job.spec.id, token }], leaseMs);
      const holds = job.token === token;
      expect(lost).toEqual(holds ? [] : [job.spec.id]);
      expect(cancelled.map(({ jobId }) => jobId)).toEqual(holds && job.toCancel ? [job.spec.id] : []);
      if (holds) job.due = leaseMs === 0;
      else await model.unchanged(store, job.spec.id);
    },
);

const report = step(
  "report",
  fc.record({ index, whose, leaseMs, accept: fc.boolean(), done: fc.option(fc.nat(9), { nil: undefined }) }),
  ({ index, whose, leaseMs, accept, done }) =>
    async (model, store) => {
      const job = model.at(index);
      if (job === undefined) return;
      const token = tokenFor(whose, job, model);
      const progress = done === undefined ? {} : { progress: { done, message: `row ${done}` } };
      const holding = { jobId: job.spec.id, token, leaseMs };
      const [result] = await store.report([{ ...holding, ...progress, ...(accept ? { accept } : {}) }]);
      if (job.token !== token) {
        expect(result).toEqual({ kind: job.lastToken === token ? "settled" : "lost" });
        await model.unchanged(store, job.spec.id);
        return;
      }
      expect(result).toMatchObject({ kind: "held", cancelRequested: job.toCancel });
      if (!(job.accepted && job.toCancel)) job.due = leaseMs === 0;
      if (accept) job.accepted = true;
      if (done !== undefined) expect((await read(store, job.spec.id)).progress).toMatchObject({ done });
    },
);

const cancel = step("cancel", fc.record({ index, graceMs: leaseMs }), ({ index, graceMs }) => async (model, store) => {
  const job = model.at(index);
  if (job === undefined) return;
  if (job.state === "PENDING") model.end(job, "CANCELLED", "CANCELLED");
  else if (job.state === "RUNNING") {
    job.toCancel = true;
    if (job.accepted && graceMs === 0) job.due = true;
  }
  expect((await store.cancel(job.spec.id, "stop", graceMs))?.state).toBe(job.state);
});

const purge = step("purge", fc.record({ queue, limit }), ({ queue, limit }) => async (model, store) => {
  const waiting = [...model.jobs.values()].filter((job) => job.state === "PENDING" && job.spec.queue === queue);
  const ids = (await store.purge(queue, limit)).done.map(({ jobId }) => jobId);
  expect(ids).toHaveLength(Math.min(limit, waiting.length));
  for (const id of new Set(ids)) {
    const job = waiting.find((each) => each.spec.id === id);
    if (job === undefined) throw new Error(`job ${id} was not to be purged`);
    model.end(job, "CANCELLED", "CANCELLED");
  }
});

const sweep = step("sweep", limit, (limit) => async (model, store) => {
  // Deadlines of the model's jobs have all passed.
  const overdue = (job: ModelJob) => job.spec.deadlineTime !== undefined;
  const swept = [...model.jobs.values()].filter((job) => job.due && (job.toCancel || overdue(job)));
  const ids = (await store.sweep(limit)).done.map(({ jobId }) => jobId);
  expect(ids).toHaveLength(Math.min(limit, swept.length));
  for (const id of new Set(ids)) {
    const job = swept.find((each) => each.spec.id === id);
    if (job === undefined || decide(job).kind !== "end") throw new Error(`job ${id} was not to be swept`);
    model.claim(job, undefined, 0);
  }
});

const pause = step("pause", fc.record({ queue, paused: fc.boolean() }), ({ queue, paused }) => async (model, store) => {
  await store.setPaused(queue, paused);
  if (paused) model.paused.add(queue);
  else model.paused.delete(queue);
});

const prune = step("prune", fc.constant(100), (limit) => async (model, store) => {
  const expired = [...model.jobs.values()].filter((job) => isTerminal(job.state) && job.spec.retentionMs === 0);
  expect((await store.prune(limit)).done).toBe(expired.length);
  for (const job of expired) model.forget(job.spec.id);
});

/** Two of insert, claim and settle, which carry a job through its life. */
const steps = [insert, insert, take, take, end, end, renew, report, report, cancel, purge, sweep, pause, prune];

export function storeCommands(name: string, make: () => Promise<StoreUnderTest>, numRuns: number): void {
  describe(`generated sequences of commands on ${name}`, () => {
    it("move jobs only along the edges of the state machine, and never by a stale token", async () => {
      await fc.assert(
        fc.asyncProperty(fc.commands(steps, { maxCommands: 60, size: "max" }), async (commands) => {
          const { store, dispose } = await make();
          try {
            await fc.asyncModelRun(() => ({ model: new Model(), real: store }), commands);
          } finally {
            await dispose();
          }
        }),
        { numRuns },
      );
    }, 120_000);
  });
}
