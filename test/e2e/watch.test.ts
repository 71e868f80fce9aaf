// Watching jobs of real servers: resuming, reading slowly, leaving, and jobs that another server runs.

import { fromBinary } from "@bufbuild/protobuf";
import { createClient, type DroverClient } from "@drover/sdk";
import { type Job, JobState } from "@drover/sdk/gen/drover/v1/job_pb";
import { WatchJobResponseSchema } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, until } from "../support/follow.js";
import { Gate, type Pages, startPages } from "../support/pages.js";
import { RawClient } from "../support/raw-client.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

let pages: Pages;
beforeAll(async () => {
  pages = await startPages();
});
afterAll(() => pages.close());

describe.each(STORES)("watches on $name", ({ fresh }) => {
  let server: ServerProcess;
  let raw: RawClient;
  let client: DroverClient;

  beforeAll(async () => {
    server = await startServer({ store: await fresh() });
    raw = new RawClient(server.grpc);
    client = createClient({ address: server.grpc });
  });
  afterAll(async () => {
    raw.close();
    await client.close();
    await server.stop();
  });

  /** How many watches the server has open, by its metrics. */
  async function openWatches(): Promise<number> {
    const text = await (await fetch(`http://${server.http}/metrics`)).text();
    return Number(/^drover_watches\S* (\d+)/m.exec(text)?.[1]);
  }

  /** A page that reports progress a number of times once the gate is open. */
  function reporting(count: number) {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const page = pages.page(async (_request, response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.flushHeaders();
      await opened;
      for (let done = 1; done <= count; done++) {
        response.write(`${JSON.stringify({ progress: { done, total: count, message: "x".repeat(1_000) } })}\n`);
      }
      response.end(`${JSON.stringify({ result: count })}\n`);
    });
    return { page, open };
  }

  it("shows rising revisions up to the terminal state, and then ends", async () => {
    const { page, open } = reporting(50);
    const { id } = await client.submit({ url: page.url });
    const revisions: number[] = [];
    let last = "";
    for await (const job of client.watch(id)) {
      if (job.state === "RUNNING") open();
      revisions.push(job.revision);
      last = job.state;
    }
    expect(last).toBe("SUCCEEDED");
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  });

  it("resumed after a revision shows only what is newer", async () => {
    const gate = new Gate();
    const page = pages.page(gate.handler);
    const { id } = await client.submit({ url: page.url });
    await page.called();
    const { revision } = await until(client, id, ({ state }) => state === "RUNNING");
    gate.open();
    const states: [string, boolean][] = [];
    for await (const { job } of raw.watch({ jobId: id, afterRevision: String(revision) })) {
      const seen = job as { state: string; revision: string } | undefined;
      if (seen !== undefined) states.push([seen.state, Number(seen.revision) > revision]);
    }
    expect(states).toEqual([["JOB_STATE_SUCCEEDED", true]]);
  });

  it("resumed after the terminal revision ends at once", async () => {
    const { id } = await client.submit({ url: pages.page().url });
    const { revision } = await ended(client, id);
    const messages: object[] = [];
    for await (const message of raw.watch({ jobId: id, afterRevision: String(revision) })) messages.push(message);
    expect(messages.filter((message) => "job" in message && message.job !== undefined).length).toBeLessThanOrEqual(1);
  });

  it("a slow reader misses states in between, never the terminal one", async () => {
    const count = 2_000;
    const { page, open } = reporting(count);
    const { id } = await client.submit({ url: page.url });
    // Nothing is read of this stream before the job has ended.
    const slow = raw.openWatch({ jobId: id });
    open();
    await ended(client, id);
    const seen: (Job | undefined)[] = [];
    for await (const message of slow) seen.push(fromBinary(WatchJobResponseSchema, message).job);
    expect(seen.length).toBeLessThan(count);
    expect(seen.at(-1)?.state).toBe(JobState.SUCCEEDED);
  });

  it("a watcher that leaves is forgotten, and the job goes on", async () => {
    const gate = new Gate();
    const page = pages.page(gate.handler);
    const { id } = await client.submit({ url: page.url });
    await page.called();
    for await (const _ of raw.watch({ jobId: id })) {
      expect(await openWatches()).toBe(1);
      break;
    }
    while ((await openWatches()) > 0);
    gate.open();
    expect(await ended(client, id)).toMatchObject({ state: "SUCCEEDED" });
  });

  it("of an unknown job is NOT_FOUND", async () => {
    const watching = async () => {
      for await (const _ of client.watch("nobody"));
    };
    await expect(watching()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
