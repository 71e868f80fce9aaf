// Pages made by endpoint() under the servers that people have: node:http, Express, Fastify and Hono, each a real server
// whose pages a real Drover calls, signed, until their jobs have ended.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient, type DroverClient, defineJob, endpoint, later, never } from "@drover/sdk";
import { nodeListener } from "@drover/sdk/node";
import { serve as serveHono } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ended, outcomes, until } from "../support/follow.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const SECRET = `whsec_${Buffer.from("a secret that page and server share").toString("base64")}`;

const report = defineJob({
  kind: "report",
  path: "/jobs/report",
  input: z.object({ rows: z.number().int(), title: z.string() }),
  result: z.object({ title: z.string(), sum: z.number() }),
  backoff: { initialMs: 0, maxMs: 0 },
});
const moody = defineJob({
  kind: "moody",
  path: "/jobs/moody",
  input: z.object({ ends: z.array(z.enum(["later", "never", "error", "done"])) }),
  result: z.string(),
  backoff: { initialMs: 0, maxMs: 0 },
});
const patient = defineJob({ kind: "patient", path: "/jobs/patient", result: z.string() });

/** A promise and its resolve. */
function deferred<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Opened by a test when it has seen what it waits for. */
let seen = deferred<void>();
/** Why the patient page was stopped. */
let stopped = deferred<unknown>();

const options = { secret: SECRET };
const PAGES = [
  endpoint(
    report,
    async ({ rows, title }, job) => {
      job.progress({ done: 1, total: rows, message: "begun" });
      await seen.promise;
      let sum = 0;
      for (let row = 1; row <= rows; row++) sum += row;
      job.progress({ done: rows, total: rows });
      return { title, sum };
    },
    options,
  ),
  endpoint(
    moody,
    ({ ends }, job) => {
      switch (ends[Math.min(job.fence, ends.length) - 1]) {
        case "later":
          throw later("not now", { delayMs: 0 });
        case "never":
          throw never("no such thing");
        case "error":
          throw new Error("boom");
        default:
          return `attempt ${job.attempt}`;
      }
    },
    options,
  ),
  endpoint(
    patient,
    async (_input, job) => {
      await new Promise<void>((resolve) => job.signal.addEventListener("abort", () => resolve()));
      stopped.resolve(job.signal.reason);
      throw job.signal.reason;
    },
    options,
  ),
] as const;

