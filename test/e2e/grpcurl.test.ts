// The server as grpcurl sees it: an operator has neither our SDK nor our protos, only reflection.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { grpcurl, installed } from "../support/grpcurl.js";

const SERVE = ["server/bin/drover.js", "serve", "--store", "sqlite::memory:", "--no-dispatch"];
const PORTS = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];

let server: ChildProcess;
let address: string;

beforeAll(async () => {
  await installed();
  server = spawn(process.execPath, [...SERVE, ...PORTS], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: server.stdout as NodeJS.ReadableStream });
  const [ready] = (await once(lines, "line")) as [string];
  address = /^drover ready grpc=(\S+) /.exec(ready)?.[1] ?? "";
});

afterAll(async () => {
  server.kill("SIGTERM");
  await once(server, "exit");
});

describe("grpcurl", () => {
  it("lists the services by reflection", async () => {
    expect((await grpcurl(address, "list")).trim().split("\n")).toEqual(
      expect.arrayContaining(["drover.v1.AttemptService", "drover.v1.JobService", "drover.v1.QueueService"]),
    );
  });

  it("describes a method and its messages", async () => {
    expect(await grpcurl(address, "describe", "drover.v1.JobService.SubmitJob")).toContain(
      "drover.v1.SubmitJobRequest",
    );
    expect(await grpcurl(address, "describe", "drover.v1.Job")).toContain("google.protobuf.Timestamp schedule_time");
  });

  it("submits a job and reads it back", async () => {
    const job = { id: "by-grpcurl", endpoint: { url: "http://127.0.0.1:9/x" }, delay: "3600s" };
    await grpcurl("-d", JSON.stringify({ job }), address, "drover.v1.JobService/SubmitJob");
    const read = await grpcurl("-d", '{"job_id":"by-grpcurl"}', address, "drover.v1.JobService/GetJob");
    expect(JSON.parse(read)).toMatchObject({ job: { id: "by-grpcurl", state: "JOB_STATE_PENDING" } });
  });

  it("shows the fields at fault, for the details of errors are in reflection too", async () => {
    const refused = grpcurl("-d", '{"job":{}}', address, "drover.v1.JobService/SubmitJob");
    await expect(refused).rejects.toMatchObject({
      stderr: expect.stringMatching(/google\.rpc\.BadRequest[\s\S]*job\.endpoint/),
    });
  });
});
