// The server as grpcurl sees it: an operator has neither our SDK nor our protos, only reflection.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goProgram } from "../support/go-programs.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { noteOf } from "./lack.js";

const run = promisify(execFile);
const FIRST_BUILD_MS = 600_000;

let note: string | undefined;
let program: string;
let server: ServerProcess;

beforeAll(async () => {
  note = await noteOf("go", "grpcurl");
  if (note === undefined) program = await goProgram("grpcurl");
  server = await startServer({ store: "sqlite::memory:", flags: ["--no-dispatch"] });
}, FIRST_BUILD_MS);

afterAll(() => server.stop());

/** What `grpcurl -plaintext … ADDRESS …` prints; rejects with its error output when it fails. */
async function grpcurl(flags: readonly string[], ...args: string[]): Promise<string> {
  const { stdout } = await run(program, ["-plaintext", ...flags, server.grpc, ...args]);
  return stdout;
}

describe("grpcurl", () => {
  it("lists the services by reflection", async ({ skip }) => {
    skip(note !== undefined, note);
    expect((await grpcurl([], "list")).trim().split("\n")).toEqual(
      expect.arrayContaining(["drover.v1.AttemptService", "drover.v1.JobService", "drover.v1.QueueService"]),
    );
  });

  it("describes a method and its messages", async ({ skip }) => {
    skip(note !== undefined, note);
    expect(await grpcurl([], "describe", "drover.v1.JobService.SubmitJob")).toContain("drover.v1.SubmitJobRequest");
    expect(await grpcurl([], "describe", "drover.v1.Job")).toContain("google.protobuf.Timestamp schedule_time");
  });

  it("submits a job and reads it back", async ({ skip }) => {
    skip(note !== undefined, note);
    const job = { id: "by-grpcurl", endpoint: { url: "http://127.0.0.1:9/x" }, delay: "3600s" };
    await grpcurl(["-d", JSON.stringify({ job })], "drover.v1.JobService/SubmitJob");
    const read = await grpcurl(["-d", '{"job_id":"by-grpcurl"}'], "drover.v1.JobService/GetJob");
    expect(JSON.parse(read)).toMatchObject({ job: { id: "by-grpcurl", state: "JOB_STATE_PENDING" } });
  });

  it("shows the fields at fault, for the details of errors are in reflection too", async ({ skip }) => {
    skip(note !== undefined, note);
    const refused = grpcurl(["-d", '{"job":{}}'], "drover.v1.JobService/SubmitJob");
    await expect(refused).rejects.toMatchObject({
      stderr: expect.stringMatching(/google\.rpc\.BadRequest[\s\S]*job\.endpoint/),
    });
  });
});
