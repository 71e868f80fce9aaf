// What must be refused, through both doors of a real server: with the right code and the field's name, nothing
// written, and the connection still good for the next call.

import type { JsonObject } from "@bufbuild/protobuf";
import { createClient, type DroverClient } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromHttp, postJson, RawClient, type Say, sayByFetch } from "../support/raw-client.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const URL_FIELD = "job.endpoint.url";
const page = { url: "http://127.0.0.1:9/page.aspx" };
const headers = (given: JsonObject): JsonObject => ({ endpoint: { ...page, headers: given } });

/** What is wrong, the job, and the field that the answer names. */
const BAD_JOBS: [string, JsonObject, string][] = [
  ["an id with a space", { id: "a b", endpoint: page }, "job.id"],
  ["an id of 129 characters", { id: "x".repeat(129), endpoint: page }, "job.id"],
  ["a queue with a slash", { queue: "a/b", endpoint: page }, "job.queue"],
  ["no endpoint", {}, "job.endpoint"],
  ["an empty URL", { endpoint: { url: "" } }, URL_FIELD],
  ["a URL that is not http", { endpoint: { url: "file:///etc/passwd" } }, URL_FIELD],
  ["a URL with user info", { endpoint: { url: "http://user:secret@127.0.0.1/" } }, URL_FIELD],
  ["a URL with a line break", { endpoint: { url: "http://127.0.0.1/a\r\nb" } }, URL_FIELD],
  ["a URL with port 0", { endpoint: { url: "http://127.0.0.1:0/" } }, URL_FIELD],
  ["a URL with a zone", { endpoint: { url: "http://[fe80::1%25eth0]/" } }, URL_FIELD],
  ["a URL of 2,049 characters", { endpoint: { url: `http://127.0.0.1/${"x".repeat(2_032)}` } }, URL_FIELD],
  ["an unknown method", { endpoint: { ...page, method: "TRACE" } }, "job.endpoint.method"],
  ["a payload with GET", { endpoint: { ...page, method: "GET" }, payload: btoa("x") }, "job.payload"],
  ["a header name that is no token", headers({ "a b": "c" }), "job.endpoint.headers"],
  ["a header value with CR and LF", headers({ a: "b\r\nc: d" }), "job.endpoint.headers"],
  ["a header value with NUL", headers({ a: "b\0" }), "job.endpoint.headers"],
  ...["Host", "Content-Length", "Transfer-Encoding", "Connection", "Job-Id", "webhook-id", "Idempotency-Key"].map(
    (name): [string, JsonObject, string] => [`the header ${name}`, headers({ [name]: "1" }), "job.endpoint.headers"],
  ),
  ["a priority of 1001", { endpoint: page, priority: 1001 }, "job.priority"],
  ["max_attempts of 0", { endpoint: page, maxAttempts: 0 }, "job.max_attempts"],
  ["a negative delay", { endpoint: page, delay: "-1s" }, "job.delay"],
  ["a delay of more than ten years", { endpoint: page, delay: "400000000s" }, "job.delay"],
  ["a delay and a schedule_time", { endpoint: page, delay: "1s", scheduleTime: "2099-01-01T00:00:00Z" }, "job.delay"],
  ["an attempt_timeout of 0", { endpoint: page, attemptTimeout: "0s" }, "job.attempt_timeout"],
  [
    "a deadline before the start",
    { endpoint: page, scheduleTime: "2099-01-02T00:00:00Z", deadlineTime: "2099-01-01T00:00:00Z" },
    "job.deadline_time",
  ],
  ["a backoff whose multiplier is 0", { endpoint: page, backoff: { multiplier: 0 } }, "job.backoff.multiplier"],
  ["33 labels", { endpoint: page, labels: Object.fromEntries(Array(33).fill("v").entries()) }, "job.labels"],
  ["an output field", { endpoint: page, state: "JOB_STATE_SUCCEEDED" }, "job.state"],
  ["an unknown enum number", { endpoint: page, stateReason: 999 }, "job.state_reason"],
  ["a payload over the bound", { endpoint: page, payload: btoa("x".repeat(256 * 1024 + 1)) }, "job.payload"],
];

/** Addresses that the allow-list forbids, in the spellings that parsers accept. */
const FORBIDDEN = ["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://[fd00::1]/"].concat([
  "http://167772161/",
  "http://0x0a000001/",
  "http://012.0.0.1/",
  "http://[::ffff:10.0.0.1]/",
]);

