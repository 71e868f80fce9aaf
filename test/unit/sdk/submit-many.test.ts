// Many jobs: how they are cut into calls, the order of results, one bad job among good ones.

import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import type { Job as WireJob } from "../../../sdk/gen/drover/v1/job_pb.js";
import { BadRequestSchema } from "../../../sdk/gen/google/rpc/error_details_pb.js";
import type { JobInput, SubmitResult } from "../../../sdk/index.js";
import { aborted, gate, type Script, ScriptedServer, unavailable } from "./scripted-server.js";

const url = "http://pages/x";

function numbered(count: number): JobInput[] {
  return Array.from({ length: count }, (_, place) => ({ id: `job-${place}`, url }));
}

/** Answers with the ids that were sent, and remembers the calls. */
function recording(calls: WireJob[][]): Script {
  return {
    jobs: {
      submitJobs({ jobs }) {
        calls.push(jobs);
        return { results: jobs.map((job) => ({ jobId: job.id, existing: job.id.endsWith("7") })) };
      },
    },
  };
}

describe("submitting many jobs", () => {
  it("makes calls of at most 1,000 jobs and keeps the order of results", async () => {
    const calls: WireJob[][] = [];
    const server = await ScriptedServer.start(recording(calls));
    const results = await server.client().submitMany(numbered(2_500));
    expect(calls.map((jobs) => jobs.length).sort()).toEqual([1_000, 1_000, 500]);
    expect(results).toEqual(numbered(2_500).map(({ id }) => ({ jobId: id, existing: id?.endsWith("7") })));
  });

  it("makes calls of at most 2.5 MiB, and sends one job in each if need be", async () => {
    const calls: WireJob[][] = [];
    const server = await ScriptedServer.start(recording(calls));
    const payload = new Uint8Array(256 * 1024);
    const jobs = [
      ...numbered(40).map((job) => ({ ...job, payload })),
      { id: "vast", url, payload: new Uint8Array(4e6) },
    ];
    const results = await server.client().submitMany(jobs);
    const sizes = calls.map((sent) => sent.reduce((sum, job) => sum + job.payload.length, 0));
    for (const [place, size] of sizes.entries()) {
      if (calls[place]?.[0]?.id !== "vast") expect(size).toBeLessThanOrEqual(2.5 * 1024 * 1024);
    }
    expect(calls.length).toBe(6);
    expect(results.map((result) => "jobId" in result && result.jobId)).toEqual(jobs.map((job) => job.id));
  });

  it("keeps the order of results when later calls are answered first", async () => {
    const later = gate();
    const server = await ScriptedServer.start({
      jobs: {
        async submitJobs({ jobs }) {
          if (jobs[0]?.id === "job-0") await later.opened;
          else later.open();
          return { results: jobs.map((job) => ({ jobId: job.id })) };
        },
      },
    });
    const results = await server.client().submitMany(numbered(1_500));
    expect(results.map((result) => "jobId" in result && result.jobId)).toEqual(numbered(1_500).map(({ id }) => id));
  });

  it("takes an endless source, and has no more calls under way than it may", async () => {
    let taken = 0;
    async function* source() {
      for (;;) yield { id: `job-${taken++}`, url };
    }
    const server = await ScriptedServer.start(recording([]));
    let seen = 0;
    for await (const result of server.client().submitMany(source(), { callsInFlight: 2 })) {
      expect(result).toMatchObject({ jobId: `job-${seen}` });
      seen += 1;
      expect(taken - seen).toBeLessThanOrEqual(3_000);
      if (seen === 5_000) break;
    }
    expect(taken).toBeLessThanOrEqual(8_000);
  });

  it("lets a bad job fail alone, whether the server or the wire refuses it", async () => {
    const violation = { field: "jobs[1].queue", description: "must be 1 to 128 characters" };
    const server = await ScriptedServer.start({
      jobs: {
        submitJobs({ jobs }) {
          const details = [anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations: [violation] }))];
          const error = { code: Code.InvalidArgument, message: `${violation.field}: bad`, details };
          return { results: jobs.map((job) => (job.queue === "no no" ? { error } : { jobId: job.id })) };
        },
      },
    });
    const results = await server.client().submitMany([
      { id: "a", url },
      { url, queue: "no no" },
      { url, priority: 0.5 },
      { id: "b", url },
    ]);
    expect(results[0]).toEqual({ jobId: "a", existing: false });
    expect(results[1]).toMatchObject({
      error: {
        code: "INVALID_ARGUMENT",
        message: "job.queue: bad",
        violations: [{ field: "job.queue", description: violation.description }],
      },
    });
    expect(results[2]).toMatchObject({ error: { code: "INVALID_ARGUMENT", violations: [{ field: "job.priority" }] } });
    expect(results[3]).toEqual({ jobId: "b", existing: false });
  });

  it("sends the same ids again when a call is repeated", async () => {
    const calls: string[][] = [];
    const server = await ScriptedServer.start({
      jobs: {
        submitJobs({ jobs }) {
          calls.push(jobs.map((job) => job.id));
          if (calls.length === 1) throw unavailable(1);
          return { results: jobs.map((job) => ({ jobId: job.id, existing: true })) };
        },
      },
    });
    const results = await server.client().submitMany([{ url }, { url }]);
    expect(calls).toHaveLength(2);
    expect(calls[1]).toEqual(calls[0]);
    expect(new Set(calls[0]).size).toBe(2);
    expect(results.map((result) => "jobId" in result && result.jobId)).toEqual(calls[0]);
  });

  it("gives each job of a failed call its error and goes on with the next call", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        submitJobs({ jobs }) {
          if (jobs[0]?.id === "job-0") throw new ConnectError("too large", Code.ResourceExhausted);
          return { results: jobs.map((job) => ({ jobId: job.id })) };
        },
      },
    });
    const results: SubmitResult[] = await server.client().submitMany(numbered(1_002));
    expect(results.slice(0, 1_000).every((r) => "error" in r && r.error.code === "RESOURCE_EXHAUSTED")).toBe(true);
    expect(results.slice(1_000)).toEqual([
      { jobId: "job-1000", existing: false },
      { jobId: "job-1001", existing: false },
    ]);
  });

  it("ends with CANCELLED when its signal fires, however many jobs are left", async () => {
    function* endless() {
      for (;;) yield { url };
    }
    const controller = new AbortController();
    const server = await ScriptedServer.start({
      jobs: {
        async submitJobs(_, context) {
          controller.abort();
          await aborted(context.signal);
          return {};
        },
      },
    });
    const submitted = server.client().submitMany(endless(), { signal: controller.signal });
    await expect(submitted).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("throws what the source of the jobs throws", async () => {
    function* broken() {
      yield { url };
      throw new Error("the file is cut short");
    }
    const server = await ScriptedServer.start(recording([]));
    await expect(server.client().submitMany(broken())).rejects.toThrow("the file is cut short");
  });

  it("makes no call for no jobs", async () => {
    const calls: WireJob[][] = [];
    const server = await ScriptedServer.start(recording(calls));
    expect(await server.client().submitMany([])).toEqual([]);
    expect(calls).toEqual([]);
  });
});
