// One conversation with the service through every door: bytes over gRPC, the SDK, JSON by fetch and by curl. What
// comes back must be the same.

import type { JsonObject } from "@bufbuild/protobuf";
import { createClient, type DroverClient, DroverError, type JobInput } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { json, type Pages, startPages } from "../support/pages.js";
import { type Answer, RawClient, type Say, sayByCurl, sayByFetch, watchByFetch } from "../support/raw-client.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const UNREACHABLE = { delay: "3600s" };

/** A door as the conversation needs it. */
interface Door {
  readonly say: Say;
  states(id: string): Promise<string[]>;
}

describe.each(STORES)("through the doors on $name", ({ fresh }) => {
  let server: ServerProcess;
  let pages: Pages;
  let raw: RawClient;
  let client: DroverClient;

  beforeAll(async () => {
    pages = await startPages();
    server = await startServer({ store: await fresh() });
    raw = new RawClient(server.grpc);
    client = createClient({ address: server.grpc });
  });
  afterAll(async () => {
    raw.close();
    await client.close();
    await server.stop();
    await pages.close();
  });

  const doors: [string, () => Door][] = [
    ["gRPC as bytes", () => ({ say: raw.say, states: (id) => statesOf(raw.watch({ jobId: id })) })],
    ["the SDK", () => throughSdk(client)],
    ["JSON by fetch", () => byHttp(sayByFetch(server.http))],
    ["JSON by curl", () => byHttp(sayByCurl(server.http))],
  ];

  function byHttp(say: Say): Door {
    return { say, states: (id) => statesOf(watchByFetch(server.http, { jobId: id })) };
  }

  it.each(doors)("submit, read, list, watch, cancel, retry and queues are the same through %s", async (name, door) => {
    const { say, states } = door();
    const prefix = `q-${name.replaceAll(" ", "-")}`;
    const page = pages.page(json({ invoice: 17 }));
    const done = { id: `${prefix}-done`, queue: prefix, endpoint: { url: page.url }, payload: btoa('{"row":1}') };
    const later = { id: `${prefix}-later`, queue: prefix, endpoint: { url: page.url }, ...UNREACHABLE };

    const first = await say("JobService/SubmitJob", { job: done });
    expect(first).toMatchObject({ code: "OK", body: { job: { id: done.id } } });
    expect(first.body.existing ?? false).toBe(false);
    expect((await say("JobService/SubmitJob", { job: done })).body.existing).toBe(true);
    const other = await say("JobService/SubmitJob", { job: { ...done, payload: btoa('{"row":2}') } });
    expect(other.code).toBe("ALREADY_EXISTS");
    const bad = await say("JobService/SubmitJob", {
      job: { ...done, endpoint: { url: "ftp://host/" }, priority: 1001 },
    });
    expect([bad.code, [...bad.fields].sort()]).toEqual(["INVALID_ARGUMENT", ["job.endpoint.url", "job.priority"]]);

    expect((await states(done.id)).at(-1)).toBe("JOB_STATE_SUCCEEDED");
    const read = await say("JobService/GetJob", { jobId: done.id });
    expect(read.body.job).toMatchObject({ id: done.id, queue: prefix, attemptCount: 1, state: "JOB_STATE_SUCCEEDED" });
    expect(JSON.parse(atob(read.body.job.result))).toEqual({ invoice: 17 });
    expect(page.requests.map(({ body }) => body.toString())).toEqual(['{"row":1}']);
    expect((await say("JobService/GetJob", { jobId: `${prefix}-none` })).code).toBe("NOT_FOUND");

    await say("JobService/SubmitJob", { job: later });
    const listed = await say("JobService/ListJobs", { queue: prefix });
    expect(listed.body.jobs.map((job: { id: string }) => job.id)).toEqual([later.id, done.id]);

    const cancelled = await say("JobService/CancelJob", { jobId: later.id, reason: "not needed" });
    expect(cancelled.body.job.state).toBe("JOB_STATE_CANCELLED");
    const retried = await say("JobService/RetryJob", { jobId: later.id });
    expect(retried.code).toBe("OK");
    const again = await say("JobService/RetryJob", { jobId: later.id });
    expect([again.body.job.id, again.body.existing]).toEqual([retried.body.job.id, true]);
    const refused = await say("JobService/RetryJob", { jobId: done.id });
    expect([refused.code, refused.reason]).toEqual(["FAILED_PRECONDITION", "NOT_RETRYABLE"]);
    await states(retried.body.job.id);

    expect((await say("QueueService/PauseQueue", { queue: prefix })).body.queue.paused).toBe(true);
    await say("JobService/SubmitJob", { job: { ...later, id: `${prefix}-purged` } });
    expect((await say("QueueService/PurgeQueue", { queue: prefix })).body.cancelledCount).toBe("1");
    expect((await say("QueueService/ResumeQueue", { queue: prefix })).body.queue.paused ?? false).toBe(false);
    expect((await states(`${prefix}-purged`)).at(-1)).toBe("JOB_STATE_CANCELLED");
  });

  it("a job submitted through one door is the same job through the others", async () => {
    const job = { id: "shared", endpoint: { url: "http://127.0.0.1:9/x" }, labels: { a: "b" }, ...UNREACHABLE };
    const [grpc, http] = [raw.say, sayByFetch(server.http)];
    await grpc("JobService/SubmitJob", { job });
    expect((await http("JobService/SubmitJob", { job })).body.existing).toBe(true);
    const byGrpc = await grpc("JobService/GetJob", { jobId: "shared" });
    const byHttpDoor = await http("JobService/GetJob", { jobId: "shared" });
    expect(byHttpDoor.body).toEqual(byGrpc.body);
    expect(await client.get("shared")).toMatchObject({ id: "shared", labels: { a: "b" }, state: "PENDING" });
  });
});

