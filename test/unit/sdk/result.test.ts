// Waiting for the result of a job: what its page answered, or why there is none.

import { describe, expect, it } from "vitest";
import { JobState, JobStateReason } from "../../../sdk/gen/drover/v1/job_pb.js";
import { aborted, running, ScriptedServer, shownJob, succeeded } from "./scripted-server.js";

describe("the result of a job", () => {
  it("is what its page answered, decoded", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }) {
          yield running(jobId, 1);
          yield succeeded(jobId, 2, '{"invoices":3}');
        },
      },
    });
    expect(await server.client().job("a").result<{ invoices: number }>()).toEqual({ invoices: 3 });
  });

  it("is an error that says state, reason and failure when the job failed", async () => {
    const job = shownJob({
      id: "a",
      state: JobState.FAILED,
      stateReason: JobStateReason.ATTEMPTS_EXHAUSTED,
      failure: { reason: 1, httpStatus: 500, message: "out of paper" },
    });
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob() {
          yield { job };
        },
      },
    });
    await expect(server.client().job("a").result()).rejects.toMatchObject({
      name: "DroverError",
      code: "JOB_FAILED",
      reason: "ATTEMPTS_EXHAUSTED",
      message: "job a is FAILED (ATTEMPTS_EXHAUSTED): HTTP_STATUS 500, out of paper",
    });
  });

  it("is JOB_CANCELLED when the job was, and CANCELLED when the caller stopped waiting", async () => {
    const job = shownJob({ id: "a", state: JobState.CANCELLED, stateReason: JobStateReason.CANCELLED });
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }, context) {
          if (jobId === "a") yield { job };
          else await aborted(context.signal);
        },
      },
    });
    const client = server.client();
    await expect(client.job("a").result()).rejects.toMatchObject({ code: "JOB_CANCELLED", reason: "CANCELLED" });
    const stopped = client.job("b").result({ signal: AbortSignal.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
