// Batches, members and masters as the contract of the batch verbs needs them: whole and valid, with only what a test
// cares about spelled out.

import { createHash } from "node:crypto";
import type { Batch, NewBatch } from "../../server/core/batch.js";
import type { AddJobsResult, Advance, Checks } from "../../server/core/batch-store.js";
import type { Job, NewJob } from "../../server/core/job.js";
import type { Departed, Holding, JobStore } from "../../server/core/store.js";
import { claim, held, newJob, OUTCOMES, running, settle, uniqueName } from "../support/jobs.js";

/** Two with the same content have the same digest. */
export function newBatch(given: Partial<NewBatch> = {}): NewBatch {
  const batch = {
    id: uniqueName("batch"),
    key: "",
    failurePolicy: { mode: "CONTINUE", toleratedCount: 0, toleratedRatio: 0 },
    parentClosePolicy: "CANCEL",
    sealTimeoutMs: 1_800_000,
    labels: {},
    ...given,
  } as const;
  return { digest: createHash("sha256").update(JSON.stringify(batch)).digest(), ...batch };
}

/** With an `on_complete` job, which is of a queue of its own. */
export function summed(given: Partial<NewBatch> = {}): NewBatch {
  const { id: _, digest: __, ...onComplete } = newJob({ queue: "summaries" });
  const id = uniqueName("batch");
  return newBatch({ id, onComplete, onCompleteJobId: `${id}-summary`, ...given });
}

/** Made now, by an app or by the page of this job. */
export async function opened(store: JobStore, given: NewBatch = newBatch(), master?: Job): Promise<Batch> {
  const made = await store.createBatch(given, master === undefined ? undefined : held(master));
  if (made.kind !== "stored") throw new Error(`expected a stored batch, got ${made.kind}`);
  return made.batch;
}

export function newMembers(batch: Batch, count: number, given: Partial<NewJob> = {}): NewJob[] {
  const { id, depth, parentJobId, rootJobId } = batch;
  const above = parentJobId === undefined ? {} : { parentJobId, rootJobId: rootJobId ?? parentJobId };
  return Array.from({ length: count }, () => newJob({ batchId: id, depth, ...above, ...given }));
}

export function add(store: JobStore, batch: Batch, jobs: readonly NewJob[], by?: Holding): Promise<AddJobsResult> {
  const chunkKey = jobs[0]?.id ?? "none";
  const chunkDigest = createHash("sha256")
    .update(jobs.map(({ id }) => id).join())
    .digest();
  return store.addJobs({ batchId: batch.id, jobs, chunkKey, chunkDigest, ...(by === undefined ? {} : { by }) });
}

/** A sealed batch of so many members, none of which has begun. */
export async function sealed(
  store: JobStore,
  count: number,
  given: NewBatch = newBatch(),
  master?: Job,
  member: Partial<NewJob> = {},
): Promise<Batch> {
  const batch = await opened(store, given, master);
  await add(store, batch, newMembers(batch, count, member));
  const result = await store.sealBatch({ batchId: batch.id });
  if (result.kind !== "sealed") throw new Error(`expected a sealed batch, got ${result.kind}`);
  return result.batch;
}

/** All that is due, now running. */
export async function taken(store: JobStore, leaseMs?: number): Promise<readonly Job[]> {
  return (await claim(store, { count: 1_000, ...(leaseMs === undefined ? {} : { leaseMs }) })).jobs;
}

/** Runs all that is due once, each to this end. */
export async function run(store: JobStore, outcome: Parameters<typeof settle>[2] = OUTCOMES.succeeded) {
  const jobs = await taken(store);
  for (const job of jobs) await settle(store, job, outcome);
  return jobs;
}

export async function readBatch(store: JobStore, id: string): Promise<Batch> {
  const [batch] = await store.getBatches([id], "FULL");
  if (batch === undefined) throw new Error(`batch ${id} is not stored`);
  return batch;
}

export const batchChecks = (...batchIds: string[]): Checks => ({ batchIds, jobIds: [] });
export const jobChecks = (...jobIds: string[]): Checks => ({ batchIds: [], jobIds });

/** Looks until there is nothing more to do at once, as a server does; returns each step. */
export async function look(store: JobStore, checks: Checks): Promise<Advance[]> {
  const steps: Advance[] = [];
  let next = checks;
  while (next.batchIds.length + next.jobIds.length > 0) {
    const step = await store.advance(next);
    steps.push(step);
    const told = afterEnd(step.departed);
    next = {
      batchIds: [...new Set([...step.again.batchIds, ...told.batchIds])],
      jobIds: [...new Set([...step.again.jobIds, ...told.jobIds])],
    };
  }
  return steps;
}

function afterEnd(departed: readonly Departed[]): Checks {
  return {
    batchIds: departed.flatMap(({ batchId }) => batchId ?? []),
    jobIds: departed.flatMap(({ jobId, waits }) => (waits ? jobId : [])),
  };
}

/** In what its jobs have come to. */
export async function statesOf(store: JobStore, batchId: string): Promise<string[]> {
  const request = { filter: { batch: batchId }, limit: 1_000, oldestFirst: true, view: "BASIC" } as const;
  return (await store.list(request)).jobs.map(({ state }) => state);
}

/** A running job that has a sealed batch of running masters, each with a sealed batch of two jobs that wait. */
export async function tree(
  store: JobStore,
  count: number,
  given: { lower?: (index: number) => NewBatch; root?: Partial<NewJob> } = {},
) {
  const { lower = () => newBatch(), root: rootGiven = {} } = given;
  const root = await running(store, rootGiven);
  const upper = await sealed(store, count, newBatch(), root);
  const masters = await taken(store);
  const batches: Batch[] = [];
  for (const [index, master] of masters.entries()) batches.push(await sealed(store, 2, lower(index), master));
  return { root, upper, masters, batches };
}
