// A server on SQLite whose disk is full: it says so and stores nothing, stays, and goes on by itself when there is room.

import { once } from "node:events";
import { join } from "node:path";
import { DroverError } from "@drover/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { well } from "../support/batches.js";
import { health, untilServing } from "../support/disk-health.js";
import { allEnded, unexplained, withClient } from "../support/disk-jobs.js";
import { type SmallDisk, smallDisk } from "../support/disk-space.js";
import { type PageServer, startPageServer } from "../support/page-server.js";
import { Gate } from "../support/pages.js";
import { RawClient } from "../support/raw-client.js";
import { type ServerProcess, startServer } from "../support/server.js";

const ACCEPTED = 300;
const RUNNING = 16;
const FULL = /^the disk of the store /;

let disk: SmallDisk;
let pages: PageServer;
let gate: Gate;
let server: ServerProcess;

const start = () =>
  startServer({
    store: `sqlite:${join(disk.folder, "jobs.db")}`,
    flags: ["--lease-ttl", "3s", "--concurrency", String(RUNNING), "--drain-timeout", "500ms"],
  });

beforeEach(async () => {
  disk = smallDisk(24);
  gate = new Gate();
  pages = await startPageServer(gate.handler);
  server = await start();
});

afterEach(async () => {
  await server.kill();
  await pages.close();
});

/** The error with which one job is refused, or its id. */
function submitted(payload: string): Promise<string | DroverError> {
  const job = { url: `${pages.origin}/job`, payload };
  return withClient(server, (client) =>
    client.submit(job).then(
      ({ id }) => id,
      (error) => {
        if (error instanceof DroverError) return error;
        throw error;
      },
    ),
  );
}

async function submitAll(count: number): Promise<string[]> {
  const jobs = Array.from({ length: count }, (_, n) => ({ url: `${pages.origin}/job`, payload: { n } }));
  const results = await withClient(server, async (client) => client.submitMany(jobs));
  return results.map((result) => {
    if ("error" in result) throw result.error;
    return result.jobId;
  });
}

/** Small jobs until one is refused: also what a failed write left allocated is used up then. */
async function fillUp(accepted: string[]): Promise<DroverError> {
  disk.fill(server.process.pid ?? 0);
  for (;;) {
    const answer = await submitted("small");
    if (typeof answer !== "string") return answer;
    accepted.push(answer);
  }
}

async function openBatch(raw: RawClient): Promise<string> {
  const { batch } = await well(raw.say("JobService/SubmitBatch", { batch: { key: "chunks" }, open: true }));
  return batch.id;
}

const chunk = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    childKey: `n${n}`,
    endpoint: { url: `${pages.origin}/job` },
    payload: btoa(JSON.stringify("x".repeat(1_000))),
  }));

describe("a server on SQLite whose disk is full", () => {
  it("refuses jobs with UNAVAILABLE and the cause, stays up and unhealthy, and ends all that it accepted once there is room", async () => {
    const accepted = await submitAll(ACCEPTED);
    await pages.until(() => pages.requests.length >= RUNNING);
    const raw = new RawClient(server.grpc);
    const batchId = await openBatch(raw);

    const refused = await fillUp(accepted);
    expect(refused).toMatchObject({ code: "UNAVAILABLE", message: expect.stringMatching(FULL), retryDelayMs: 1_000 });
    const added = await raw.say("JobService/AddJobs", { batchId, chunkKey: "first", jobs: chunk(500) });
    expect([added.code, added.message]).toEqual(["UNAVAILABLE", expect.stringMatching(FULL)]);
    expect(await health(server)).toEqual({ http: 503, grpc: "NOT_SERVING" });
    // The pages' answers cannot be written either: they are kept, or their jobs run again.
    gate.open();
    expect(await withClient(server, async (client) => (await client.get(accepted[0] ?? "")).id)).toBe(accepted[0]);
    expect(server.process.exitCode).toBe(null);

    disk.free(server.process.pid ?? 0);
    await untilServing(server);
    expect(await health(server)).toEqual({ http: 200, grpc: "SERVING" });
    const jobs = await allEnded(server);
    // Not one of those that were refused, and no part of the chunk.
    expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(accepted));
    expect(jobs.filter(({ state }) => state !== "SUCCEEDED")).toEqual([]);
    expect(unexplained(jobs, pages.requests)).toEqual([]);
    await well(raw.say("JobService/AddJobs", { batchId, chunkKey: "first", jobs: chunk(500) }));
    expect(await allEnded(server)).toHaveLength(accepted.length + 500);
    raw.close();
    expect(server.stderr()).not.toMatch(/"level":"(error|fatal)"/);
  });

  it.each([
    ["SIGKILL", null],
    // It cannot tidy its file, and says so; what it leaves is whole.
    ["SIGTERM", 6],
  ] as const)("may be ended there by %s: the next one says what is wrong, or goes on", async (signal, code) => {
    const accepted = await submitAll(ACCEPTED);
    await pages.until(() => pages.requests.length >= RUNNING);
    await fillUp(accepted);
    const gone = once(server.process, "exit");
    server.process.kill(signal);
    expect((await gone)[0]).toBe(code);
    if (code !== null) expect(server.stderr()).toMatch(/^drover: the disk of the store /m);
    if (disk.keepsFull) {
      await expect(start()).rejects.toThrow(/ended with code 6 before it was ready: drover: .+jobs\.db.+is full/);
      disk.free(0);
    }
    // A limit binds a process that has ended, and not the next one.
    server = await start();
    gate.open();
    const jobs = await allEnded(server);
    expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(accepted));
    expect(jobs.filter(({ state }) => state !== "SUCCEEDED")).toEqual([]);
    expect(unexplained(jobs, pages.requests)).toEqual([]);
  });
});
