// JobService, for apps: each handler translates, asks the engine, and translates back. RPCs about batches are absent
// and so answer UNIMPLEMENTED.

import type { ServiceImpl } from "@connectrpc/connect";
import type { JobService, SubmitJobResult } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { DroverError } from "../core/errors.js";
import type { Log } from "../core/observer.js";
import type { Engine, SubmitResult } from "../engine/api.js";
import { jobInputs, listQuery, revisionIn, singleJobInput } from "./convert-in.js";
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
        yield job === undefined ? {} : { job: jobOut(job) };
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
  };
}

function itemOut(result: SubmitResult, log: Log): SubmitJobResult {
  return result instanceof DroverError
    ? { $typeName: "drover.v1.SubmitJobResult", jobId: "", existing: false, error: toStatus(result, log) }
    : { $typeName: "drover.v1.SubmitJobResult", jobId: result.job.id, existing: result.existing };
}
