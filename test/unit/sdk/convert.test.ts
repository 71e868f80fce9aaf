// Plain objects to messages and back: what goes in comes out, for any value that a job may hold.

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBody, encodeBody } from "../../../sdk/body.js";
import { fromWire, toWire, wireBytesAtMost } from "../../../sdk/convert.js";
import { AttemptOutcome, FailureReason } from "../../../sdk/gen/drover/v1/attempt_pb.js";
import { JobSchema, JobState, JobStateReason } from "../../../sdk/gen/drover/v1/job_pb.js";
import type { JobInput } from "../../../sdk/index.js";

const ms = fc.integer({ min: 0, max: 253_402_300_799_999 });
const names = fc.string({ unit: "binary" }).filter((name) => name !== "__proto__"); // Refused: see client.test.ts.
const texts = fc.dictionary(names, fc.string({ unit: "binary" }), { maxKeys: 5 });

const inputs: fc.Arbitrary<JobInput> = fc.record(
  {
    url: fc.webUrl(),
    method: fc.constantFrom("GET" as const, "POST" as const, "DELETE" as const),
    headers: texts,
    payload: fc.oneof(fc.jsonValue(), fc.uint8Array({ minLength: 1 })),
    id: fc.string({ minLength: 1, unit: "binary" }),
    kind: fc.string({ unit: "binary" }),
    queue: fc.string({ unit: "binary" }),
    priority: fc.integer({ min: -1_000, max: 1_000 }),
    labels: texts,
    scheduleTime: ms,
    delayMs: ms,
    maxAttempts: fc.integer({ min: 1, max: 1_000 }),
    backoff: fc.record({ initialMs: ms, maxMs: ms, multiplier: fc.double({ min: 1, max: 100 }) }, { requiredKeys: [] }),
    attemptTimeoutMs: ms,
    deadlineTime: ms.map((time) => new Date(time)),
    retentionMs: ms,
  },
  { requiredKeys: ["url"] },
);

function overTheWire(input: JobInput) {
  return fromBinary(JobSchema, toBinary(JobSchema, toWire(input, input.id ?? "made")));
}

describe("a job on the wire", () => {
  it("comes back as it was given, whatever it holds", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { scheduleTime, headers = {}, labels = {}, payload, ...same } = input;
        const job = fromWire(overTheWire(input));
        expect(job).toMatchObject({ ...same, headers: { ...headers }, labels: { ...labels } });
        expect(job.payload).toEqual(payload === undefined ? undefined : asJsonOrBytes(payload));
        expect(job.scheduleTime?.getTime()).toBe(scheduleTime);
      }),
    );
  });

  it("never takes more bytes than were counted for it", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const job = toWire(input, input.id ?? "made");
        expect(toBinary(JobSchema, job).length).toBeLessThanOrEqual(wireBytesAtMost(job));
      }),
    );
  });

  it("leaves to the server what was not given", () => {
    const wire = overTheWire({ url: "http://pages/x" });
    expect(wire).toMatchObject({ id: "made", queue: "", contentType: "", endpoint: { method: "" } });
    expect(wire.priority).toBeUndefined();
    expect(wire.maxAttempts).toBeUndefined();
    expect(wire.backoff).toBeUndefined();
  });

  it("shows names for states, Dates for times and numbers for int64", () => {
    const time = timestampFromMs(1_700_000_000_123);
    const job = fromWire(
      create(JobSchema, {
        id: "a",
        state: JobState.FAILED,
        stateReason: JobStateReason.ATTEMPTS_EXHAUSTED,
        fence: 12n,
        revision: 34n,
        finishTime: time,
        failure: { reason: FailureReason.TIMEOUT, message: "too slow", time },
        attempts: [{ number: 1, fence: 12n, outcome: AttemptOutcome.FAILED, httpStatus: 500, startTime: time }],
        progress: { done: 0, message: "begun" },
        retriedBy: "b",
      }),
    );
    const date = new Date(1_700_000_000_123);
    expect(job).toMatchObject({
      state: "FAILED",
      stateReason: "ATTEMPTS_EXHAUSTED",
      fence: 12,
      revision: 34,
      finishTime: date,
      failure: { reason: "TIMEOUT", httpStatus: undefined, message: "too slow", time: date },
      attempts: [{ number: 1, fence: 12, outcome: "FAILED", httpStatus: 500, startTime: date, endTime: undefined }],
      progress: { done: 0, total: undefined, message: "begun" },
      retriedBy: "b",
      retryOf: undefined,
      lease: undefined,
    });
  });

  it("shows a state that is newer than this client as UNSPECIFIED", () => {
    expect(fromWire(create(JobSchema, { state: 99 as JobState })).state).toBe("UNSPECIFIED");
  });
});

describe("a payload or result", () => {
  it("is text when its content type says so, both ways", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (text) => {
        const body = encodeBody(text, "text/plain; charset=utf-8", "payload");
        expect(decodeBody(body.bytes, body.contentType)).toBe(text);
      }),
    );
  });

  it("is JSON for a string without a content type, and for any type that is JSON", () => {
    expect(new TextDecoder().decode(encodeBody("hi", undefined, "payload").bytes)).toBe('"hi"');
    for (const type of ["application/json", "application/problem+json", "Application/JSON; charset=utf-8"]) {
      const body = encodeBody({ a: [null] }, type, "payload");
      expect(body.contentType).toBe(type);
      expect(decodeBody(body.bytes, type)).toEqual({ a: [null] });
    }
  });

  it("stays bytes when it is not what its content type says", () => {
    const notJson = new TextEncoder().encode("<html>");
    const notText = Uint8Array.of(0xff, 0xfe);
    expect(decodeBody(notJson, "application/json")).toBe(notJson);
    expect(decodeBody(notText, "text/plain")).toBe(notText);
    expect(decodeBody(notText, "image/png")).toBe(notText);
  });

  it("is undefined when there are no bytes", () => {
    expect(decodeBody(new Uint8Array(), "application/json")).toBeUndefined();
    expect(encodeBody(undefined, undefined, "payload").bytes).toHaveLength(0);
  });
});

function asJsonOrBytes(payload: unknown): unknown {
  return payload instanceof Uint8Array ? payload : JSON.parse(JSON.stringify(payload));
}
