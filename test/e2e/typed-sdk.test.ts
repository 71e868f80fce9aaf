// Masters and batches written with the typed SDK, on a real server: children in chunks from any source, a further attempt
// that finds them, the job that runs when all have ended, and batches that an app makes by itself.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Batch,
  type BatchUpdate,
  createClient,
  type DroverClient,
  defineCompletion,
  defineJob,
  endpoint,
  never,
} from "@drover/sdk";
import { nodeListener } from "@drover/sdk/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ended } from "../support/follow.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const CHILDREN = 2_500;
const backoff = { initialMs: 0, maxMs: 0 };

/** A child: fails for good if it is told to. */
const child = defineJob({
  kind: "child",
  path: "/child",
  input: z.object({ master: z.string(), number: z.number().int(), fails: z.boolean().default(false) }),
  result: z.number(),
  backoff,
});
const counted = defineCompletion({
  kind: "counted",
  path: "/counted",
  input: z.object({ month: z.string() }),
  result: z.object({
    month: z.string(),
    key: z.string(),
    state: z.string(),
    succeeded: z.number(),
    failed: z.number(),
  }),
});
const master = defineJob({
  kind: "master",
  path: "/master",
  input: z.object({ children: z.number().int(), failing: z.number().int().default(0) }),
  result: z.object({ batch: z.string(), attempts: z.number() }),
  backoff,
});
/** Dies when it has sent all its children, and does it again the other way round, or with more of them. */
const forgetful = defineJob({
  kind: "forgetful",
  path: "/forgetful",
  input: z.object({ grows: z.boolean() }),
  result: z.object({ existing: z.boolean() }),
  backoff,
});

/** How often the page of each child was called, by master and number. */
const calls = new Map<string, number>();

const PAGES = [
  endpoint(child, ({ master, number, fails }) => {
    const name = `${master} ${number}`;
    calls.set(name, (calls.get(name) ?? 0) + 1);
    if (fails) throw never("told to fail");
    return number;
  }),
  endpoint(counted, ({ batch: { key, state, counts }, input: { month } }) => {
    const { succeeded, failed } = counts;
    return { month, key, state, succeeded, failed };
  }),
  endpoint(master, async ({ children, failing }, job) => {
    async function* rows() {
      for (let number = 0; number < children; number++) {
        yield child.job({ master: job.jobId, number, fails: number < failing });
      }
    }
    const batch = await job.batch("rows", rows(), {
      onComplete: counted.job({ month: "May" }),
      failurePolicy: { toleratedFailureCount: 1 },
    });
    return { batch: batch.id, attempts: job.attempt };
  }),
  endpoint(forgetful, async ({ grows }, job) => {
    const again = job.attempt > 1;
    const numbers = Array.from({ length: grows && again ? 1_600 : 1_500 }, (_, number) => number);
    if (again) numbers.reverse();
    const batch = await job.batch(
      "rows",
      // Equal children too: the last hundred are all the same.
      numbers.map((number) => child.job({ master: job.jobId, number: Math.min(number, 1_400) })),
    );
    if (job.attempt === 1) throw new Error("forgot everything");
    return { existing: batch.existing };
  }),
] as const;

