// What curl, probes, scrapers and browsers get from the HTTP door.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { storeUnavailable } from "../../../server/core/errors.js";
import { limits } from "../../../server/core/limits.js";
import { type OpenDoors, openDoors, rawHttp } from "./open-doors.js";
import { jobOf } from "./small-engine.js";

let doors: OpenDoors;
beforeEach(async () => {
  doors = await openDoors();
});
afterEach(() => doors.close());

const json = { "content-type": "application/json" };
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${doors.httpUrl}/drover.v1.${path}`, {
    method: "POST",
    headers: { ...json, ...headers },
    body: JSON.stringify(body),
  });

describe("plain JSON", () => {
  it("submits and reads a job", async () => {
    const job = { id: "a", endpoint: { url: "http://page.test/" }, payload: "e30=", delay: "1.5s", priority: 3 };
    const answer = await post("JobService/SubmitJob", { job });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, null]);
    expect(await answer.json()).toMatchObject({
      job: { id: "a", state: "JOB_STATE_PENDING", maxAttempts: 10, priority: 3 },
    });
    expect(doors.engine.inputs).toMatchObject([{ id: "a", delayMs: 1_500, priority: 3 }]);
    expect(await (await post("JobService/GetJob", { jobId: "a" })).json()).toMatchObject({ job: { payload: "e30=" } });
  });

  it("names the field that is wrong", async () => {
    const answer = await post("JobService/SubmitJob", { job: { endpoint: { url: "ftp://page.test/" } } });
    const error: { code: string; details: { type: string; debug: unknown }[] } = (await answer.json()) as never;
    expect([answer.status, error.code, error.details[0]?.type]).toEqual([
      400,
      "invalid_argument",
      "google.rpc.BadRequest",
    ]);
    expect(error.details[0]?.debug).toMatchObject({ fieldViolations: [{ field: "job.endpoint.url" }] });
  });

  it("lets a page report with its token", async () => {
    const headers = { authorization: "Bearer t0ken" };
    const answer = await post("AttemptService/ReportProgress", { progress: { done: 1, total: 2 } }, headers);
    expect(await answer.json()).toEqual({ cancelRequested: true, leaseExpireTime: "2023-11-14T22:13:20.500Z" });
    expect(doors.engine.tokens).toEqual(["t0ken"]);
    expect((await post("AttemptService/ReportProgress", {})).status).toBe(401);
  });
});

describe("/healthz", () => {
  it("is 200 while the store answers, and 503 while it does not", async () => {
    const healthy = await fetch(`${doors.httpUrl}/healthz`);
    expect([healthy.status, await healthy.text()]).toEqual([200, "ok"]);
    doors.engine.storeAnswers = false;
    expect((await fetch(`${doors.httpUrl}/healthz`)).status).toBe(503);
  });

  it("is 503 while the server leaves, and calls are still answered", async () => {
    doors.engine.put(jobOf());
    doors.http.leave();
    expect((await fetch(`${doors.httpUrl}/healthz`)).status).toBe(503);
    expect((await post("JobService/GetJob", { jobId: "j1" })).status).toBe(200);
  });
});

describe("/metrics", () => {
  it("is the page that it was given", async () => {
    const answer = await fetch(`${doors.httpUrl}/metrics`);
    expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
      200,
      "text/plain",
      "drover_up 1\n",
    ]);
  });
});

describe("/metrics without an answer of the store", () => {
  it("is 503, and not a fault of the server", async () => {
    doors.engine.broken = storeUnavailable(new Error("ECONNREFUSED"));
    expect((await fetch(`${doors.httpUrl}/metrics`)).status).toBe(503);
    expect(doors.log.lines).toEqual([]);
  });
});

describe("any other path", () => {
  it("is 404 in JSON", async () => {
    const answer = await fetch(`${doors.httpUrl}/nothing?x=1`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { code: "unimplemented", message: "there is nothing at /nothing" },
    ]);
  });
});

describe("requests of web pages", () => {
  const from = (origin: string, host?: string) =>
    rawHttp(`${doors.httpUrl}/drover.v1.JobService/GetJob`, {
      headers: { ...json, origin, ...(host === undefined ? {} : { host }) },
      body: '{"jobId": "j1"}',
    });
  beforeEach(() => doors.engine.put(jobOf()));

  it("pass when they come from the door itself", async () => {
    const { host, port } = new URL(doors.httpUrl);
    expect((await from(`http://${host}`)).status).toBe(200);
    expect((await from(`http://localhost:${port}`, `localhost:${port}`)).status).toBe(200);
  });

  it("are refused when they come from elsewhere", async () => {
    const { port } = new URL(doors.httpUrl);
    for (const origin of [
      "https://evil.test",
      "null",
      "",
      `http://localhost:${port}`,
      "http://127.0.0.1:1",
      "file://",
    ]) {
      const answer = await from(origin);
      expect([origin, answer.status]).toEqual([origin, 403]);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  it("are refused on loopback when their page pointed a name of its own here", async () => {
    const { port } = new URL(doors.httpUrl);
    expect((await from(`http://evil.test:${port}`, `evil.test:${port}`)).status).toBe(403);
  });

  it("get no permission by a preflight request", async () => {
    const answer = await rawHttp(`${doors.httpUrl}/drover.v1.JobService/GetJob`, {
      method: "OPTIONS",
      headers: { origin: "https://evil.test", "access-control-request-method": "POST" },
    });
    expect([answer.status, answer.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
  });
});

describe("a request", () => {
  it("is refused when its headers are too large", async () => {
    const headers = { ...json, "x-large": "x".repeat(limits.headerBytes) };
    expect((await rawHttp(`${doors.httpUrl}/drover.v1.JobService/GetJob`, { headers, body: "{}" })).status).toBe(431);
  });

  it("with a time-out that no timer holds has none", async () => {
    doors.engine.put(jobOf());
    for (const [name, value] of [
      ["connect-timeout-ms", "9999999999"],
      ["grpc-timeout", "99999999H"],
    ] as const) {
      expect((await post("JobService/GetJob", { jobId: "j1" }, { [name]: value })).status).toBe(200);
    }
  });

  it("is refused when its content is neither JSON nor protobuf, or it is no POST", async () => {
    const text = await post("JobService/GetJob", { jobId: "j1" }, { "content-type": "text/plain" });
    expect(text.status).toBe(415);
    expect((await fetch(`${doors.httpUrl}/drover.v1.JobService/GetJob`)).status).toBe(405);
  });
});

describe("stopping", () => {
  it("may be asked for twice, and frees the port", async () => {
    await Promise.all([doors.http.stop(0), doors.http.stop(0), doors.grpc.stop(0), doors.grpc.stop(0)]);
    await expect(fetch(`${doors.httpUrl}/healthz`)).rejects.toThrow();
  });
});