const BAD_LISTS: [string, JsonObject][] = [
  ["a page token that nobody gave out", { pageToken: "nonsense" }],
  ["a negative page size", { pageSize: -1 }],
  ["an unknown state", { state: 99 }],
];

describe.each(STORES)("bad input on $name", ({ fresh }) => {
  let server: ServerProcess;
  let raw: RawClient;
  let client: DroverClient;

  beforeAll(async () => {
    server = await startServer({ store: await fresh(), flags: ["--no-dispatch"] });
    raw = new RawClient(server.grpc);
    client = createClient({ address: server.grpc });
  });
  afterAll(async () => {
    raw.close();
    await client.close();
    await server.stop();
  });

  const doors: [string, () => Say][] = [
    ["gRPC", () => raw.say],
    ["JSON", () => sayByFetch(server.http)],
  ];

  async function nothingWritten(say: Say) {
    const list = await say("JobService/ListJobs", {});
    expect([list.code, list.body.jobs ?? []]).toEqual(["OK", []]);
  }

  describe.each(doors)("through %s", (_, door) => {
    it.each(BAD_JOBS)("%s is INVALID_ARGUMENT, names the field and writes nothing", async (_what, job, field) => {
      const answer = await door()("JobService/SubmitJob", { job });
      expect([answer.code, answer.fields.some((it) => it.startsWith(field))]).toEqual(["INVALID_ARGUMENT", true]);
      await nothingWritten(door());
    });

    it.each(FORBIDDEN)("the address %s is PERMISSION_DENIED at submit and writes nothing", async (url) => {
      const answer = await door()("JobService/SubmitJob", { job: { endpoint: { url } } });
      expect([answer.code, answer.reason]).toEqual(["PERMISSION_DENIED", "ENDPOINT_NOT_ALLOWED"]);
      await nothingWritten(door());
    });

    it.each(BAD_LISTS)("a list with %s is INVALID_ARGUMENT", async (_what, request) => {
      expect((await door()("JobService/ListJobs", request)).code).toBe("INVALID_ARGUMENT");
    });

    it("a page size of a billion is cut to what a page may hold", async () => {
      expect((await door()("JobService/ListJobs", { pageSize: 1_000_000_000 })).code).toBe("OK");
    });

    it.each(["GetJob", "CancelJob", "RetryJob"])("%s of an unknown job is NOT_FOUND", async (method) => {
      expect((await door()(`JobService/${method}`, { jobId: "nobody" })).code).toBe("NOT_FOUND");
    });

    it("a message over the limit is RESOURCE_EXHAUSTED, and the door goes on", async () => {
      const job = { endpoint: page, payload: btoa("x".repeat(4 * 1024 * 1024)) };
      expect((await door()("JobService/SubmitJob", { job })).code).toBe("RESOURCE_EXHAUSTED");
      await nothingWritten(door());
    });

    it("one bad job of SubmitJobs fails alone", async () => {
      const jobs = [{ endpoint: { url: "ftp://x/" } }, { endpoint: page, queue: "a b" }];
      const answer = await door()("JobService/SubmitJobs", { jobs });
      expect(answer.body.results.map((it: { error: { code: number } }) => it.error.code)).toEqual([3, 3]);
      await nothingWritten(door());
    });
  });

  it.each([
    ["garbage", Buffer.from("ffffffffffff", "hex")],
    ["a message cut short", Buffer.from("0a7f", "hex")],
    ["an unknown wire type", Buffer.from("0f", "hex")],
    ["messages nested over 100 deep", nested(200)],
  ])("%s as protobuf is INVALID_ARGUMENT, and the connection lives", async (_, bytes) => {
    expect((await raw.sayBytes("JobService/SubmitJobs", bytes)).code).toBe("INVALID_ARGUMENT");
    await nothingWritten(raw.say);
  });

  it.each(["{", '{"job": 7}', '{"job": {"nonsense": 1}}', `${"[".repeat(50_000)}`])(
    "%.20s as JSON is INVALID_ARGUMENT, and the door goes on",
    async (text) => {
      const response = await postJson(server.http, "JobService/SubmitJob", text);
      expect(fromHttp(response.status, await response.text()).code).toBe("INVALID_ARGUMENT");
      await nothingWritten(sayByFetch(server.http));
    },
  );

  it("the server has logged no error of its own", () => {
    expect(server.stderr()).toBe("");
  });
});

/** A group within a group, as deep as asked: what a decoder has to follow even in fields that it does not know. */
function nested(depth: number): Buffer {
  // Field 100 as a group: its start is a3 06, its end a4 06.
  return Buffer.from("a306".repeat(depth) + "a406".repeat(depth), "hex");
}
