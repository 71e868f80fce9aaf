// Between the wire and the domain: what is refused where the domain has no word for it, and that nothing is lost or
// shown that must not be.

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { AttemptOutcome, FailureReason } from "@drover/sdk/gen/drover/v1/attempt_pb";
import { EndpointSchema } from "@drover/sdk/gen/drover/v1/endpoint_pb";
import { JobSchema, JobState, type JobStateReason } from "@drover/sdk/gen/drover/v1/job_pb";
import { ListJobsRequestSchema } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { describe, expect, it } from "vitest";
import { DroverError } from "../../../server/core/errors.js";
import { JOB_STATES } from "../../../server/core/job.js";
import { violationsOf } from "../../../server/core/submission.js";
import {
  checkedPageSize,
  durationIn,
  jobInput,
  jobInputs,
  listQuery,
  revisionIn,
} from "../../../server/rpc/convert-in.js";
import { jobOut, timeOut } from "../../../server/rpc/convert-out.js";
import { jobOf, LEASE_TOKEN } from "./small-engine.js";

const page = { url: "http://page.test/do" };
const input = (job: MessageInitShape<typeof JobSchema>) => jobInput(create(JobSchema, job));
function fieldsRefused(given: MessageInitShape<typeof JobSchema>): string[] {
  const job = create(JobSchema, given);
  job.endpoint = create(EndpointSchema, page);
  return violationsOf(jobInput(job), "job").map(({ field }) => field);
}

function fieldsOf(call: () => unknown): string[] {
  try {
    call();
  } catch (error) {
    if (error instanceof DroverError && error.code === "INVALID_ARGUMENT")
      return error.violations.map(({ field }) => field);
    throw error;
  }
  return [];
}

describe("a job from the wire", () => {
  it("holds all that was given", () => {
    expect(
      input({
        id: "a",
        kind: "k",
        queue: "q",
        endpoint: { ...page, method: "PUT", headers: { "x-a": "1" } },
        payload: Buffer.from("p"),
        contentType: "text/plain",
        priority: 0,
        labels: { l: "v" },
        scheduleTime: { seconds: 1_700_000_000n, nanos: 1 },
        delay: { seconds: 1n, nanos: 500_000_000 },
        maxAttempts: 3,
        backoff: { initial: { seconds: 2n }, max: { seconds: 3n }, multiplier: 1.5 },
        attemptTimeout: { nanos: 1 },
        deadlineTime: { seconds: 1_700_000_001n, nanos: 999_999 },
        retention: { seconds: 0n },
      }),
    ).toEqual({
      id: "a",
      kind: "k",
      queue: "q",
      endpoint: { ...page, method: "PUT", headers: { "x-a": "1" } },
      payload: Buffer.from("p"),
      contentType: "text/plain",
      priority: 0,
      labels: { l: "v" },
      scheduleTime: 1_700_000_000_001,
      delayMs: 1_500,
      maxAttempts: 3,
      backoff: { initialMs: 2_000, maxMs: 3_000, multiplier: 1.5 },
      attemptTimeoutMs: 1,
      deadlineTime: 1_700_000_001_000,
      retentionMs: 0,
    });
  });

  it("leaves absent what was not given", () => {
    expect(input({})).toEqual({});
    expect(input({ endpoint: page })).toEqual({ endpoint: page });
  });

  it("names every field that only the service sets", () => {
    const given: MessageInitShape<typeof JobSchema> = {
      childKey: "c",
      state: JobState.RUNNING,
      stateReason: 99 as JobStateReason,
      batchId: "b",
      parentJobId: "p",
      rootJobId: "r",
      depth: 1,
      attemptCount: 1,
      interruptedCount: 1,
      fence: 2n ** 62n,
      availableTime: {},
      lease: {},
      progress: {},
      result: Buffer.from("r"),
      resultContentType: "t",
      failure: {},
      attempts: [{}],
      batchIds: ["b"],
      batchCounts: { total: 1n },
      retryOf: "j",
      retriedBy: "j",
      createTime: {},
      startTime: {},
      finishTime: {},
      updateTime: {},
      revision: -1n,
      cancelRequested: true,
      busyCount: 1,
    };
    // The schema says which fields there are: one that is added to the service's own must be refused as well.
    const own = JobSchema.fields.filter(({ number }) => number >= 16).map(({ name }) => `job.${name}`);
    expect(fieldsRefused(given).sort()).toEqual(own.sort());
  });

  it.each([
    ["before year 1", { scheduleTime: { seconds: -62_135_596_801n } }, "job.schedule_time"],
    ["before 1970", { scheduleTime: { seconds: -1n } }, "job.schedule_time"],
    ["after year 9999", { deadlineTime: { seconds: 253_402_300_800n } }, "job.deadline_time"],
    ["with too many nanoseconds", { scheduleTime: { nanos: 1_000_000_000 } }, "job.schedule_time"],
    ["with negative nanoseconds", { deadlineTime: { seconds: 5n, nanos: -1 } }, "job.deadline_time"],
    ["of a length over 10,000 years", { delay: { seconds: 315_576_000_001n } }, "job.delay"],
    ["of a length with two signs", { retention: { seconds: 1n, nanos: -1 } }, "job.retention"],
    ["of a length with too many nanoseconds", { attemptTimeout: { nanos: 1_000_000_000 } }, "job.attempt_timeout"],
    ["of a length just below zero", { delay: { nanos: -1 } }, "job.delay"],
    ["in a backoff", { backoff: { initial: { nanos: -2_000_000_000 } } }, "job.backoff.initial"],
  ])("is refused with a time %s, naming the field", (_, job, field) => {
    expect(fieldsRefused(job as MessageInitShape<typeof JobSchema>)).toContain(field);
  });

  it("comes in thousands at most", () => {
    const jobs = Array.from({ length: 1_001 }, () => create(JobSchema));
    expect(fieldsOf(() => jobInputs(jobs))).toEqual(["jobs"]);
    expect(jobInputs(jobs.slice(1))).toHaveLength(1_000);
  });
});

