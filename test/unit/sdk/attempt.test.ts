// What a page can read from its request and tell about its attempt, over plain fetch.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { AttemptService } from "../../../sdk/gen/drover/v1/attempt_service_pb.js";
import { JobState } from "../../../sdk/gen/drover/v1/job_pb.js";
import { ErrorInfoSchema } from "../../../sdk/gen/google/rpc/error_details_pb.js";
import { AttemptClient, attemptFrom, DroverError } from "../../../sdk/index.js";
import { type Script, shownJob, unavailable } from "./scripted-server.js";

const headers = {
  "job-id": "report-7",
  "job-attempt": "2",
  "job-fence": "5",
  "job-queue": "mail",
  "job-kind": "caf%C3%A9",
  "job-deadline": "2026-01-02T03:04:05.678Z",
  "job-token": "secret",
  "job-service": "http://127.0.0.1:7080",
};

/** The HTTP door: HTTP/1.1, as fetch speaks it. */
async function attemptAt(script: Script["attempts"]): Promise<AttemptClient> {
  const routes = connectNodeAdapter({ routes: (router) => router.service(AttemptService, script ?? {}) });
  const server = createServer(routes);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const service = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new AttemptClient(attemptFrom({ ...headers, "job-service": service }), { retry: { initialDelayMs: 1 } });
}

describe("the attempt of a request", () => {
  it("is read from the headers of Node, of fetch, and in any spelling", () => {
    const expected = {
      jobId: "report-7",
      attempt: 2,
      fence: 5,
      queue: "mail",
      kind: "café",
      token: "secret",
      service: "http://127.0.0.1:7080",
      deadline: new Date("2026-01-02T03:04:05.678Z"),
    };
    expect(attemptFrom(headers)).toEqual(expected);
    expect(attemptFrom(new Headers(headers))).toEqual(expected);
    const spelled = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), [value]]);
    expect(attemptFrom(Object.fromEntries(spelled))).toEqual(expected);
  });

  it("is refused when a header is missing or is no number or time, and the error names it", () => {
    const fieldOf = (changed: Record<string, string | undefined>) => {
      try {
        attemptFrom({ ...headers, ...changed });
      } catch (error) {
        expect(error).toBeInstanceOf(DroverError);
        return (error as DroverError).violations.map(({ field }) => field);
      }
      return "accepted";
    };
    for (const name of ["job-id", "job-attempt", "job-fence", "job-deadline", "job-token", "job-service"]) {
      expect(fieldOf({ [name]: undefined })).toEqual([name]);
    }
    expect(fieldOf({ "job-attempt": "two" })).toEqual(["job-attempt"]);
    expect(fieldOf({ "job-fence": "-1" })).toEqual(["job-fence"]);
    expect(fieldOf({ "job-deadline": "soon" })).toEqual(["job-deadline"]);
    expect(fieldOf({ "job-kind": "%" })).toEqual(["job-kind"]);
    expect(fieldOf({ "job-queue": undefined, "job-kind": undefined })).toBe("accepted");
  });
});

describe("a page that reports", () => {
  it("sends its token and progress, and learns of a cancel and of its lease", async () => {
    const seen: unknown[] = [];
    const attempt = await attemptAt({
      reportProgress({ progress }, context) {
        seen.push([context.requestHeader.get("authorization"), progress?.done, progress?.total, progress?.message]);
        return { cancelRequested: seen.length > 1, leaseExpireTime: { seconds: 1_000n } };
      },
    });
    const lease = new Date(1_000_000);
    expect(await attempt.report({ done: 0, total: 3 })).toEqual({ cancelRequested: false, leaseExpireTime: lease });
    expect(await attempt.report()).toEqual({ cancelRequested: true, leaseExpireTime: lease });
    expect(seen).toEqual([
      ["Bearer secret", 0, 3, ""],
      ["Bearer secret", undefined, undefined, undefined],
    ]);
  });

  it("completes with a value, as JSON, and tries again what was unavailable", async () => {
    const seen: string[] = [];
    const attempt = await attemptAt({
      completeAttempt({ result }) {
        seen.push(new TextDecoder().decode(result));
        if (seen.length === 1) throw unavailable(1);
        return { job: shownJob({ id: "report-7", state: JobState.SUCCEEDED, result }) };
      },
    });
    const job = await attempt.complete({ pages: 3 });
    expect(job).toMatchObject({ id: "report-7", state: "SUCCEEDED", result: { pages: 3 } });
    expect(seen).toEqual(['{"pages":3}', '{"pages":3}']);
  });

  it("fails, to be tried again unless it says otherwise", async () => {
    const seen: unknown[] = [];
    const attempt = await attemptAt({
      failAttempt({ message, retryable, retryDelay }) {
        seen.push([message, retryable, retryDelay && Number(retryDelay.seconds)]);
        return { job: shownJob({ id: "report-7", state: retryable ? JobState.PENDING : JobState.FAILED }) };
      },
    });
    expect((await attempt.fail("printer is off")).state).toBe("PENDING");
    expect((await attempt.fail("printer is off", { retryDelayMs: 60_000 })).state).toBe("PENDING");
    expect((await attempt.fail("no such printer", { retryable: false })).state).toBe("FAILED");
    expect(seen).toEqual([
      ["printer is off", true, undefined],
      ["printer is off", true, 60],
      ["no such printer", false, undefined],
    ]);
  });

  it("is told LEASE_LOST when it no longer holds the job", async () => {
    const attempt = await attemptAt({
      reportProgress() {
        const details = [{ desc: ErrorInfoSchema, value: { reason: "LEASE_LOST", domain: "drover" } }];
        throw new ConnectError("no longer yours", Code.FailedPrecondition, undefined, details);
      },
    });
    const reported = attempt.report({ done: 1 });
    await expect(reported).rejects.toMatchObject({ code: "FAILED_PRECONDITION", reason: "LEASE_LOST" });
  });
});
