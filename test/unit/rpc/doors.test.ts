// What callers get through each protocol of the two doors: the same answers, the same errors, streams that end.

import { create } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { AttemptService } from "@drover/sdk/gen/drover/v1/attempt_service_pb";
import { JobState, JobStateReason } from "@drover/sdk/gen/drover/v1/job_pb";
import { JobService, JobView } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { QueueService } from "@drover/sdk/gen/drover/v1/queue_service_pb";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@drover/sdk/gen/google/rpc/error_details_pb";
import { StatusSchema } from "@drover/sdk/gen/google/rpc/status_pb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DroverError, storeUnavailable } from "../../../server/core/errors.js";
import { type OpenDoors, openDoors, PROTOCOLS } from "./open-doors.js";
import { jobOf, LEASE_TOKEN } from "./small-engine.js";

let doors: OpenDoors;
beforeEach(async () => {
  doors = await openDoors(3);
});
afterEach(() => doors.close());

const page = { endpoint: { url: "http://page.test/do" } };

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectError);
  return error as ConnectError;
}

describe.each(PROTOCOLS)("calls over %s", (protocol) => {
  it("store a job and give it back whole", async () => {
    const jobs = doors.client(JobService, protocol);
    const payload = Buffer.from('{"row":123}');
    const submitted = await jobs.submitJob({ job: { ...page, id: "a", payload, labels: { team: "x" }, priority: -5 } });
    expect(submitted).toMatchObject({ existing: false, job: { id: "a", queue: "default", state: JobState.PENDING } });
    expect(submitted.job?.payload).toHaveLength(0);
    const { job } = await jobs.getJob({ jobId: "a" });
    expect(Buffer.from(job?.payload ?? [])).toEqual(payload);
    expect(job).toMatchObject({ labels: { team: "x" }, priority: -5, maxAttempts: 10, rootJobId: "a", revision: 1n });
    expect((await jobs.submitJob({ job: { ...page, id: "a" } })).existing).toBe(true);
  });

  it("store many jobs, and a bad one fails alone, with its place and field", async () => {
    const jobs = doors.client(JobService, protocol);
    const { results } = await jobs.submitJobs({ jobs: [{ ...page, id: "a" }, { ...page, queue: "no spaces" }, {}] });
    expect(results.map((result) => result.jobId)).toEqual(["a", "", ""]);
    expect(results[0]?.error).toBeUndefined();
    const [, second, third] = results.map((result) => result.error);
    expect(second).toMatchObject({ $typeName: StatusSchema.typeName, code: Code.InvalidArgument });
    const fields = [second, third].map((error) => {
      const detail = error?.details[0];
      return detail && anyUnpack(detail, BadRequestSchema)?.fieldViolations.map((violation) => violation.field);
    });
    expect(fields).toEqual([["jobs[1].queue"], ["jobs[2].endpoint.url"]]);
  });

  it("list, cancel and retry jobs", async () => {
    const jobs = doors.client(JobService, protocol);
    doors.engine.put(jobOf({ payload: Buffer.from("secret"), state: "FAILED", stateReason: "PERMANENT" }));
    const list = await jobs.listJobs({ queue: "q", state: JobState.FAILED, pageSize: 7, pageToken: "t" });
    expect(list).toMatchObject({ nextPageToken: "next", jobs: [{ id: "j1", stateReason: JobStateReason.PERMANENT }] });
    expect(list.jobs[0]?.payload).toHaveLength(0);
    const full = await jobs.listJobs({ view: JobView.FULL, oldestFirst: true });
    expect(Buffer.from(full.jobs[0]?.payload ?? []).toString()).toBe("secret");
    expect(doors.engine.queries).toEqual([
      { filter: { queue: "q", state: "FAILED" }, pageSize: 7, pageToken: "t", oldestFirst: false, view: "BASIC" },
      { filter: {}, pageSize: 0, pageToken: "", oldestFirst: true, view: "FULL" },
    ]);
    expect((await jobs.cancelJob({ jobId: "j1", reason: "enough" })).job?.cancelRequested).toBe(true);
    expect(await jobs.retryJob({ jobId: "j1" })).toMatchObject({ existing: true, job: { retryOf: "j1" } });
  });

  it("show, pause, resume and empty queues", async () => {
    const queues = doors.client(QueueService, protocol);
    const { queue } = await queues.getQueue({ queue: "default" });
    expect(queue).toMatchObject({
      name: "default",
      paused: false,
      counts: { pending: 1n, scheduled: 2n, running: 3n },
    });
    expect(queue?.oldestAvailableTime?.seconds).toBe(1_700_000_000n);
    expect((await queues.listQueues({})).queues).toHaveLength(1);
    expect((await queues.pauseQueue({ queue: "new" })).queue).toMatchObject({ name: "new", paused: true });
    expect((await queues.resumeQueue({ queue: "new" })).queue?.paused).toBe(false);
    expect((await queues.purgeQueue({ queue: "default" })).cancelledCount).toBe(7n);
  });

  it("carry the attempt token of a page", async () => {
    const attempts = doors.client(AttemptService, protocol);
    const headers = { authorization: "Bearer t0ken" };
    const report = await attempts.reportProgress({ progress: { done: 1, message: "one" } }, { headers });
    expect(report).toMatchObject({
      cancelRequested: true,
      leaseExpireTime: { seconds: 1_700_000_000n, nanos: 500_000_000 },
    });
    const completed = await attempts.completeAttempt(
      { result: Buffer.from("42"), contentType: "text/plain" },
      { headers },
    );
    expect(completed.job).toMatchObject({ state: JobState.SUCCEEDED, resultContentType: "text/plain" });
    const retryDelay = { seconds: 2n, nanos: 500_000_000 };
    const failed = await attempts.failAttempt({ message: "no", retryable: true, retryDelay }, { headers });
    expect(JSON.parse(failed.job?.failure?.message ?? "")).toEqual({
      message: "no",
      retryable: true,
      retryDelayMs: 2_500,
    });
    expect(doors.engine.tokens).toEqual(["t0ken", "t0ken", "t0ken"]);
    expect((await errorOf(attempts.reportProgress({}))).code).toBe(Code.Unauthenticated);
    expect((await errorOf(attempts.reportProgress({}, { headers: { authorization: "Basic eDp5" } }))).code).toBe(
      Code.Unauthenticated,
    );
  });

  it("never show the token of a lease", async () => {
    const lease = { holder: "h", token: LEASE_TOKEN, dueTime: 1, startTime: 2, expireTime: 3, accepted: true };
    doors.engine.put(jobOf({ state: "RUNNING", lease }));
    const answer = await doors.client(JobService, protocol).getJob({ jobId: "j1" });
    expect(answer.job?.lease).toMatchObject({ holder: "h", accepted: true });
    expect(JSON.stringify(answer, (_, value) => (typeof value === "bigint" ? String(value) : value))).not.toContain(
      LEASE_TOKEN,
    );
  });

  it("fail with code, text and details", async () => {
    const jobs = doors.client(JobService, protocol);
    const invalid = await errorOf(jobs.submitJob({ job: { ...page, id: "two words", revision: 4n } }));
    expect(invalid.code).toBe(Code.InvalidArgument);
    const [badRequest] = invalid.findDetails(BadRequestSchema);
    expect(badRequest?.fieldViolations.map(({ field }) => field)).toEqual(["job.revision", "job.id"]);
    const lost = await errorOf(
      doors.client(AttemptService, protocol).reportProgress({}, { headers: { authorization: "Bearer stale" } }),
    );
    expect(lost.code).toBe(Code.FailedPrecondition);
    expect(lost.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "LEASE_LOST", domain: "drover" }]);
    doors.engine.broken = storeUnavailable(new Error("connect ECONNREFUSED mongodb://user:secret@host"));
    const down = await errorOf(jobs.getJob({ jobId: "a" }));
    expect(down.code).toBe(Code.Unavailable);
    expect(down.findDetails(RetryInfoSchema)).toMatchObject([{ retryDelay: { seconds: 1n, nanos: 0 } }]);
    expect(down.rawMessage).not.toContain("secret");
  });

  it("say nothing of a fault inside, which is logged", async () => {
    doors.engine.broken = new TypeError("password is hunter2");
    const fault = await errorOf(doors.client(JobService, protocol).getJob({ jobId: "a" }));
    expect(fault.code).toBe(Code.Internal);
    expect(fault.message).not.toContain("hunter2");
    expect(doors.log.lines).toMatchObject([{ level: "error", fields: { error: doors.engine.broken } }]);
  });

  it("watch a job to its end, and then end OK", async () => {
    doors.engine.put(jobOf());
    const seen: JobState[] = [];
    for await (const { job } of doors.client(JobService, protocol).watchJob({ jobId: "j1" })) {
      seen.push(job?.state ?? JobState.UNSPECIFIED);
      if (job?.revision === 1n) doors.engine.put(jobOf({ state: "RUNNING", revision: 2 }));
      if (job?.revision === 2n) doors.engine.put(jobOf({ state: "SUCCEEDED", revision: 3 }));
    }
    expect(seen).toEqual([JobState.PENDING, JobState.RUNNING, JobState.SUCCEEDED]);
  });

  it("fail to watch a job that does not exist, or after an impossible revision", async () => {
    const jobs = doors.client(JobService, protocol);
    const first = (request: { jobId: string; afterRevision?: bigint }) =>
      errorOf(jobs.watchJob(request)[Symbol.asyncIterator]().next());
    expect((await first({ jobId: "none" })).code).toBe(Code.NotFound);
    const beyond = await first({ jobId: "none", afterRevision: 2n ** 60n });
    expect(beyond.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe("after_revision");
  });

  it("free the handler of a watcher who leaves", async () => {
    doors.engine.put(jobOf());
    const leave = new AbortController();
    const stream = doors.client(JobService, protocol).watchJob({ jobId: "j1" }, { signal: leave.signal });
    const reading = stream[Symbol.asyncIterator]();
    await reading.next();
    expect([doors.engine.watching, doors.streams.count]).toEqual([1, 1]);
    const rest = reading.next();
    leave.abort();
    expect((await errorOf(rest)).code).toBe(Code.Canceled);
    await doors.engine.until(() => doors.engine.watching === 0);
    await doors.engine.until(() => doors.streams.count === 0);
    expect(doors.log.lines).toEqual([]);
  });

  it("end a watch when the caller's time is up, and not as if the job had ended", async () => {
    doors.engine.put(jobOf());
    const reading = doors
      .client(JobService, protocol)
      .watchJob({ jobId: "j1" }, { timeoutMs: 300 })
      [Symbol.asyncIterator]();
    await reading.next();
    expect((await errorOf(reading.next())).code).toBe(Code.DeadlineExceeded);
    await doors.engine.until(() => doors.engine.watching === 0);
  });

  it("end a watch with UNAVAILABLE when the server stops", async () => {
    doors.engine.put(jobOf());
    const reading = doors.client(JobService, protocol).watchJob({ jobId: "j1" })[Symbol.asyncIterator]();
    await reading.next();
    const rest = errorOf(reading.next());
    const stopped = Promise.all([doors.grpc.stop(60_000), doors.http.stop(60_000)]);
    expect((await rest).code).toBe(Code.Unavailable);
    await doors.engine.until(() => doors.engine.watching === 0);
    await stopped;
  });

  it("refuse streams beyond the bound, and take them again when others have ended", async () => {
    doors.engine.put(jobOf());
    const jobs = doors.client(JobService, protocol);
    const leave = new AbortController();
    const open = [1, 2, 3].map(() => jobs.watchJob({ jobId: "j1" }, { signal: leave.signal })[Symbol.asyncIterator]());
    await Promise.all(open.map((reading) => reading.next()));
    const refused = await errorOf(jobs.watchJob({ jobId: "j1" })[Symbol.asyncIterator]().next());
    expect(refused.code).toBe(Code.ResourceExhausted);
    leave.abort();
    await Promise.all(open.map((reading) => errorOf(reading.next())));
    await doors.engine.until(() => doors.engine.watching === 0);
    doors.engine.put(jobOf({ state: "SUCCEEDED" }));
    expect((await jobs.watchJob({ jobId: "j1" })[Symbol.asyncIterator]().next()).done).toBe(false);
  });

  it("say that an answer is too large", async () => {
    for (let i = 0; i < 20; i++) doors.engine.put(jobOf({ id: `j${i}`, payload: Buffer.alloc(256 * 1024) }));
    const jobs = doors.client(JobService, protocol);
    expect((await errorOf(jobs.listJobs({ view: JobView.FULL }))).code).toBe(Code.ResourceExhausted);
    expect((await jobs.listJobs({})).jobs).toHaveLength(20);
  });
});

