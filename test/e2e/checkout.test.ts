// What a checkout offers after its install: the command by npx, and a server that can be looked at while it runs.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { createClient } from "@drover/sdk";
import { describe, expect, it } from "vitest";
import { until } from "../support/follow.js";
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

  it("takes --advertise, --allow, --concurrency and --lease-ttl as they are given", async () => {
    const pages = await startPageServer();
    const server = await startServer({
      store: await fresh(),
      flags: [
        "--advertise",
        "http://drover.example/base",
        "--allow",
        "10.1.2.0/24",
        "--concurrency",
        "1",
        "--lease-ttl",
        "5s",
      ],
    });
    const client = createClient({ address: server.grpc });
    try {
      // Quick ones first: while attempts are short, a server holds some jobs ahead of its slots.
      for (let quick = 0; quick < 20; quick++) {
        await client.submit({ url: `${pages.origin}/job` }).then((job) => job.result());
      }
      expect(pages.requests[0]?.headers["job-service"]).toBe("http://drover.example/base");
      pages.handler = () => {};
      const job = await client.submit({ url: `${pages.origin}/held` });
      const next = await client.submit({ url: `${pages.origin}/held` });
      await pages.until(() => pages.requests.length === 21);
      const { lease, startTime } = await job.get();
      expect((lease?.expireTime?.getTime() ?? 0) - (startTime?.getTime() ?? 0)).toBeLessThanOrEqual(5_000);
      // Held ahead of the one slot while pages were quick, and given back once: it waits, and nobody keeps it.
      const released = await until(client, next.id, ({ state, fence }) => state === "PENDING" && fence > 0);
      expect(released.attempts.map(({ outcome }) => outcome)).toEqual(["RELEASED"]);
      expect(released.attemptCount).toBe(0);
      expect((await client.queues.get("default")).counts).toMatchObject({ pending: 1, running: 1 });
      const allowed = await client.submit({ url: "http://10.1.2.3:9/", delayMs: 3_600_000 });
      expect((await allowed.get()).state).toBe("PENDING");
      const refused = client.submit({ url: "http://10.9.9.9/" });
      await expect(refused).rejects.toMatchObject({ code: "PERMISSION_DENIED", reason: "ENDPOINT_NOT_ALLOWED" });
    } finally {
      await client.close();
      await server.kill();
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