async function statesOf(stream: AsyncIterable<JsonObject>): Promise<string[]> {
  const states: string[] = [];
  // An empty message only keeps the stream alive.
  for await (const { job } of stream) if (job !== undefined) states.push((job as JsonObject).state as string);
  return states;
}

/** The same words for the SDK, whose jobs have a plain form of their own. */
function throughSdk(client: DroverClient): Door {
  // biome-ignore lint/suspicious/noExplicitAny: JSON whose shape the conversation gives
  const calls: Record<string, (request: any) => Promise<unknown>> = {
    "JobService/SubmitJob": async ({ job }) => {
      const { endpoint, payload, delay, ...rest } = job;
      const input = { ...rest, ...endpoint, ...(payload && { payload: JSON.parse(atob(payload)) }) };
      const handle = await client.submit({ ...input, ...(delay && { delayMs: 3_600_000 }) } as JobInput);
      return { job: { id: handle.id }, existing: handle.existing };
    },
    "JobService/GetJob": async ({ jobId }) => ({ job: shown(await client.get(jobId)) }),
    "JobService/ListJobs": async ({ queue }) => ({ jobs: (await all(client.list({ queue }))).map(shown) }),
    "JobService/CancelJob": async ({ jobId, reason }) => ({ job: shown(await client.cancel(jobId, reason)) }),
    "JobService/RetryJob": async ({ jobId }) => {
      const handle = await client.retry(jobId);
      return { job: { id: handle.id }, existing: handle.existing };
    },
    "QueueService/PauseQueue": async ({ queue }) => ({ queue: await client.queues.pause(queue) }),
    "QueueService/ResumeQueue": async ({ queue }) => ({ queue: await client.queues.resume(queue) }),
    "QueueService/PurgeQueue": async ({ queue }) => ({ cancelledCount: String(await client.queues.purge(queue)) }),
  };
  const say: Say = async (method, request): Promise<Answer> => {
    try {
      const body = await calls[method]?.(request);
      return { code: "OK", message: "", fields: [], reason: undefined, body };
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      const { code, message, violations, reason } = error;
      return { code, message, fields: violations.map(({ field }) => field), reason, body: undefined };
    }
  };
  const states = async (id: string) => {
    const seen: string[] = [];
    for await (const job of client.watch(id)) seen.push(`JOB_STATE_${job.state}`);
    return seen;
  };
  return { say, states };
}

function shown(job: { state: string; result: unknown }) {
  const result = job.result === undefined ? undefined : btoa(JSON.stringify(job.result));
  return { ...job, state: `JOB_STATE_${job.state}`, result };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}
