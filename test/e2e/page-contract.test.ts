// What a page is promised on a running server, part one: the request that it gets, and what each of its answers means.

import { createClient, type DroverClient, type JobInput } from "@drover/sdk";
import * as standardwebhooks from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, outcomes, until } from "../support/follow.js";
import { Gate, inTurn, type Pages, startPages, status } from "../support/pages.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const SECRET = `whsec_${Buffer.from("a secret that page and server share").toString("base64")}`;
const idOf = (type: string) => type.replace("/", ":");
/** Tries again at once. */
const AT_ONCE = { initialMs: 0, maxMs: 0 };

describe.each(STORES)("the contract with a page on $name", ({ fresh }) => {
  let server: ServerProcess;
  let pages: Pages;
  let client: DroverClient;

  beforeAll(async () => {
    pages = await startPages();
    const env = { DROVER_SIGNING_SECRET: SECRET };
    server = await startServer({ store: await fresh(), flags: ["--concurrency", "16"], env });
    client = createClient({ address: server.grpc });
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
    await pages.close();
  });

  async function run(input: JobInput) {
    const { id } = await client.submit({ backoff: AT_ONCE, ...input });
    return ended(client, id);
  }

  describe("the request", () => {
    it("carries the job's headers, its key, a trace and a signature that the page can check", async () => {
      const page = pages.page();
      const own = { "x-tenant": "acme" };
      const job = await run({ url: page.url, payload: { row: 1 }, kind: "a bill", queue: "bills", headers: own });
      const { method, headers, body } = await page.called();
      expect(method).toBe("POST");
      expect(headers).toMatchObject({
        "job-id": job.id,
        "job-attempt": "1",
        "job-fence": "1",
        "job-queue": "bills",
        "job-kind": "a%20bill",
        "job-service": `http://${server.http}`,
        "idempotency-key": job.id,
        "content-type": "application/json",
        "x-tenant": "acme",
      });
      expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(Date.parse(String(headers["job-deadline"]))).toBeGreaterThan(job.startTime?.getTime() ?? Infinity);
      expect(headers["job-token"]).toMatch(/^\S+$/);
      const checker = new standardwebhooks.Webhook(SECRET);
      expect(checker.verify(body.toString(), headers as Record<string, string>)).toEqual({ row: 1 });
      expect(() => checker.verify('{"row":2}', headers as Record<string, string>)).toThrow();
    });

    it("is a GET without body when asked for", async () => {
      const page = pages.page();
      expect(await run({ url: page.url, method: "GET" })).toMatchObject({ state: "SUCCEEDED" });
      const { method, headers, body } = await page.called();
      expect([method, body.length, headers["content-length"], headers["content-type"]]).toEqual([
        "GET",
        0,
        undefined,
        undefined,
      ]);
    });

    it("has the same key, the same trace and a higher attempt and fence when it comes again", async () => {
      const page = pages.page(inTurn(status(500), status(200)));
      const job = await run({ url: page.url });
      const [first, second] = [(await page.called(1)).headers, (await page.called(2)).headers];
      expect([second["job-attempt"], second["job-fence"]]).toEqual(["2", "2"]);
      expect([first["idempotency-key"], second["idempotency-key"]]).toEqual([job.id, job.id]);
      expect(second["job-token"]).not.toBe(first["job-token"]);
      expect(String(second.traceparent).slice(0, 35)).toBe(String(first.traceparent).slice(0, 35));
    });
  });

  describe("2xx", () => {
    it.each([200, 201, 204])("%i is success, and the body is the result", async (code) => {
      const body = code === 204 ? "" : '{"total":3}';
      const page = pages.page(status(code, { "content-type": "application/json" }, body));
      const job = await run({ url: page.url });
      expect(job).toMatchObject({ state: "SUCCEEDED", stateReason: "OK", attemptCount: 1 });
      expect(job.result).toEqual(code === 204 ? undefined : { total: 3 });
      expect(job.attempts).toMatchObject([{ number: 1, fence: 1, httpStatus: code, outcome: "SUCCEEDED" }]);
    });

    it("a result over the bound is a failure with a reason", async () => {
      const page = pages.page(status(200, {}, "x".repeat(256 * 1024 + 1)));
      const job = await run({ url: page.url, maxAttempts: 1 });
      expect(job).toMatchObject({ state: "FAILED", failure: { reason: "RESULT_TOO_LARGE" }, attemptCount: 1 });
    });

    it("a result of exactly the bound is kept whole", async () => {
      const page = pages.page(status(200, { "content-type": "text/plain" }, "x".repeat(256 * 1024)));
      expect(await run({ url: page.url })).toMatchObject({ state: "SUCCEEDED", result: "x".repeat(256 * 1024) });
    });
  });

  describe("progress in band", () => {
    const streams: [string, (frame: object) => string][] = [
      ["application/x-ndjson", (frame) => `${JSON.stringify(frame)}\n`],
      ["text/event-stream", (frame) => `data: ${JSON.stringify(frame)}\n\n`],
    ];

    it.each(streams)("%s shows progress to a watcher before the page ends", async (type, frame) => {
      const page = pages.page(async (_request, response) => {
        response.writeHead(200, { "content-type": type });
        response.write(frame({ progress: { done: 1, total: 2, message: "half" } }));
        // The page ends only after a watcher saw the half.
        await until(client, idOf(type), ({ progress }) => progress?.message === "half");
        response.end(frame({ result: { rows: 2 } }));
      });
      const { id } = await client.submit({ id: idOf(type), url: page.url });
      expect(await ended(client, id)).toMatchObject({ state: "SUCCEEDED", result: { rows: 2 }, attemptCount: 1 });
    });

    it.each(streams)("%s that is cut short is a failed attempt, tried again", async (type, frame) => {
      const page = pages.page(
        inTurn(
          (_request, response) => {
            response.writeHead(200, { "content-type": type });
            response.write(frame({ progress: { done: 1 } }), () => response.destroy());
          },
          status(200, { "content-type": type }, frame({ result: "whole" })),
        ),
      );
      const job = await run({ url: page.url });
      expect(job).toMatchObject({ state: "SUCCEEDED", result: "whole", attemptCount: 2 });
      expect(outcomes(job)).toEqual(["FAILED", "SUCCEEDED"]);
    });

    it.each(streams)("%s may end in an error that is not to be tried again", async (type, frame) => {
      const end = frame({ error: { message: "no such row", retryable: false } });
      const page = pages.page(status(200, { "content-type": type }, end));
      const job = await run({ url: page.url });
      expect(job).toMatchObject({ state: "FAILED", stateReason: "PERMANENT", failure: { message: "no such row" } });
      expect(page.requests.length).toBe(1);
    });
  });

  describe("try again", () => {
    it.each([408, 409, 425, 500, 502, 504])("%i uses an attempt and is tried again", async (code) => {
      const page = pages.page(inTurn(status(code, {}, "not now"), status(200)));
      const job = await run({ url: page.url });
      expect(job).toMatchObject({ state: "SUCCEEDED", attemptCount: 2, busyCount: 0 });
      expect(job.attempts).toMatchObject([{ outcome: "FAILED", httpStatus: code }, { outcome: "SUCCEEDED" }]);
    });

    it("a network error uses an attempt and is tried again", async () => {
      const page = pages.page(inTurn((_request, response) => void response.destroy(), status(200)));
      const job = await run({ url: page.url });
      expect(job).toMatchObject({ state: "SUCCEEDED", attemptCount: 2, failure: { reason: "NETWORK" } });
    });

    it("a timeout uses an attempt and is tried again", async () => {
      const page = pages.page(inTurn(() => {}, status(200)));
      const job = await run({ url: page.url, attemptTimeoutMs: 100 });
      expect(job).toMatchObject({ state: "SUCCEEDED", attemptCount: 2, failure: { reason: "TIMEOUT" } });
    });

    it("a job whose attempts are used up has failed", async () => {
      const page = pages.page(status(500, {}, "broken"));
      const job = await run({ url: page.url, maxAttempts: 3 });
      expect(job).toMatchObject({ state: "FAILED", stateReason: "ATTEMPTS_EXHAUSTED", attemptCount: 3 });
      expect(page.requests.length).toBe(3);
    });

    it.each([
      [429, { "retry-after": "0" }],
      [503, { "retry-after": "0" }],
      [429, { "retry-after": new Date(0).toUTCString() }],
    ])("%i with Retry-After %o is busy and uses no attempt", async (code, headers) => {
      const page = pages.page(inTurn(status(code, headers), status(code, headers), status(200)));
      const job = await run({ url: page.url, maxAttempts: 1 });
      expect(job).toMatchObject({ state: "SUCCEEDED", attemptCount: 1, busyCount: 2 });
      expect(outcomes(job)).toEqual(["BUSY", "BUSY", "SUCCEEDED"]);
    });

    it("503 without Retry-After uses no attempt either", async () => {
      const page = pages.page(inTurn(status(503), status(200)));
      expect(await run({ url: page.url, maxAttempts: 1 })).toMatchObject({ state: "SUCCEEDED", busyCount: 1 });
    });
  });

  describe("no for good", () => {
    it.each([400, 401, 403, 404, 410, 422])("%i fails the job at once", async (code) => {
      const page = pages.page(status(code, {}, "no such row"));
      const job = await run({ url: page.url });
      expect(job).toMatchObject({ state: "FAILED", stateReason: "PERMANENT", attemptCount: 1 });
      expect(job.failure).toMatchObject({ reason: "HTTP_STATUS", httpStatus: code });
      expect(page.requests.length).toBe(1);
    });

    it("Job-Retry: no makes of any failure the last", async () => {
      const page = pages.page(status(500, { "job-retry": "no" }));
      expect(await run({ url: page.url })).toMatchObject({ state: "FAILED", stateReason: "PERMANENT" });
      expect(page.requests.length).toBe(1);
    });

    it.each([301, 302, 303, 307, 308])("%i is not followed", async (code) => {
      const elsewhere = pages.page();
      const page = pages.page(status(code, { location: elsewhere.url }));
      const job = await run({ url: page.url });
      expect(job).toMatchObject({ state: "FAILED", failure: { reason: "REDIRECT", httpStatus: code } });
      expect(elsewhere.requests.length).toBe(0);
    });
  });

  describe("when", () => {
    it("a job that waits for a retry past its deadline fails, and its page is not called again", async () => {
      const page = pages.page(status(500));
      const backoff = { initialMs: 3_600_000, maxMs: 3_600_000, multiplier: 1 };
      const job = await run({ url: page.url, deadlineTime: Date.now() + 500, backoff });
      expect(job).toMatchObject({ state: "FAILED", stateReason: "DEADLINE", attemptCount: 1 });
      expect(page.requests.length).toBe(1);
    });

    it("a delayed and a scheduled job start no sooner than they may", async () => {
      const page = pages.page();
      const at = Date.now() + 400;
      const jobs = await Promise.all([run({ url: page.url, delayMs: 300 }), run({ url: page.url, scheduleTime: at })]);
      const waited = jobs.map(
        ({ createTime, startTime }) => (startTime?.getTime() ?? 0) - (createTime?.getTime() ?? 0),
      );
      expect(waited[0]).toBeGreaterThanOrEqual(300);
      expect(jobs[1]?.startTime?.getTime()).toBeGreaterThanOrEqual(at);
    });

    it("what is of higher priority starts first", async () => {
      const alone = await startServer({ store: await fresh(), flags: ["--concurrency", "1"] });
      const own = createClient({ address: alone.grpc });
      const page = pages.page();
      await own.queues.pause("ranked");
      const ids: string[] = [];
      for (const priority of [0, -5, 10, 1]) {
        ids.push((await own.submit({ id: `p${priority}`, url: page.url, queue: "ranked", priority })).id);
      }
      await own.queues.resume("ranked");
      for (const id of ids) await ended(own, id);
      expect(page.requests.map(({ headers }) => headers["job-id"])).toEqual(["p10", "p1", "p0", "p-5"]);
      await own.close();
      expect(await alone.stop()).toBe(0);
    });

    it("a running page that is cancelled may still finish, and its result wins", async () => {
      const gate = new Gate();
      const page = pages.page(gate.handler);
      const { id } = await client.submit({ url: page.url });
      await page.called();
      expect(await client.cancel(id)).toMatchObject({ state: "RUNNING", cancelRequested: true });
      gate.open();
      expect(await ended(client, id)).toMatchObject({ state: "SUCCEEDED" });
    });
  });
});