describe("both doors", () => {
  it("give the same error for the same mistake", async () => {
    const mistake = { ...page, id: "two words", maxAttempts: 0, labels: { "": "x" } };
    const said = await Promise.all(
      PROTOCOLS.map(async (protocol) => {
        const error = await errorOf(doors.client(JobService, protocol).submitJob({ job: mistake }));
        return { code: error.code, message: error.rawMessage, details: error.findDetails(BadRequestSchema) };
      }),
    );
    for (const each of said) expect(each).toEqual(said[0]);
  });

  it("bound what an error repeats of the request", async () => {
    const labels = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${i}${"k".repeat(1_000)}`, "v"]));
    for (const protocol of PROTOCOLS) {
      const error = await errorOf(doors.client(JobService, protocol).submitJob({ job: { ...page, labels } }));
      expect(error.code).toBe(Code.InvalidArgument);
      expect(error.rawMessage.length).toBeLessThanOrEqual(1_024);
      const [detail] = error.findDetails(BadRequestSchema);
      expect(detail?.fieldViolations).toHaveLength(10);
      for (const { field } of detail?.fieldViolations ?? []) expect(field.length).toBeLessThanOrEqual(128);
    }
  });

  it("pass on every code of the domain", async () => {
    const codes = {
      NOT_FOUND: Code.NotFound,
      ALREADY_EXISTS: Code.AlreadyExists,
      PERMISSION_DENIED: Code.PermissionDenied,
      RESOURCE_EXHAUSTED: Code.ResourceExhausted,
      UNIMPLEMENTED: Code.Unimplemented,
      UNAUTHENTICATED: Code.Unauthenticated,
    } as const;
    for (const [code, expected] of Object.entries(codes)) {
      doors.engine.broken = new DroverError(code as keyof typeof codes, "said so", { reason: "TERMINAL" });
      for (const protocol of PROTOCOLS) {
        const error = await errorOf(doors.client(JobService, protocol).getJob({ jobId: "a" }));
        expect([error.code, error.rawMessage]).toEqual([expected, "said so"]);
        expect(error.findDetails(ErrorInfoSchema)).toEqual([
          create(ErrorInfoSchema, { reason: "TERMINAL", domain: "drover" }),
        ]);
      }
    }
  });
});
