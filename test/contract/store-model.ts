// A store in miniature: what each verb must make of each job, by the rules of core. Time is two words: a lease or a
// start is over or far away. It says what must be, and `compare` holds the real store to it after every step.

import { expect } from "vitest";
import { decideClaim } from "../../server/core/claim.js";
import { isTerminal, type Job, type JobState, type NewJob, type StateReason } from "../../server/core/job.js";
import { limits } from "../../server/core/limits.js";
import type { Settlement } from "../../server/core/retry.js";
import type { JobStore } from "../../server/core/store.js";
import { isEdge } from "../../server/core/transition.js";

export interface ModelJob {
  readonly spec: NewJob;
  state: JobState;
  reason: StateReason | undefined;
  /** Its start, or the end of its lease, is not to come. */
  due: boolean;
  fence: number;
  attemptCount: number;
  interruptedCount: number;
  busyCount: number;
  token: string | undefined;
  lastToken: string | undefined;
  /** Every token that ever held it. */
  readonly tokens: string[];
  accepted: boolean;
  toCancel: boolean;
}

export class Model {
  readonly jobs = new Map<string, ModelJob>();
  readonly paused = new Set<string>();
  #seen = new Map<string, Job>();

  add(spec: NewJob, due: boolean): void {
    const counts = { fence: 0, attemptCount: 0, interruptedCount: 0, busyCount: 0 };
    const flags = { accepted: false, toCancel: false };
    const none = { reason: undefined, token: undefined, lastToken: undefined };
    this.jobs.set(spec.id, { spec, state: "PENDING", due, ...counts, ...flags, ...none, tokens: [] });
  }

  at(index: number): ModelJob | undefined {
    return [...this.jobs.values()].at(index % Math.max(1, this.jobs.size));
  }

  /** What a claim may look at. */
  claimable(): ModelJob[] {
    return [...this.jobs.values()].filter(
      (job) => job.due && (job.state === "PENDING" || job.state === "RUNNING") && !this.paused.has(job.spec.queue),
    );
  }

  /** What a claim makes of a job that it looked at; true if it runs. */
  claim(job: ModelJob, token: string | undefined, leaseMs: number): boolean {
    const decision = decide(job);
    const lapsed = decision.kind === "lapse" || (decision.kind === "end" && decision.lease === "lapsed");
    const died =
      decision.kind === "run" ? decision.interrupted : decision.kind === "end" && decision.lease === "interrupted";
    if (lapsed) job.attemptCount += 1;
    if (died) job.interruptedCount += 1;
    if (decision.kind === "run") {
      if (token === undefined) throw new Error("a job runs without a token");
      Object.assign(job, { state: "RUNNING", due: leaseMs === 0, fence: job.fence + 1, token, accepted: false });
      job.tokens.push(token);
      return true;
    }
    if (decision.kind === "lapse") this.#wait(job);
    else this.end(job, decision.state, decision.reason);
    return false;
  }

  settle(job: ModelJob, { next, counts, token }: Settlement): void {
    if (counts === "attempt") job.attemptCount += 1;
    if (counts === "busy") job.busyCount += 1;
    job.lastToken = token;
    if (next.state === "SUCCEEDED") this.end(job, "SUCCEEDED", "OK");
    else if (next.state !== "PENDING") this.end(job, next.state, next.reason);
    else if (job.toCancel) this.end(job, "CANCELLED", "CANCELLED");
    else this.#wait(job);
  }

  end(job: ModelJob, state: "SUCCEEDED" | "FAILED" | "CANCELLED", reason: StateReason): void {
    Object.assign(job, { state, reason, token: undefined, accepted: false, toCancel: false, due: false });
  }

  /** Backoffs of the model's jobs are 0: what waits is due. */
  #wait(job: ModelJob): void {
    Object.assign(job, { state: "PENDING", token: undefined, accepted: false, due: true });
  }

  /** Every job is as the model says, and came there by a lawful step from where it was last seen. */
  async compare(store: JobStore): Promise<void> {
    const jobs = await store.get([...this.jobs.keys()], "FULL");
    expect(jobs.map((job) => job.id).sort()).toEqual([...this.jobs.keys()].sort());
    for (const job of jobs) {
      const model = this.jobs.get(job.id);
      if (model === undefined) throw new Error(`job ${job.id} is not in the model`);
      expect(shown(job), job.id).toEqual(wanted(model));
      expect(job.attemptCount).toBeLessThanOrEqual(job.maxAttempts);
      expect(job.interruptedCount).toBeLessThanOrEqual(limits.interruptions);
      expect(job.attempts.length).toBeLessThanOrEqual(limits.attemptsShown);
      expect(new Set(model.tokens).size, "every claim has a token of its own").toBe(model.tokens.length);
      const before = this.#seen.get(job.id);
      if (before !== undefined) checkStep(before, job);
    }
    this.#seen = new Map(jobs.map((job) => [job.id, job]));
  }

  /** Nothing has changed since the last comparison. */
  async unchanged(store: JobStore, id: string): Promise<void> {
    expect((await store.get([id], "FULL"))[0]).toEqual(this.#seen.get(id));
  }

  forget(id: string): void {
    this.jobs.delete(id);
    this.#seen.delete(id);
  }
}

function checkStep(before: Job, after: Job): void {
  if (isTerminal(before.state)) {
    const { retriedBy: _a, revision: _b, updateTime: _c, ...was } = before;
    const { retriedBy: _d, revision: _e, updateTime: _f, ...is } = after;
    expect(is, "an ended job stays as it ended").toEqual(was);
  }
  if (before.state !== after.state) {
    expect(isEdge(before.state, after.state), `${before.state} to ${after.state} is an edge`).toBe(true);
    expect(after.revision).toBeGreaterThan(before.revision);
  }
  expect(after.fence - before.fence, "a claim raises the fence by one").toBeOneOf([0, 1]);
  expect(after.fence !== before.fence).toBe(after.lease !== undefined && after.lease.token !== before.lease?.token);
  expect(after.revision).toBeGreaterThanOrEqual(before.revision);
  expect(after.updateTime).toBeGreaterThanOrEqual(before.updateTime);
}

export function decide(job: ModelJob) {
  const { state, attemptCount, interruptedCount, accepted, toCancel, spec } = job;
  const lease = { holder: "", token: "", dueTime: 0, startTime: 0, expireTime: 0, accepted };
  return decideClaim(
    {
      ...{ state, attemptCount, interruptedCount, maxAttempts: spec.maxAttempts },
      ...(state === "RUNNING" ? { lease } : {}),
      ...(toCancel ? { cancel: { reason: "", time: 0 } } : {}),
      ...(spec.deadlineTime === undefined ? {} : { deadlineTime: spec.deadlineTime }),
    },
    spec.deadlineTime ?? 0,
  );
}

function shown(job: Job) {
  const { state, stateReason, fence, attemptCount, interruptedCount, busyCount, lease, cancel } = job;
  return {
    ...{ state, reason: stateReason, fence, attemptCount, interruptedCount, busyCount },
    ...{ token: lease?.token, accepted: lease?.accepted ?? false, toCancel: cancel !== undefined },
    ...{ available: job.availableTime !== undefined, finished: job.finishTime !== undefined },
  };
}

function wanted(job: ModelJob): ReturnType<typeof shown> {
  const { state, reason, fence, attemptCount, interruptedCount, busyCount, token, accepted, toCancel } = job;
  const ended = isTerminal(state);
  return {
    ...{ state, reason, fence, attemptCount, interruptedCount, busyCount, token, accepted, toCancel },
    ...{ available: !ended, finished: ended },
  };
}
