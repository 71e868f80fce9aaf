// A forest as the service shows it when all has ended: every root, the batches below it with their members, and the
// jobs that they ran at last. Read through the API only.

import type { JsonObject } from "@bufbuild/protobuf";
import { type Shown, well } from "./batches.js";
import type { Fleet } from "./trees-fleet.js";
import { type Forest, rootPath } from "./trees-plan.js";

export interface BatchSeen {
  readonly path: string;
  readonly batch: Shown;
  readonly members: readonly Shown[];
  /** Its `on_complete` job, if that was made. */
  readonly onComplete: Shown | undefined;
}

export interface JobSeen {
  readonly path: string;
  readonly job: Shown;
  readonly batches: readonly BatchSeen[];
}

export interface ForestSeen {
  /** By path; several under one path are a fault. */
  readonly jobs: readonly JobSeen[];
  readonly batches: readonly BatchSeen[];
}

const LIVE_JOBS = ["JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_WAITING"];
const LIVE_BATCHES = ["BATCH_STATE_OPEN", "BATCH_STATE_RUNNING", "BATCH_STATE_COMPLETING"];

/** What has not ended in the whole store, in short. */
export async function liveIn(fleet: Fleet): Promise<string[]> {
  const jobs = LIVE_JOBS.map(async (state) =>
    (await all(fleet, "JobService/ListJobs", { state }, "jobs")).map((job) => `${pathOf(job)} ${job.state}`),
  );
  const batches = LIVE_BATCHES.map(async (state) =>
    (await all(fleet, "JobService/ListBatches", { state }, "batches")).map(
      (batch) => `${batch.labels?.path} ${batch.state}`,
    ),
  );
  return (await Promise.all([...jobs, ...batches])).flat();
}

export async function readForest(fleet: Fleet, { roots }: Forest, batchIds: readonly string[]): Promise<ForestSeen> {
  const jobs: JobSeen[] = [];
  const batches: BatchSeen[] = [];

  async function readBatch(batch: Shown): Promise<BatchSeen> {
    const members = await all(fleet, "JobService/ListJobs", { batchId: batch.id }, "jobs");
    const answer =
      batch.onComplete === undefined
        ? undefined
        : await fleet.say("JobService/GetJob", { jobId: batch.onCompleteJobId });
    const onComplete = answer?.code === "OK" ? answer.body.job : undefined;
    const seen = { path: batch.labels.path, batch, members, onComplete };
    batches.push(seen);
    for (const job of onComplete === undefined ? members : [...members, onComplete]) await readJob(job);
    return seen;
  }

  async function readJob(job: Shown): Promise<void> {
    const below: BatchSeen[] = [];
    const listed =
      job.batchIds === undefined
        ? []
        : await all(fleet, "JobService/ListBatches", { parentJobId: job.id, oldestFirst: true }, "batches");
    for (const batch of listed) below.push(await readBatch(batch));
    jobs.push({ path: pathOf(job), job, batches: below });
  }

  for (const root of roots) {
    if ("node" in root) await readJob((await well(fleet.say("JobService/GetJob", { jobId: rootPath(root) }))).job);
  }
  for (const batchId of batchIds) await readBatch((await well(fleet.say("JobService/GetBatch", { batchId }))).batch);
  return { jobs, batches };
}

/** All pages of a list. */
async function all(fleet: Fleet, method: string, filter: JsonObject, field: string): Promise<Shown[]> {
  const found: Shown[] = [];
  let pageToken = "";
  do {
    const body = await well(fleet.say(method, { ...filter, pageSize: 1_000, pageToken }));
    found.push(...(body[field] ?? []));
    pageToken = body.nextPageToken ?? "";
  } while (pageToken !== "");
  return found;
}

function pathOf(job: Shown): string {
  return new URL(job.endpoint.url).pathname.slice(1);
}
