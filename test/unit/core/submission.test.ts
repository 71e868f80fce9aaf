// The rules for each field of a job that is submitted: which values are refused, and that the field is named.

import { describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { canonicalForm, type JobInput, specOf, violationsOf } from "../../../server/core/submission.js";

const good: JobInput = { endpoint: { url: "http://pages.example/job" } };
const page = (url: string): JobInput => ({ endpoint: { url } });
const header = (name: string, value: string): JobInput => ({
  endpoint: { url: "http://pages.example/", headers: { [name]: value } },
});
const many = (count: number, prefix: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, "x"]));

const REFUSED: readonly (readonly [string, JobInput, string])[] = [
  ["an empty id", { ...good, id: "" }, "job.id"],
  ["an id that is too long", { ...good, id: "x".repeat(129) }, "job.id"],
  ["an id with a slash", { ...good, id: "a/b" }, "job.id"],
  ["an id with a tilde, as derived ids have", { ...good, id: "~a" }, "job.id"],
  ["a queue with a space", { ...good, queue: "a b" }, "job.queue"],
  ["a kind with a control character", { ...good, kind: "a\nb" }, "job.kind"],
  ["no page", {}, "job.endpoint.url"],
  ["an empty address", page(""), "job.endpoint.url"],
  ["an address of another scheme", page("ftp://pages.example/"), "job.endpoint.url"],
  ["a relative address", page("/job"), "job.endpoint.url"],
  ["no host before its path", page("http:///me@pages.example/"), "job.endpoint.url"],
  ["user info", page("http://me:secret@pages.example/"), "job.endpoint.url"],
  ["a line break in the address", page("http://pages.example/\r\nX: y"), "job.endpoint.url"],
  ["a tab in the scheme", page("ht\ttp://pages.example/"), "job.endpoint.url"],
  ["port 0", page("http://pages.example:0/"), "job.endpoint.url"],
  ["a zone", page("http://[fe80::1%25eth0]/"), "job.endpoint.url"],
  ["a backslash", page("http:\\\\pages.example\\"), "job.endpoint.url"],
  ["a fragment", page("http://pages.example/#x"), "job.endpoint.url"],
  ["an address that is too long", page(`http://pages.example/${"x".repeat(2_048)}`), "job.endpoint.url"],
  ["an unknown method", { endpoint: { url: "http://pages.example/", method: "TRACE" } }, "job.endpoint.method"],
  ["a header that is no token", header("a b", "x"), 'job.endpoint.headers["a b"]'],
  ["a header value with a line break", header("x-a", "1\r\nx-b: 2"), 'job.endpoint.headers["x-a"]'],
  ["a header value with NUL", header("x-a", "\0"), 'job.endpoint.headers["x-a"]'],
  ["the header Host", header("Host", "x"), 'job.endpoint.headers["Host"]'],
  ["the header Content-Length", header("content-length", "1"), 'job.endpoint.headers["content-length"]'],
  ["the header Transfer-Encoding", header("Transfer-Encoding", "x"), 'job.endpoint.headers["Transfer-Encoding"]'],
  ["the header Connection", header("Connection", "close"), 'job.endpoint.headers["Connection"]'],
  ["a header of Drover's", header("Job-Id", "x"), 'job.endpoint.headers["Job-Id"]'],
  ["a signature header", header("webhook-id", "x"), 'job.endpoint.headers["webhook-id"]'],
  ["the header Idempotency-Key", header("Idempotency-Key", "x"), 'job.endpoint.headers["Idempotency-Key"]'],
  ["too many headers", { endpoint: { url: "http://a.example/", headers: many(65, "x-") } }, "job.endpoint.headers"],
  ["headers that are too large", header("x-a", "x".repeat(limits.headerBytes)), "job.endpoint.headers"],
  [
    "a payload with GET",
    { endpoint: { url: "http://a.example/", method: "GET" }, payload: Buffer.from("x") },
    "job.payload",
  ],
  ["a payload that is too large", { ...good, payload: Buffer.alloc(limits.payloadBytes + 1) }, "job.payload"],
  ["a content type with a line break", { ...good, contentType: "a/b\r\n" }, "job.content_type"],
  ["a priority out of range", { ...good, priority: 1_001 }, "job.priority"],
  ["too many labels", { ...good, labels: many(33, "l") }, "job.labels"],
  ["a label key with an equals sign", { ...good, labels: { "a=b": "c" } }, 'job.labels["a=b"]'],
  ["a label value that is too long", { ...good, labels: { a: "x".repeat(257) } }, 'job.labels["a"]'],
  ["both a time and a delay", { ...good, scheduleTime: 5, delayMs: 5 }, "job.delay"],
  ["a delay below zero", { ...good, delayMs: -1 }, "job.delay"],
  ["a delay that is no number", { ...good, delayMs: Number.NaN }, "job.delay"],
  ["a time beyond the year 9999", { ...good, scheduleTime: 1e15 }, "job.schedule_time"],
  ["no attempt at all", { ...good, maxAttempts: 0 }, "job.max_attempts"],
  ["a backoff that shrinks", { ...good, backoff: { initialMs: 10, maxMs: 5 } }, "job.backoff.max"],
  ["a multiplier below one", { ...good, backoff: { multiplier: 0.5 } }, "job.backoff.multiplier"],
  ["no time for an attempt", { ...good, attemptTimeoutMs: 0 }, "job.attempt_timeout"],
  ["a deadline before the start", { ...good, scheduleTime: 10, deadlineTime: 10 }, "job.deadline_time"],
  ["a retention of centuries", { ...good, retentionMs: limits.retentionMaxMs + 1 }, "job.retention"],
  ["a field that is output only", { ...good, refused: ["state"] }, "job.state"],
];

describe("a submitted job", () => {
  it.each(REFUSED)("is refused with %s, and the field is named", (_, input, field) => {
    expect(violationsOf(input, "job").map((violation) => violation.field)).toContain(field);
  });

  it("is taken with every field at its bound", () => {
    const input: JobInput = {
      id: "x".repeat(128),
      kind: "k".repeat(limits.kindChars),
      queue: "a.b_c:d-e",
      endpoint: { url: `http://a.example/${"x".repeat(2_031)}`, method: "PUT", headers: many(64, "x-") },
      payload: Buffer.alloc(limits.payloadBytes),
      priority: -1_000,
      labels: many(32, "l"),
      delayMs: limits.delayMaxMs,
      maxAttempts: 1_000,
      attemptTimeoutMs: limits.attemptTimeoutMaxMs,
      retentionMs: 0,
    };
    expect(violationsOf(input, "job")).toEqual([]);
  });

  it("gets the documented defaults", () => {
    expect(specOf(good, () => "made")).toMatchObject({
      id: "made",
      queue: "default",
      contentType: "application/json",
      priority: 0,
      maxAttempts: 10,
      backoff: { initialMs: 1_000, maxMs: 600_000, multiplier: 2 },
      attemptTimeoutMs: 900_000,
    });
  });

  it("has the same canonical form whatever the order of its maps, and another for other content", () => {
    const form = (labels: Record<string, string>) => canonicalForm({ ...good, labels });
    expect(form({ a: "1", b: "2" })).toBe(form({ b: "2", a: "1" }));
    expect(form({ a: "1" })).not.toBe(form({ a: "2" }));
    expect(canonicalForm({ ...good, priority: 0 })).not.toBe(canonicalForm(good));
  });
});
