// What a checkout offers after its install: the command by npx, and a server that can be looked at while it runs.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createClient } from "@drover/sdk";
import { describe, expect, it } from "vitest";
import { startPageServer } from "../support/page-server.js";
import { startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const run = promisify(execFile);

describe("the checkout", () => {
  it("has the command drover by npx", async () => {
    const { stdout } = await run("npx", ["--no-install", "drover", "--version"]);
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe.each(STORES)("a running server on $name", ({ fresh }) => {
  it("shows in /metrics what it did: jobs, attempts, claims, settles, latency", async () => {
    const pages = await startPageServer();
    const server = await startServer({ store: await fresh() });
    const client = createClient({ address: server.grpc });
    try {
      await client.submit({ url: `${pages.origin}/job` }).then((job) => job.result());
      await client.submit({ url: `${pages.origin}/job`, delayMs: 3_600_000, queue: "later" });
      const text = await (await fetch(`http://${server.http}/metrics`)).text();
      expect(text).toContain("drover_jobs_submitted_total 2");
      expect(text).toContain('drover_attempts_total{outcome="succeeded"} 1');
      expect(text).toContain('drover_jobs{queue="later",state="scheduled"} 1');
      expect(text).toContain("drover_claim_jobs_sum 1");
      expect(text).toContain("drover_settle_jobs_sum 1");
      expect(text).toContain("drover_dispatch_latency_seconds_count 1");
      expect(text).toContain("drover_leases_lost_total 0");
      expect(text).toMatch(/^drover_watches \d/m);
    } finally {
      await client.close();
      await server.stop();
      await pages.close();
    }
  });

  it("started with --no-dispatch stores jobs and runs none", async () => {
    const server = await startServer({ store: await fresh(), flags: ["--no-dispatch"] });
    const client = createClient({ address: server.grpc });
    try {
      const job = await client.submit({ url: "http://127.0.0.1:9/job" });
      const text = await (await fetch(`http://${server.http}/metrics`)).text();
      expect(text).toContain('drover_jobs{queue="default",state="pending"} 1');
      expect(text).toContain("drover_claim_jobs_count 0");
      expect((await job.get()).fence).toBe(0);
    } finally {
      await client.close();
      await server.stop();
    }
  });
});