/** Each answers on a free port of the loopback. */
const FRAMEWORKS: [string, () => Promise<Server>][] = [
  [
    "node:http",
    async () => {
      const listeners = new Map(PAGES.map((page) => [page.definition.path, nodeListener(page)]));
      const app = createServer((request, response) => void listeners.get(request.url ?? "")?.(request, response));
      return new Promise((resolve) => {
        const server = app.listen(0, "127.0.0.1", () => resolve(server));
      });
    },
  ],
  [
    "Express",
    async () => {
      const app = express();
      for (const page of PAGES) app.post(page.definition.path, nodeListener(page));
      app.use(express.json());
      return new Promise((resolve) => {
        const server = app.listen(0, "127.0.0.1", () => resolve(server));
      });
    },
  ],
  [
    "Express after express.raw()",
    async () => {
      const app = express();
      app.use(express.raw({ type: "*/*" }));
      const router = express.Router();
      for (const page of PAGES) router.post(page.definition.path.replace("/jobs", ""), nodeListener(page));
      app.use("/jobs", router);
      return new Promise((resolve) => {
        const server = app.listen(0, "127.0.0.1", () => resolve(server));
      });
    },
  ],
  [
    "Fastify",
    async () => {
      const app = fastify();
      await app.register(async (jobs) => {
        // The pages read the bodies themselves.
        jobs.removeAllContentTypeParsers();
        jobs.addContentTypeParser("*", (_request, _payload, done) => done(null));
        for (const page of PAGES) {
          const listener = nodeListener(page);
          jobs.post(page.definition.path, async (request, reply) => {
            reply.hijack();
            await listener(request.raw, reply.raw);
          });
        }
      });
      await app.listen({ host: "127.0.0.1", port: 0 });
      return app.server;
    },
  ],
  [
    "Hono",
    async () => {
      const app = new Hono();
      for (const page of PAGES) app.post(page.definition.path, (context) => page(context.req.raw));
      return new Promise((resolve) => {
        const server = serveHono({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, () => resolve(server as Server));
      });
    },
  ],
];

let drover: ServerProcess;
beforeAll(async () => {
  const store = await STORES[0]?.fresh();
  drover = await startServer({ store: store ?? "", env: { DROVER_SIGNING_SECRET: SECRET } });
});

describe.each(FRAMEWORKS)("pages under %s", (_name, start) => {
  let site: Server;
  let client: DroverClient;

  beforeAll(async () => {
    site = await start();
    client = createClient({
      address: drover.grpc,
      pages: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
    });
  });
  afterAll(async () => {
    await client.close();
    site.closeAllConnections();
    await new Promise((resolve) => site.close(resolve));
  });

  it("show progress while they work, and return a result of their definition's type", async () => {
    seen = deferred();
    const job = await client.submit(report.job({ rows: 4, title: "é ü" }));
    await until(client, job.id, ({ progress }) => progress?.message === "begun");
    seen.resolve();
    expect(await job.result()).toEqual({ title: "é ü", sum: 10 });
    expect(await job.get()).toMatchObject({ kind: "report", attemptCount: 1, progress: { total: 4 } });
  });

  it("are tried again after an error, later without using an attempt, and never again after never", async () => {
    const { id, result } = await submitted(["error", "later", "done"]);
    expect(await result).toBe("attempt 2");
    expect(await client.get(id)).toMatchObject({ attemptCount: 2, busyCount: 1 });
    expect(outcomes(await client.get(id))).toEqual(["FAILED", "BUSY", "SUCCEEDED"]);
    const lost = await submitted(["never"]);
    await expect(lost.result).rejects.toMatchObject({ code: "JOB_FAILED", reason: "PERMANENT" });
    const { failure } = await client.get(lost.id);
    expect(failure?.message).toContain("no such thing");
  });

  async function submitted(ends: ("later" | "never" | "error" | "done")[]) {
    const job = await client.submit(moody.job({ ends }));
    return { id: job.id, result: job.result() };
  }

  it("refuse an input of another form for good, with the field in the failure", async () => {
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}${report.path}`;
    const { id } = await client.submit({ url, payload: { rows: "four", title: "t" } });
    const job = await ended(client, id);
    expect(job).toMatchObject({ state: "FAILED", stateReason: "PERMANENT", failure: { httpStatus: 422 } });
    expect(job.failure?.message).toContain("input.rows");
  });

  it("refuse strangers", async () => {
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}${report.path}`;
    const response = await fetch(url, { method: "POST", body: '{"rows":1,"title":"t"}' });
    expect(response.status).toBe(401);
  });

  it("are told to stop when their call is closed", async () => {
    stopped = deferred();
    const job = await client.submit(patient.job(undefined, { attemptTimeoutMs: 500, maxAttempts: 1 }));
    expect(await stopped.promise).toMatchObject({ code: "CANCELLED", message: "Drover closed the call" });
    expect(await ended(client, job.id)).toMatchObject({ state: "FAILED", failure: { reason: "TIMEOUT" } });
  });
});

describe("a page whose job is cancelled", () => {
  it("is told to stop while there is time to end in good order", async () => {
    const site = await FRAMEWORKS[0]?.[1]();
    if (site === undefined) throw new Error("there is no server to try it with");
    const pages = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const client = createClient({ address: drover.grpc, pages });
    stopped = deferred();
    const job = await client.submit(patient.job());
    await until(client, job.id, ({ state }) => state === "RUNNING");
    await job.cancel("no longer needed");
    expect(await stopped.promise).toMatchObject({ code: "CANCELLED", message: expect.stringContaining("cancelled") });
    const { state, finishTime, attempts } = await ended(client, job.id);
    expect(state).toBe("CANCELLED");
    // Well before the ten seconds after which its call would have been closed.
    expect((finishTime?.getTime() ?? Infinity) - (attempts[0]?.startTime?.getTime() ?? 0)).toBeLessThan(9_000);
    await client.close();
    site.closeAllConnections();
    await new Promise((resolve) => site.close(resolve));
  });
});
