// Batches on their way to a server: in chunks, a few at a time, from any source, with every call repeatable; and what a
// master's further attempt finds again.

import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { BadRequestSchema } from "../../../sdk/gen/google/rpc/error_details_pb.js";
import { type BatchJob, type BatchOptions, defineCompletion, defineJob, endpoint } from "../../../sdk/index.js";
import { BatchKeeper, lost, refused } from "./batch-keeper.js";
import { droverRequest } from "./drover-request.js";
import { startDoor } from "./http-door.js";
import { gate, ScriptedServer } from "./scripted-server.js";

const stats = defineJob({ kind: "stats", path: "/jobs/stats", input: z.object({ user: z.number() }) });
const closed = defineCompletion({ kind: "closed", path: "/closed", input: z.object({ month: z.string() }) });

function users(count: number, first = 0): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

async function* streamed(children: Iterable<BatchJob>, pulled = { count: 0 }): AsyncGenerator<BatchJob> {
  for (const child of children) {
    pulled.count += 1;
    yield child;
  }
}

const children = (of: readonly number[]) => of.map((user) => stats.job({ user }));
/** Of all calls, the largest first: chunks under way together arrive in any order. */
function sizes({ calls }: BatchKeeper): number[] {
  return [...calls.submits, ...calls.adds].map(({ jobs }) => jobs.length).sort((a, b) => b - a);
}

async function app() {
  const keeper = new BatchKeeper();
  const server = await ScriptedServer.start({ jobs: keeper.service });
  return { keeper, drover: server.client({ pages: "https://app.example" }) };
}