describe.each(STORES)("the typed SDK on $name", ({ fresh }) => {
  let server: ServerProcess;
  let site: Server;
  let drover: DroverClient;

  beforeAll(async () => {
    const listeners = new Map(PAGES.map((page) => [page.definition.path, nodeListener(page)]));
    site = createServer((request, response) => void listeners.get(request.url ?? "")?.(request, response));
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    server = await startServer({ store: await fresh() });
    const pages = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    drover = createClient({ address: server.grpc, pages });
  });
  afterAll(async () => {
    await drover.close();
    await server.stop();
    site.closeAllConnections();
    await new Promise((resolve) => site.close(resolve));
  });

  /** The children of a master whose pages were called, and how often all of them were. */
  function callsOf(masterId: string) {
    const own = [...calls].filter(([name]) => name.startsWith(`${masterId} `));
    return { children: own.length, calls: own.reduce((sum, [, count]) => sum + count, 0) };
  }

  async function onlyBatch(masterId: string): Promise<Batch> {
    const { batchIds } = await drover.get(masterId);
    expect(batchIds).toHaveLength(1);
    return drover.batches.get(batchIds[0] ?? "");
  }

  it("makes a master of a page: an async iterable of 2,500 children in chunks, all of them run", async () => {
    const job = await drover.submit(master.job({ children: CHILDREN }));
    const result = await job.result();
    expect(result).toEqual({ batch: expect.any(String), attempts: 1 });
    expect(callsOf(job.id)).toEqual({ children: CHILDREN, calls: CHILDREN });
    const batch = await onlyBatch(job.id);
    expect(batch).toMatchObject({ id: result.batch, key: "rows", state: "SUCCEEDED", parentJobId: job.id });
    expect(batch.counts).toMatchObject({ total: CHILDREN, succeeded: CHILDREN, failed: 0 });
    const { jobs } = await drover.list({ batchId: batch.id, pageSize: 1 }).page();
    expect(jobs).toMatchObject([
      { kind: "child", batchId: batch.id, parentJobId: job.id, rootJobId: job.id, depth: 1, state: "SUCCEEDED" },
    ]);
  });

  it("runs onComplete when all have ended, with the counts and its own input", async () => {
    const job = await drover.submit(master.job({ children: 20, failing: 1 }));
    await job.result();
    const { onCompleteJobId, state } = await onlyBatch(job.id);
    expect(state).toBe("SUCCEEDED");
    const result = await drover.job(onCompleteJobId ?? "", counted).result();
    expect(result).toMatchObject({ month: "May", key: "rows", succeeded: 19, failed: 1 });
  });

  it("fails a master whose children failed more often than is tolerated, after onComplete", async () => {
    const job = await drover.submit(master.job({ children: 20, failing: 2 }));
    await expect(job.result()).rejects.toMatchObject({ code: "JOB_FAILED", reason: "CHILDREN_FAILED" });
    const { onCompleteJobId, state, stateReason } = await onlyBatch(job.id);
    expect([state, stateReason]).toEqual(["FAILED", "MEMBERS_FAILED"]);
    expect(await drover.job(onCompleteJobId ?? "", counted).result()).toMatchObject({ succeeded: 18, failed: 2 });
  });

  it("finds the children again when a master runs again in another order: none is made or run twice", async () => {
    const job = await drover.submit(forgetful.job({ grows: false }));
    expect(await job.result()).toEqual({ existing: true });
    const { counts } = await onlyBatch(job.id);
    expect(counts).toMatchObject({ total: 1_500, succeeded: 1_500 });
    expect(callsOf(job.id)).toEqual({ children: 1_401, calls: 1_500 });
    expect(await job.get()).toMatchObject({ attemptCount: 2, state: "SUCCEEDED" });
  });

  it("keeps to the children that there are when a master runs again with others, after its batch was sealed", async () => {
    const job = await drover.submit(forgetful.job({ grows: true }));
    expect(await job.result()).toEqual({ existing: true });
    expect((await onlyBatch(job.id)).counts).toMatchObject({ total: 1_500, succeeded: 1_500 });
  });

  it("goes on with an app's batch that was broken off, when the same jobs come under the same key", async () => {
    const jobs = Array.from({ length: 2_500 }, (_, number) =>
      child.job({ master: `broken at ${server.grpc}`, number }),
    );
    async function* broken() {
      yield* jobs.slice(0, 2_300);
      throw new Error("the rows are gone");
    }
    await expect(drover.batch(broken(), { key: "june" })).rejects.toThrow("the rows are gone");
    const batch = await drover.batch(jobs, { key: "june" });
    expect(batch.existing).toBe(true);
    expect(await batch.wait()).toMatchObject({ state: "SUCCEEDED", counts: { total: 2_500, succeeded: 2_500 } });
    expect(callsOf(`broken at ${server.grpc}`)).toEqual({ children: 2_500, calls: 2_500 });
    const others = [child.job({ master: "others", number: 1 })];
    await expect(drover.batch(others, { key: "june" })).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  });

  it("lets an app make a batch: in chunks, watched with its failed members, and waited for", async () => {
    const jobs = Array.from({ length: 1_200 }, (_, number) =>
      child.job({ master: `app at ${server.grpc}`, number, fails: number === 7 }),
    );
    const batch = await drover.batch(jobs, { key: "may", onComplete: counted.job({ month: "May" }) });
    expect(batch.existing).toBe(false);
    const updates: BatchUpdate[] = [];
    for await (const update of batch.watch({ members: "FAILED" })) updates.push(update);
    expect(updates.at(-1)?.batch).toMatchObject({
      state: "FAILED",
      counts: { total: 1_200, succeeded: 1_199, failed: 1 },
    });
    const failed = new Set(updates.flatMap(({ members }) => members.map(({ id }) => id)));
    expect(failed.size).toBe(1);
    expect(await batch.wait()).toMatchObject({ id: batch.id, parentJobId: undefined });
    const again = await drover.batch(jobs, { key: "may", onComplete: counted.job({ month: "May" }) });
    expect(again).toMatchObject({ id: batch.id, existing: true });
    const retried = await batch.retry();
    expect(await retried.wait()).toMatchObject({ retryOf: batch.id, state: "FAILED", counts: { total: 1 } });
    const shown: string[] = [];
    for await (const { id } of drover.batches.list({ state: "FAILED" })) shown.push(id);
    expect(shown).toEqual(expect.arrayContaining([batch.id, retried.id]));
  });

  it("completes an empty batch at once, its onComplete included", async () => {
    const batch = await drover.batch([], { onComplete: counted.job({ month: "June" }) });
    const { state, counts, onCompleteJobId } = await batch.wait();
    expect([state, counts.total]).toEqual(["SUCCEEDED", 0]);
    expect(await drover.job(onCompleteJobId ?? "", counted).result()).toMatchObject({ month: "June", succeeded: 0 });
  });

  it("cancels a batch whose jobs are still to come", async () => {
    const jobs = [child.job({ master: "cancelled", number: 1 }, { delayMs: 3_600_000 })];
    const batch = await drover.batch(jobs);
    await batch.cancel("no longer needed");
    expect(await batch.wait()).toMatchObject({ state: "CANCELLED", counts: { cancelled: 1 } });
  });

  it("shows a whole tree until its root has ended", async () => {
    const job = await drover.submit(master.job({ children: 50 }));
    const batches = new Map<string, Batch>();
    let root = "";
    for await (const update of drover.watchTree(job.id)) {
      root = update.root.state;
      for (const batch of update.batches) batches.set(batch.id, batch);
    }
    expect(root).toBe("SUCCEEDED");
    expect([...batches.values()]).toMatchObject([{ key: "rows", counts: { total: 50, succeeded: 50 } }]);
    expect(await ended(drover, job.id)).toMatchObject({ state: "SUCCEEDED" });
  });
});
