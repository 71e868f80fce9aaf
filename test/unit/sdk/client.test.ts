// The calls of a client against a real server: what is sent, what is repeated, what an error tells.

import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { JobState } from "../../../sdk/gen/drover/v1/job_pb.js";
import { createClient, type DroverError } from "../../../sdk/index.js";
import { aborted, ScriptedServer, shownJob, unavailable } from "./scripted-server.js";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("a client that submits", () => {
  it("sends the same id with every try, so that a repeat is the same job", async () => {
    const ids: string[] = [];
    const server = await ScriptedServer.start({
      jobs: {
        submitJob({ job }) {
          ids.push(job?.id ?? "");
          if (ids.length < 3) throw unavailable(1);
          return { existing: true };
        },
      },
    });
    const handle = await server.client().submit({ url: "http://pages/x" });
    expect(ids).toHaveLength(3);
    expect(new Set(ids)).toEqual(new Set([handle.id]));
    expect(handle.id).toMatch(UUID_V7);
    expect(handle.existing).toBe(true);
  });

  it("tries again when the connection breaks before the answer", async () => {
    const ids: string[] = [];
    const server = await ScriptedServer.start({
      jobs: {
        async submitJob({ job }, context) {
          ids.push(job?.id ?? "");
          if (ids.length === 1) {
            await server.breakConnections();
            await aborted(context.signal);
          }
          return { existing: ids.length > 1 };
        },
      },
    });
    await server.client().submit({ id: "report-7", url: "http://pages/x" });
    expect(ids).toEqual(["report-7", "report-7"]);
    expect(server.sessions).toHaveLength(2);
  });

  it("tries again when the server lets go of the call as it stops", async () => {
    let calls = 0;
    const server = await ScriptedServer.start({
      jobs: {
        submitJob() {
          calls += 1;
          if (calls === 1) throw new ConnectError("stopping", Code.Canceled);
          return {};
        },
      },
    });
    await server.client().submit({ url: "http://pages/x" });
    expect(calls).toBe(2);
  });

  it("says UNAVAILABLE when nothing listens there, after the tries that it was given", async () => {
    const server = await ScriptedServer.start({});
    await server.stop();
    const submitted = server.client({ retry: { tries: 2, initialDelayMs: 1 } }).submit({ url: "http://pages/x" });
    await expect(submitted).rejects.toMatchObject({ name: "DroverError", code: "UNAVAILABLE" });
  });

  it("tells the id that it made for a job which may be stored, and not of one that is refused", async () => {
    let id = "";
    let code = Code.Unavailable;
    const server = await ScriptedServer.start({
      jobs: {
        submitJob: ({ job }) => {
          id = job?.id ?? "";
          throw new ConnectError("no store", code);
        },
      },
    });
    const submit = () => server.client({ retry: { tries: 1 } }).submit({ url: "http://pages/x" });
    const unknown = await submit().catch((error: unknown) => error);
    expect(unknown).toMatchObject({
      code: "UNAVAILABLE",
      message: `no store; job ${id} may be stored: submit it again under this id`,
    });
    code = Code.PermissionDenied;
    await expect(submit()).rejects.toMatchObject({ code: "PERMISSION_DENIED", message: "no store" });
  });

  it("makes all its calls, at once and one after the other, on one connection", async () => {
    const server = await ScriptedServer.start({ jobs: { submitJob: () => ({}) } });
    const client = server.client();
    await client.submit({ url: "http://pages/x" });
    await Promise.all(Array.from({ length: 50 }, () => client.submit({ url: "http://pages/x" })));
    expect(server.sessions).toHaveLength(1);
  });

  it("sends its headers with each call", async () => {
    const seen: (string | null)[] = [];
    const server = await ScriptedServer.start({
      jobs: {
        submitJob(_, context) {
          seen.push(context.requestHeader.get("authorization"));
          return {};
        },
      },
    });
    const client = server.client({ headers: { authorization: "Bearer me" } });
    await client.submit({ url: "http://pages/x" });
    expect(seen).toEqual(["Bearer me"]);
  });

  it("refuses what no message can carry without a call, and names the field", async () => {
    const client = createClient();
    const field = async (input: object) => {
      const error = await client.submit({ url: "http://pages/x", ...input }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "DroverError", code: "INVALID_ARGUMENT" });
      return (error as DroverError).violations.map((violation) => violation.field);
    };
    expect(await field({ id: "" })).toEqual(["job.id"]);
    expect(await field({ url: 7 })).toEqual(["job.endpoint.url"]);
    expect(await field({ priority: 1.5 })).toEqual(["job.priority"]);
    expect(await field({ maxAttempts: 2 ** 40 })).toEqual(["job.max_attempts"]);
    expect(await field({ delayMs: Number.NaN })).toEqual(["job.delay"]);
    expect(await field({ delayMs: 1e300 })).toEqual(["job.delay"]);
    expect(await field({ scheduleTime: new Date("never") })).toEqual(["job.schedule_time"]);
    expect(await field({ payload: { n: 1n } })).toEqual(["job.payload"]);
    expect(await field({ payload: () => 1 })).toEqual(["job.payload"]);
    expect(await field({ payload: { n: 1 }, contentType: "text/csv" })).toEqual(["job.payload"]);
    expect(await field({ labels: JSON.parse('{"__proto__":"x"}') })).toEqual(['job.labels["__proto__"]']);
    expect(await field({ headers: { a: 1 } })).toEqual(['job.endpoint.headers["a"]']);
  });
});
describe("a client that reads", () => {
  it("reads a job whose parts are as large as they may be", async () => {
    const text = "x".repeat(256 * 1024 - 2);
    const bytes = new TextEncoder().encode(JSON.stringify(text));
    const large = shownJob({ id: "a", payload: bytes, result: bytes, resultContentType: "application/json" });
    const server = await ScriptedServer.start({ jobs: { listJobs: () => ({ jobs: Array(20).fill(large) }) } });
    const { jobs } = await server.client().list({ view: "FULL" }).page();
    expect(jobs).toHaveLength(20);
    expect(jobs.every((job) => job.payload === text && job.result === text)).toBe(true);
  });

  it("lists jobs over all pages, reading the next only when it is needed", async () => {
    const tokens: string[] = [];
    const server = await ScriptedServer.start({
      jobs: {
        listJobs(request) {
          expect(request).toMatchObject({ queue: "mail", state: JobState.FAILED, pageSize: 2, oldestFirst: true });
          tokens.push(request.pageToken);
          const page = Number(request.pageToken || "0");
          const jobs = [0, 1].map((place) => shownJob({ id: `${page}.${place}` }));
          return { jobs, nextPageToken: page < 2 ? String(page + 1) : "" };
        },
      },
    });
    const list = server.client().list({ queue: "mail", state: "FAILED", pageSize: 2, oldestFirst: true });
    const ids: string[] = [];
    for await (const job of list) ids.push(job.id);
    expect(ids).toEqual(["0.0", "0.1", "1.0", "1.1", "2.0", "2.1"]);
    expect(tokens).toEqual(["", "1", "2"]);
    for await (const job of list) if (job.id === "0.1") break;
    expect(tokens).toEqual(["", "1", "2", ""]);
    expect((await list.page("1")).nextPageToken).toBe("2");
  });

  it("shows, pauses, resumes and empties queues", async () => {
    const queue = (name: string, paused: boolean) => ({
      queue: { name, paused, counts: { pending: 3n, scheduled: 2n, running: 1n } },
    });
    const server = await ScriptedServer.start({
      queues: {
        getQueue: (request) => queue(request.queue, false),
        pauseQueue: (request) => queue(request.queue, true),
        resumeQueue: (request) => queue(request.queue, false),
        purgeQueue: () => ({ cancelledCount: 3n }),
        listQueues: () => ({ queues: [{ name: "a" }, { name: "b" }] }),
      },
    });
    const { queues } = server.client();
    expect(await queues.get("mail")).toEqual({
      name: "mail",
      paused: false,
      counts: { pending: 3, scheduled: 2, running: 1 },
      oldestAvailableTime: undefined,
    });
    expect(await queues.pause("mail")).toMatchObject({ paused: true });
    expect(await queues.resume("mail")).toMatchObject({ paused: false });
    expect(await queues.purge("mail")).toBe(3);
    expect((await queues.list().page()).queues.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("does not repeat a purge, whose count would be wrong", async () => {
    let calls = 0;
    const server = await ScriptedServer.start({
      queues: {
        purgeQueue() {
          calls += 1;
          throw unavailable();
        },
      },
    });
    await expect(server.client().queues.purge("mail")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(calls).toBe(1);
  });
});
