// JobService: each handler translates, asks the engine, and translates back. Apps call it, and pages with their attempt
// token for batches of their own.

import type { ServiceImpl } from "@connectrpc/connect";
import type { Job as JobMessage } from "@drover/sdk/gen/drover/v1/job_pb";
import type { JobService, SubmitJobResult } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { DroverError } from "../core/errors.js";
import type { Log } from "../core/observer.js";
import type { Engine, SubmitResult, WatchedJob } from "../engine/api.js";
import { optionalBearerToken } from "./auth.js";
import { batchInput, batchOut, batchQuery, countsOut, membersIn } from "./convert-batch.js";
import { jobInputs, listQuery, memberInputs, revisionIn, singleJobInput } from "./convert-in.js";
import { jobOut } from "./convert-out.js";
import { toStatus } from "./errors.js";

export function jobService(engine: Engine, log: Log): Partial<ServiceImpl<typeof JobService>> {
  return {
    async submitJob(request) {
      const input = singleJobInput(request.job);
      const [result] = await engine.submitter.submit([input], () => "job");
      if (result === undefined) throw new DroverError("INTERNAL", "one job was submitted and none came back");
      if (result instanceof DroverError) throw result;
      return { job: jobOut(result.job), existing: result.existing };
    },

    async submitJobs(request) {
      const results = await engine.submitter.submit(jobInputs(request.jobs), (index) => `jobs[${index}]`);
      return { results: results.map((result) => itemOut(result, log)) };
    },

    async getJob(request) {
      return { job: jobOut(await engine.jobs.get(request.jobId), true) };
    },

    async listJobs(request) {
      const query = listQuery(request);
      const { jobs, nextPageToken } = await engine.jobs.list(query);
      return { jobs: jobs.map((job) => jobOut(job, query.view === "FULL")), nextPageToken };
    },

    async *watchJob(request, context) {
      const afterRevision = revisionIn("after_revision", request.afterRevision);
      for await (const job of engine.watcher.watch(request.jobId, afterRevision, context.signal)) {
        yield job === undefined ? {} : shown(job);
      }
      // OK at the end says that the job has ended. A watch that was cut short must not say so.
      context.signal.throwIfAborted();
    },

    async cancelJob(request) {
      return { job: jobOut(await engine.jobs.cancel(request.jobId, request.reason)) };
    },

    async retryJob(request) {
      const { job, existing } = await engine.jobs.retry(request.jobId);
      return { job: jobOut(job), existing };
    },

    async submitBatch(request, context) {
      const token = optionalBearerToken(context.requestHeader);
      const { batch, jobIds, existing } = await engine.batches.submit(
        batchInput(request.batch),
        memberInputs(request.jobs),
        request.open,
        token,
      );
      return { batch: batchOut(batch), jobIds: [...jobIds], existing };
    },

    async addJobs(request, context) {
      const token = optionalBearerToken(context.requestHeader);
      const jobs = memberInputs(request.jobs);
      return { jobIds: [...(await engine.batches.add(request.batchId, request.chunkKey, jobs, token))] };
    },

    async sealBatch(request, context) {
      const token = optionalBearerToken(context.requestHeader);
      const expected = revisionIn("expected_job_count", request.expectedJobCount);
      return { batch: batchOut(await engine.batches.seal(request.batchId, expected, token)) };
    },

    async getBatch(request) {
      return { batch: batchOut(await engine.batches.get(request.batchId), true) };
    },

    async listBatches(request) {
      const { batches, nextPageToken } = await engine.batches.list(batchQuery(request));
      return { batches: batches.map((batch) => batchOut(batch)), nextPageToken };
    },

    async *watchBatch(request, context) {
      const { signal } = context;
      // Counts change without a revision, so a watch that goes on shows the present ones in any case.
      revisionIn("after_revision", request.afterRevision);
      const members = membersIn(request.members);
      for await (const update of engine.batchWatcher.watchBatch(request.batchId, members, signal)) {
        if (update === undefined) yield {};
        else {
          const { batch, members: changed, snapshotComplete } = update;
          yield { batch: batchOut(batch), members: changed.map((job) => jobOut(job)), snapshotComplete };
        }
      }
      signal.throwIfAborted();
    },

    async *watchTree(request, context) {
      for await (const update of engine.batchWatcher.watchTree(request.rootJobId, context.signal)) {
        if (update === undefined) yield {};
        else yield { root: jobOut(update.root), batches: update.batches.map((batch) => batchOut(batch)) };
      }
      context.signal.throwIfAborted();
    },

    async cancelBatch(request) {
      return { batch: batchOut(await engine.batches.cancel(request.batchId, request.reason)) };
    },

    async retryBatch(request) {
      const { batch, existing } = await engine.batches.retry(request.batchId);
      return { batch: batchOut(batch), existing };
    },
  };
}

const messages = new WeakMap<WatchedJob, { readonly job: JobMessage }>();

/** All who watch a job are shown the same state of it by the same message, which is made and encoded once. */
function shown(watched: WatchedJob): { readonly job: JobMessage } {
  let message = messages.get(watched);
  if (message === undefined) {
    const { batchCounts, ...job } = watched;
    message = {
      job: { ...jobOut(job), ...(batchCounts === undefined ? {} : { batchCounts: countsOut(batchCounts) }) },
    };
    messages.set(watched, message);
  }
  return message;
}

function itemOut(result: SubmitResult, log: Log): SubmitJobResult {
  return result instanceof DroverError
    ? { $typeName: "drover.v1.SubmitJobResult", jobId: "", existing: false, error: toStatus(result, log) }
    : { $typeName: "drover.v1.SubmitJobResult", jobId: result.job.id, existing: result.existing };
}
