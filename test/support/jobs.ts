// Jobs, claims and settlements as tests need them: whole and valid, with only what a test cares about spelled out.

import { createHash } from "node:crypto";
import type { Attempt } from "../../server/core/attempt.js";
import { storedJob } from "../../server/core/insertion.js";
import type { Job, NewJob } from "../../server/core/job.js";
import { type SettledOutcome, type Settlement, settlementOf } from "../../server/core/retry.js";
import type { ClaimResult, Holding, InsertResult, JobStore } from "../../server/core/store.js";

let count = 0;

/** A name that no other test of this process uses. */
export function uniqueName(prefix: string): string {
  count += 1;
  return `${prefix}-${String(count).padStart(6, "0")}`;
}

/** A valid job that may start at once; two with the same content have the same digest. */
export function newJob(given: Partial<NewJob> = {}): NewJob {
  const job = {
    id: uniqueName("job"),
    kind: "",
    queue: "default",
    endpoint: { url: "http://127.0.0.1:8080/page", method: "POST", headers: {} },
    payload: new Uint8Array(),
    contentType: "application/json",
    priority: 0,
    labels: {},
    maxAttempts: 10,
    backoff: { initialMs: 0, maxMs: 0, multiplier: 2 },
    attemptTimeoutMs: 60_000,
    start: { delayMs: 0 },
    ...given,
  };
  return { digest: createHash("sha256").update(JSON.stringify(job)).digest(), ...job };
}

/** So many jobs that are alike, with ids in rising order. */
export function newJobs(number: number, given: Partial<NewJob> = {}): NewJob[] {
  return Array.from({ length: number }, () => newJob(given));
}

type Inserted =
  | { readonly kind: "stored"; readonly job: Job; readonly existing: boolean }
  | { readonly kind: "conflict" };

/** Stores jobs and says what became of each. */
export async function insertAll(store: JobStore, jobs: readonly NewJob[]): Promise<Inserted[]> {
  const results = await store.insert(jobs);
  return jobs.map((job, index) => {
    const result = storedJob(job, results[index] as InsertResult);
    return result === undefined ? { kind: "conflict" } : { kind: "stored", ...result };
  });
}

/** Stores one job and returns it as it was stored. */
export async function stored(store: JobStore, given: Partial<NewJob> = {}): Promise<Job> {
  const [result] = await insertAll(store, [newJob(given)]);
  return jobOf(result);
}

export function jobOf(result: Inserted | undefined): Job {
  if (result?.kind !== "stored") throw new Error(`expected a stored job, got ${result?.kind}`);
  return result.job;
}

/** Long enough that no lease ends during a test. */
export const LONG_MS = 600_000;

export function claim(
  store: JobStore,
  given: { count?: number; leaseMs?: number; afterQueue?: string; holder?: string } = {},
): Promise<ClaimResult> {
  return store.claim({ holder: "test:1:abc", count: 10, leaseMs: LONG_MS, afterQueue: "", ...given });
}

/** Claims the one job that is due. */
export async function claimOne(store: JobStore, leaseMs = LONG_MS): Promise<Job> {
  const { jobs } = await claim(store, { leaseMs });
  const [job] = jobs;
  if (job === undefined || jobs.length > 1) throw new Error(`expected one job to claim, got ${jobs.length}`);
  return job;
}

/** Stores a job and claims it; no other job may be due. */
export async function running(store: JobStore, given: Partial<NewJob> = {}, leaseMs = LONG_MS): Promise<Job> {
  const { id } = await stored(store, given);
  const job = await claimOne(store, leaseMs);
  if (job.id !== id) throw new Error(`expected to claim ${id}, got ${job.id}`);
  return job;
}

export function tokenOf(job: Job): string {
  if (job.lease === undefined) throw new Error(`job ${job.id} has no lease`);
  return job.lease.token;
}

export function held(job: Job): Holding {
  return { jobId: job.id, token: tokenOf(job) };
}

export const OUTCOMES = {
  succeeded: {
    kind: "succeeded",
    httpStatus: 200,
    result: new TextEncoder().encode('{"ok":true}'),
    contentType: "application/json",
  },
  failed: { kind: "failed", reason: "HTTP_STATUS", httpStatus: 500, message: "the page broke" },
  rejected: { kind: "rejected", reason: "HTTP_STATUS", httpStatus: 404, message: "no such row" },
  busy: { kind: "busy", httpStatus: 503, message: "come back later" },
  released: { kind: "released" },
  cancelled: { kind: "cancelled", reason: "no longer needed" },
} as const satisfies Record<string, SettledOutcome>;

/** What a holder of `job` writes at that outcome; a token may be given that is not the job's. */
export function settlement(job: Job, outcome: SettledOutcome = OUTCOMES.succeeded, token = tokenOf(job)): Settlement {
  return settlementOf(job, token, outcome, Math.random);
}

/** Settles one job and returns what the store said. */
export async function settle(store: JobStore, job: Job, outcome: SettledOutcome = OUTCOMES.succeeded, token?: string) {
  const [result] = await store.settle([settlement(job, outcome, token)]);
  return result;
}

/** The job as it is stored now. */
export async function read(store: JobStore, id: string): Promise<Job> {
  const [job] = await store.get([id], "FULL");
  if (job === undefined) throw new Error(`job ${id} is not stored`);
  return job;
}

export function lastAttempt(job: Job): Attempt {
  const attempt = job.attempts.at(-1);
  if (attempt === undefined) throw new Error(`job ${job.id} has no past attempt`);
  return attempt;
}

/** Ends a due job of the store: claimed and settled. No other job may be due. */
export async function ended(
  store: JobStore,
  given: Partial<NewJob> = {},
  outcome: SettledOutcome = OUTCOMES.succeeded,
): Promise<Job> {
  const job = await running(store, given);
  await settle(store, job, outcome);
  return read(store, job.id);
}
