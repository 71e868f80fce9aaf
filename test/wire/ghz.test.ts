// ghz, which loads gRPC servers, against the gRPC door: it finds the method by reflection, makes its calls fifty at a
// time, and what it was told was stored is what the store has.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goProgram } from "../support/go-programs.js";
import { RawClient } from "../support/raw-client.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";
import { noteOf } from "./lack.js";

const run = promisify(execFile);
const JOBS = 4_000;
const AT_ONCE = 50;
const FIRST_BUILD_MS = 600_000;
const ENOUGH_MS = 120_000;

/** For ghz to fill in: each call is a job of its own. */
const REQUEST = {
  job: {
    id: "ghz-{{.RequestNumber}}",
    queue: "ghz",
    endpoint: { url: "http://127.0.0.1:9/never-called" },
    payload: Buffer.from('{"row":1}').toString("base64"),
    delay: "3600s",
  },
};

interface Report {
  readonly count: number;
  readonly rps: number;
  readonly statusCodeDistribution: Readonly<Record<string, number>>;
  readonly errorDistribution: Readonly<Record<string, number>> | null;
}

let note: string | undefined;
let ghz: string;
beforeAll(async () => {
  note = await noteOf("go", "ghz");
  if (note === undefined) ghz = await goProgram("ghz");
}, FIRST_BUILD_MS);

describe.each(STORES)("ghz on $name", ({ name, fresh }) => {
  let server: ServerProcess;
  let client: RawClient;

  beforeAll(async () => {
    server = await startServer({ store: await fresh(), flags: ["--no-dispatch"] });
    client = new RawClient(server.grpc);
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  async function load(): Promise<Report> {
    const { stdout } = await run(ghz, [
      ...["--insecure", "--call", "drover.v1.JobService/SubmitJob", "--data", JSON.stringify(REQUEST)],
      ...["--total", String(JOBS), "--concurrency", String(AT_ONCE), "--connections", "5"],
      ...["--format", "json", server.grpc],
    ]);
    return JSON.parse(stdout) as Report;
  }

  async function storedIds(): Promise<string[]> {
    const ids: string[] = [];
    for (let pageToken = ""; ; ) {
      const { code, body } = await client.say("JobService/ListJobs", { queue: "ghz", pageSize: 1_000, pageToken });
      expect(code).toBe("OK");
      for (const { id } of body.jobs ?? []) ids.push(id);
      pageToken = body.nextPageToken ?? "";
      if (pageToken === "") return ids;
    }
  }

  it("submits some thousand jobs, 50 at once: all OK, and the store has each of them once", {
    timeout: ENOUGH_MS,
  }, async (context) => {
    if (note !== undefined) return context.skip(note);
    const { count, rps, statusCodeDistribution, errorDistribution } = await load();
    console.log(`ghz on ${name}: ${count} calls of SubmitJob, ${Math.round(rps)} a second`);
    expect({ statusCodeDistribution, errors: errorDistribution ?? {} }).toEqual({
      statusCodeDistribution: { OK: JOBS },
      errors: {},
    });
    const ids = await storedIds();
    expect(ids.length).toBe(JOBS);
    expect(new Set(ids).size).toBe(JOBS);
  });

  it("submits them again: all OK, and the store has no more of them", { timeout: ENOUGH_MS }, async (context) => {
    if (note !== undefined) return context.skip(note);
    expect((await load()).statusCodeDistribution).toEqual({ OK: JOBS });
    expect((await storedIds()).length).toBe(JOBS);
  });
});