describe("a batch of an app", () => {
  it("of up to 1,000 jobs is one call, sealed at once", async () => {
    const { keeper, drover } = await app();
    const batch = await drover.batch(children(users(1_000)), {
      onComplete: closed.job({ month: "May" }),
      failurePolicy: { mode: "CANCEL_REST", toleratedFailureCount: 3, toleratedFailureRatio: 0.5 },
      sealTimeoutMs: 60_000,
      labels: { month: "May" },
    });
    expect(batch).toMatchObject({ id: "batch-1", existing: false });
    expect(keeper.calls).toMatchObject({ adds: [], seals: [] });
    const [{ batch: sent, open } = {}] = keeper.calls.submits;
    expect(open).toBe(false);
    expect(sent).toMatchObject({
      key: expect.stringMatching(/^[0-9a-f-]{36}$/),
      onComplete: { kind: "closed", endpoint: { url: "https://app.example/closed" } },
      failurePolicy: { mode: 2, toleratedFailureCount: 3n, toleratedFailureRatio: 0.5 },
      sealTimeout: { seconds: 60n },
      labels: { month: "May" },
    });
    expect(keeper.payloads).toEqual(users(1_000).map((user) => ({ user })));
  });

  it("may be empty", async () => {
    const { keeper, drover } = await app();
    await drover.batch([]);
    expect(keeper.calls.submits).toMatchObject([{ jobs: [], open: false }]);
    expect(keeper.calls.seals).toEqual([]);
  });

  it("of more comes in chunks from any source, and is sealed with their number", async () => {
    const { keeper, drover } = await app();
    await drover.batch(streamed(children(users(2_500))), { key: "may" });
    expect(sizes(keeper)).toEqual([1_000, 1_000, 500]);
    expect(keeper.calls.submits).toMatchObject([{ batch: { key: "may" }, open: true }]);
    expect(keeper.calls.adds.map(({ chunkKey }) => chunkKey).sort()).toEqual(["chunk-1", "chunk-2"]);
    expect(keeper.calls.seals).toMatchObject([{ batchId: "batch-1", expectedJobCount: 2_500n }]);
    expect(keeper.members.size).toBe(2_500);
    expect([...keeper.members.values()].every(({ id, childKey }) => id === "" && childKey === "")).toBe(true);
  });

  it("is cut by bytes too, well below the largest message", async () => {
    const { keeper, drover } = await app();
    await drover.batch(users(40).map((user) => ({ url: "http://pages/x", payload: `${user}`.padEnd(250_000) })));
    expect(sizes(keeper).reduce((sum, size) => sum + size)).toBe(40);
    expect(Math.max(...sizes(keeper)) * 250_000).toBeLessThan(3.5 * 1024 * 1024);
  });

  it("survives lost answers: each call is repeated with the same keys, and nothing is stored twice", async () => {
    const { keeper, drover } = await app();
    const seen = new Map<string, number>();
    keeper.after = (name) => {
      seen.set(name, (seen.get(name) ?? 0) + 1);
      if (name === "submit" ? seen.get(name) === 1 : (seen.get(name) ?? 0) % 2 === 1) throw lost();
    };
    let seals = 0;
    keeper.before = (name) => {
      if (name === "seal" && ++seals < 3) throw lost();
    };
    await drover.batch(children(users(2_500)), { key: "may" });
    expect(keeper.members.size).toBe(2_500);
    expect(keeper.calls.submits.length).toBe(2);
    expect(new Set(keeper.calls.adds.map(({ chunkKey }) => chunkKey)).size).toBe(2);
    expect(keeper.calls.seals.length).toBe(3);
  });

  it("that is sent again is what is there, and says so where it was given more jobs, or fewer", async () => {
    const { keeper, drover } = await app();
    const send = (count: number) => drover.batch(children(users(count)), { key: "may" });
    await send(2_500);
    expect(await send(2_500)).toMatchObject({ id: "batch-1", existing: true });
    await expect(send(3_500)).rejects.toMatchObject({ reason: "SEALED" });
    await expect(send(1_000)).rejects.toMatchObject({ reason: "COUNT_MISMATCH" });
    expect(keeper.members.size).toBe(2_500);
  });

  it("takes no more from its source than is under way, and never has more than four chunks on the way", async () => {
    const { keeper, drover } = await app();
    const go = gate();
    let underWay = 0;
    let most = 0;
    keeper.before = async (name) => {
      if (name !== "add") return;
      most = Math.max(most, ++underWay);
      if (underWay === 4) setTimeout(() => go.open(), 200);
      await go.opened;
      underWay -= 1;
    };
    const pulled = { count: 0 };
    let pulledWhileHeld = 0;
    void go.opened.then(() => {
      pulledWhileHeld = pulled.count;
    });
    await drover.batch(streamed(children(users(12_000)), pulled));
    expect(most).toBe(4);
    expect(pulledWhileHeld).toBeLessThanOrEqual(6_001);
    expect(keeper.members.size).toBe(12_000);
  });

  it("names the job that the server refuses by its place among all", async () => {
    const { keeper, drover } = await app();
    keeper.before = (name) => {
      if (name !== "add") return;
      const value = { fieldViolations: [{ field: "jobs[3].queue", description: "is bad" }] };
      const details = [{ desc: BadRequestSchema, value }];
      throw new ConnectError("jobs[3].queue: is bad", Code.InvalidArgument, undefined, details);
    };
    await expect(drover.batch(children(users(1_500)))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "jobs[1003].queue: is bad",
      violations: [{ field: "jobs[1003].queue" }],
    });
    expect(keeper.calls.seals).toEqual([]);
  });

  it("names the job whose input its definition refuses, and is not sealed", async () => {
    const { keeper, drover } = await app();
    const jobs = users(3_000).map((user) => stats.job({ user: user === 2_100 ? Number.NaN : user }));
    await expect(drover.batch(jobs)).rejects.toMatchObject({ violations: [{ field: "jobs[2100].input.user" }] });
    expect(keeper.calls.seals).toEqual([]);
  });

  it("refuses a job with an id of its own: ids of members are the server's", async () => {
    const { drover } = await app();
    const own = drover.batch([stats.job({ user: 1 }, { id: "mine" })]);
    await expect(own).rejects.toMatchObject({ violations: [{ field: "jobs[0].id" }] });
  });

  it("fails as its source fails, and takes nothing more from it", async () => {
    const { keeper, drover } = await app();
    let released = false;
    async function* broken() {
      try {
        yield* children(users(1_500));
        throw new Error("the rows are gone");
      } finally {
        released = true;
      }
    }
    await expect(drover.batch(broken())).rejects.toThrow("the rows are gone");
    expect(released).toBe(true);
    expect(keeper.calls.seals).toEqual([]);
  });

  it("ends with CANCELLED when its signal fires, and lets go of its source", async () => {
    const { keeper, drover } = await app();
    const stop = new AbortController();
    keeper.before = (name) => {
      if (name === "add") stop.abort();
    };
    let released = false;
    async function* endless() {
      try {
        for (let user = 0; ; user++) yield stats.job({ user });
      } finally {
        released = true;
      }
    }
    await expect(drover.batch(endless(), { signal: stop.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    expect(released).toBe(true);
  });
});

describe("a master", () => {
  /** A page whose job is a master of these children; each call is an attempt. */
  async function attempt(
    keeper: BatchKeeper,
    given: Iterable<BatchJob> | AsyncIterable<BatchJob>,
    more: BatchOptions = {},
  ) {
    const master = defineJob({ kind: "master", path: "/jobs/master" });
    const page = endpoint(master, async (_input, job) => {
      const { id, existing } = await job.batch("users", given, more);
      return { id, existing };
    });
    const headers = { "job-service": await startDoor({ jobs: keeper.service }), "job-token": "secret" };
    const response = await page(droverRequest({ payload: "", headers, url: "http://10.0.0.7:3000/jobs/master" }));
    return (await response.json()) as unknown;
  }

  it("sends its children with its token, each under a key of its own, to pages at its own origin", async () => {
    const keeper = new BatchKeeper();
    const result = await attempt(keeper, streamed(children(users(2_500))), {
      onComplete: closed.job({ month: "May" }),
      parentClosePolicy: "ABANDON",
    });
    expect(result).toEqual({ id: "batch-1", existing: false });
    expect(sizes(keeper)).toEqual([1_000, 1_000, 500]);
    expect([...keeper.calls.authorizations]).toEqual(["Bearer secret"]);
    expect(keeper.calls.submits).toMatchObject([
      {
        batch: { key: "users", parentClosePolicy: 2, onComplete: { endpoint: { url: "http://10.0.0.7:3000/closed" } } },
      },
    ]);
    expect(keeper.members.size).toBe(2_500);
    expect(new Set([...keeper.members.values()].map(({ endpoint }) => endpoint?.url))).toEqual(
      new Set(["http://10.0.0.7:3000/jobs/stats"]),
    );
    expect(keeper.calls.seals[0]?.expectedJobCount).toBeUndefined();
  });

  it("that runs again in another order finds its children, and adds only what is missing", async () => {
    const keeper = new BatchKeeper();
    // The first attempt dies after some chunks; equal children among them are as many as they are.
    const all = [...users(2_600), ...Array<number>(400).fill(7)];
    async function* dying() {
      yield* children(all.slice(0, 2_700));
      throw new Error("out of memory");
    }
    await expect(attempt(keeper, dying())).rejects.toThrow();
    const before = new Map(keeper.members);
    expect(before.size).toBe(2_000);
    await attempt(keeper, children(all.toReversed()));
    expect(keeper.members.size).toBe(3_000);
    for (const [key, job] of before) expect(keeper.members.get(key)).toBe(job);
    const seen = keeper.payloads.map((payload) => (payload as { user: number }).user);
    expect(seen.filter((user) => user === 7)).toHaveLength(401);
    expect(new Set(seen).size).toBe(2_600);
  });

  it("that runs again after its batch was sealed sends nothing more", async () => {
    const keeper = new BatchKeeper();
    await attempt(keeper, children(users(1_200)));
    const { length } = keeper.calls.adds;
    expect(await attempt(keeper, children(users(1_200)))).toEqual({ id: "batch-1", existing: true });
    expect([keeper.calls.adds.length, keeper.calls.seals.length]).toEqual([length, 1]);
  });

  it.each([
    ["it was sealed without them", "SEALED"],
    ["the first were others", undefined],
  ])("that runs again with other children attaches where %s", async (_when, reason) => {
    const keeper = new BatchKeeper();
    await attempt(keeper, children(users(1_200)));
    keeper.before = (name) => {
      if (name === "submit" && keeper.calls.submits.at(-1)?.jobs.length !== 0) throw refused(reason);
    };
    expect(await attempt(keeper, children(users(1_200, 5_000)))).toEqual({ id: "batch-1", existing: true });
    expect(keeper.members.size).toBe(1_200);
    expect(keeper.calls.submits.at(-1)).toMatchObject({ jobs: [], open: true });
  });

  it("may name its children itself", async () => {
    const keeper = new BatchKeeper();
    const named = [stats.job({ user: 1 }, { childKey: "one" }), { url: "http://pages/x", childKey: "two" }];
    await attempt(keeper, named);
    expect([...keeper.members.keys()]).toEqual(["one", "two"]);
  });
});
