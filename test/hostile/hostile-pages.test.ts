// Pages that misbehave on raw sockets, called by a real server: each job ends as its policy says, with a reason that a
// person understands; no request is sent twice for one attempt; and good jobs beside them all succeed.

import { createClient, type DroverClient, type Job } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended } from "../support/follow.js";
import { HostilePages } from "../support/hostile-page.js";
import { ANSWERING, ATTEMPT_TIMEOUT_MS, FAILING } from "../support/hostile-page-behaviours.js";
import { memoryNow, peakMemory } from "../support/hostile-server.js";
import { json, type Pages, startPages } from "../support/pages.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const PEAK_MEBIBYTES = 400;
const GOOD_JOBS = 500;

let hostile: HostilePages;
let pages: Pages;
let server: ServerProcess;
let client: DroverClient;
const pathOf = (what: string) => `/${what.replaceAll(/\W/g, "-")}`;

beforeAll(async () => {
  const all = [...FAILING, ...ANSWERING].map(([what, misbehave]) => [pathOf(what), misbehave] as const);
  hostile = await HostilePages.start(Object.fromEntries(all));
  pages = await startPages();
  server = await startServer({ store: (await STORES[0]?.fresh()) ?? "" });
  client = createClient({ address: server.grpc });
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await Promise.all([hostile.close(), pages.close()]);
});

function submit(what: string, given: object = {}) {
  const policy = { maxAttempts: 2, backoff: { initialMs: 0, maxMs: 0 }, attemptTimeoutMs: ATTEMPT_TIMEOUT_MS };
  return client.submit({
    url: hostile.origin + pathOf(what),
    payload: { row: 1 },
    queue: "hostile",
    ...policy,
    ...given,
  });
}

async function jobOf(what: string): Promise<Job> {
  return ended(client, (await submit(what)).id);
}

describe("a page that", () => {
  it.concurrent.each(FAILING)(
    "%s fails its job by its policy",
    async (what, _misbehave, { reason, message, attempts = 2 }) => {
      const job = await jobOf(what);
      expect(job).toMatchObject({ state: "FAILED", attemptCount: attempts, failure: { reason } });
      expect(job.failure?.message).toMatch(message);
      expect(job.attempts).toHaveLength(attempts);
      // One request for each attempt, never one behind its back.
      expect(hostile.requests.get(pathOf(what))).toBe(attempts);
    },
  );

  it.concurrent.each(ANSWERING)("%s has answered", async (what, _misbehave, result) => {
    const job = await jobOf(what);
    expect(job).toMatchObject({ state: "SUCCEEDED", attemptCount: 1 });
    const { result: bytes } = job;
    expect(bytes instanceof Uint8Array ? Buffer.from(bytes).toString("latin1") : String(bytes)).toMatch(result);
    expect(hostile.requests.get(pathOf(what))).toBe(1);
  });
});

describe("a page that answers what nobody asked", () => {
  it("never has that taken for the answer of the next call", async () => {
    for (let i = 0; i < 20; i++) expect((await jobOf("sends a second answer that nobody asked for")).result).toBe("ok");
  });
});

describe("beside all of them at once", () => {
  it(`${GOOD_JOBS} good jobs succeed at their first attempt`, async () => {
    const before = memoryNow(server);
    const bad = await Promise.all([...FAILING, ...ANSWERING].map(([what]) => submit(what)));
    const good = pages.page(json({ done: true }));
    const submitted = await client.submitMany(
      Array.from({ length: GOOD_JOBS }, (_, row) => ({ url: good.url, payload: { row } })),
    );
    const jobs = await Promise.all(submitted.map((one) => ended(client, "jobId" in one ? one.jobId : "")));
    expect(new Set(jobs.map(({ state, attemptCount }) => `${state} ${attemptCount}`))).toEqual(
      new Set(["SUCCEEDED 1"]),
    );
    expect(good.requests).toHaveLength(GOOD_JOBS);
    const ends = await Promise.all(bad.map(({ id }) => ended(client, id)));
    expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(["FAILED", "SUCCEEDED"]));
    expect(memoryNow(server) - before).toBeLessThan(200);
  });
});

it("the server lives, its memory is bounded, its log is silent", () => {
  expect([server.process.exitCode, server.process.signalCode]).toEqual([null, null]);
  expect(peakMemory(server)).toBeLessThan(PEAK_MEBIBYTES);
  expect(server.stderr()).toBe("");
});