describe("a list request from the wire", () => {
  const list = (request: MessageInitShape<typeof ListJobsRequestSchema>) => () =>
    listQuery(create(ListJobsRequestSchema, request));

  it("is refused with unknown numbers of enums and a negative page size", () => {
    expect(fieldsOf(list({ state: 99 as JobState, view: 99 as never, pageSize: -1 }))).toEqual([
      "state",
      "view",
      "page_size",
    ]);
  });

  it("may ask for every state there is", () => {
    expect(JOB_STATES.map((state) => list({ state: JobState[state] })().filter.state)).toEqual([...JOB_STATES]);
  });
});

describe("numbers from the wire", () => {
  it("are refused where JavaScript has no exact number", () => {
    expect(revisionIn("r", undefined)).toBeUndefined();
    expect(revisionIn("r", 2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(fieldsOf(() => revisionIn("r", 2n ** 53n))).toEqual(["r"]);
    expect(fieldsOf(() => revisionIn("r", -1n))).toEqual(["r"]);
    expect(fieldsOf(() => checkedPageSize(-1))).toEqual(["page_size"]);
  });
});

describe("a job to the wire", () => {
  const ended = {
    number: 1,
    fence: 2,
    startTime: 3,
    endTime: 4,
    httpStatus: 500,
    outcome: "FAILED",
    message: "m",
  } as const;

  it("shows all that is stored, and neither payload nor the lease's token", () => {
    const job = jobOf({
      payload: Buffer.from("secret payload"),
      state: "RUNNING",
      lease: { holder: "h", token: LEASE_TOKEN, dueTime: 1, startTime: 2, expireTime: 3_500, accepted: true },
      cancel: { reason: "r", time: 1 },
      progress: { done: 0, message: "p", updateTime: 5 },
      failure: { reason: "HTTP_STATUS", httpStatus: 500, message: "f", time: 6 },
      attempts: [ended],
      deadlineTime: 7,
      retentionMs: 8,
      retryOf: "before",
      retriedBy: "after",
      startTime: 9,
      finishTime: 10,
      busyCount: 11,
      result: Buffer.from("r"),
      resultContentType: "t",
    });
    const message = jobOut(job);
    expect(message).toMatchObject({
      lease: { holder: "h", expireTime: { seconds: 3n, nanos: 500_000_000 }, accepted: true },
      cancelRequested: true,
      progress: { done: 0, message: "p" },
      failure: { reason: FailureReason.HTTP_STATUS, httpStatus: 500, message: "f" },
      attempts: [{ number: 1, fence: 2n, httpStatus: 500, outcome: AttemptOutcome.FAILED, message: "m" }],
      retryOf: "before",
      retriedBy: "after",
      busyCount: 11,
      resultContentType: "t",
    });
    expect(message.payload).toHaveLength(0);
    expect(Buffer.from(jobOut(job, true).payload).toString()).toBe("secret payload");
    expect(JSON.stringify(message, (_, value) => (typeof value === "bigint" ? Number(value) : value))).not.toContain(
      LEASE_TOKEN,
    );
    // Progress without a total says so by absence.
    expect(message.progress?.total).toBeUndefined();
  });

  it("sets every field that the proto has for a job, save the counts that only a watch adds", () => {
    const absent = JobSchema.fields
      .map(({ localName }) => localName)
      .filter(
        (name) =>
          !(
            name in
            jobOut(
              jobOf({
                deadlineTime: 1,
                retentionMs: 1,
                lease: { holder: "", token: "", dueTime: 1, startTime: 1, expireTime: 1, accepted: false },
                progress: { message: "", updateTime: 1 },
                failure: { reason: "BUSY", message: "", time: 1 },
                startTime: 1,
                finishTime: 1,
              }),
            )
          ),
      );
    // What was asked for as a start shows as available_time.
    expect(absent).toEqual(["scheduleTime", "delay", "batchCounts"]);
  });

  it("keeps times and lengths to the millisecond", () => {
    for (const ms of [0, 1, 999, 1_700_000_000_001, 253_402_300_799_999]) {
      const { seconds, nanos } = timeOut(ms);
      expect(Number(seconds) * 1_000 + nanos / 1e6).toBe(ms);
    }
    const { backoff, attemptTimeout } = jobOut(
      jobOf({ backoff: { initialMs: 1_500, maxMs: 90_000, multiplier: 2 }, attemptTimeoutMs: 1 }),
    );
    const lengths = [backoff?.initial, backoff?.max, attemptTimeout].map((length) => length && durationIn(length));
    expect(lengths).toEqual([1_500, 90_000, 1]);
  });
});
