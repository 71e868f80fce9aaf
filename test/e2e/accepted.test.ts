// What a page is promised on a running server, part two: it answers 202 and works on by itself, reports and ends
// through AttemptService, by either door; or falls silent.

import { attemptFrom, createClient, type DroverClient } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, outcomes, until } from "../support/follow.js";
import { inTurn, type Page, type Pages, startPages, status } from "../support/pages.js";
import { RawClient, type Say, sayByFetch } from "../support/raw-client.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const AT_ONCE = { initialMs: 0, maxMs: 0 };

describe.each(STORES)("a page that answers 202 on $name", ({ fresh }) => {
  let server: ServerProcess;
  let pages: Pages;
  let raw: RawClient;
  let client: DroverClient;

  beforeAll(async () => {
    pages = await startPages();
    server = await startServer({ store: await fresh(), flags: ["--lease-ttl", "30s"] });
    raw = new RawClient(server.grpc);
    client = createClient({ address: server.grpc });
  });
  afterAll(async () => {
    raw.close();
    await client.close();
    await server.stop();
    await pages.close();
  });

  const doors: [string, () => Say][] = [
    ["gRPC", () => raw.say],
    ["JSON", () => sayByFetch(server.http)],
  ];

  /** A job whose page has answered 202, and the token of that attempt. */
  async function accepted(page: Page = pages.page(status(202))) {
    const { id } = await client.submit({ url: page.url, backoff: AT_ONCE });
    const { token } = attemptFrom((await page.called()).headers);
    await until(client, id, ({ lease }) => lease?.accepted === true);
    return { id, token };
  }

  it.each(doors)("reports and completes over %s, and may repeat that", async (_, door) => {
    const say = door();
    const { id, token } = await accepted();
    const progress = { done: 3, total: 9, message: "row 3" };
    const reported = await say("AttemptService/ReportProgress", { progress }, token);
    expect(reported.code).toBe("OK");
    expect(Date.parse(reported.body.leaseExpireTime)).toBeGreaterThan(0);
    expect(await client.get(id)).toMatchObject({ state: "RUNNING", progress });
    const result = { result: btoa('{"rows":9}'), contentType: "application/json" };
    expect((await say("AttemptService/CompleteAttempt", result, token)).body.job.state).toBe("JOB_STATE_SUCCEEDED");
    expect((await say("AttemptService/CompleteAttempt", result, token)).code).toBe("OK");
    expect(await ended(client, id)).toMatchObject({ state: "SUCCEEDED", result: { rows: 9 }, attemptCount: 1 });
  });

  it.each(doors)("fails over %s so that it is tried again, or for good", async (_, door) => {
    const say = door();
    const page = pages.page(status(202));
    const { id, token } = await accepted(page);
    const again = { message: "the printer is out of paper", retryable: true, retryDelay: "0s" };
    expect((await say("AttemptService/FailAttempt", again, token)).code).toBe("OK");
    const second = attemptFrom((await page.called(2)).headers);
    await until(client, id, ({ lease, fence }) => fence === 2 && lease?.accepted === true);
    const stale = await say("AttemptService/CompleteAttempt", {}, token);
    expect([stale.code, stale.reason]).toEqual(["FAILED_PRECONDITION", "LEASE_LOST"]);
    const no = { message: "no such printer", retryable: false };
    expect((await say("AttemptService/FailAttempt", no, second.token)).code).toBe("OK");
    const job = await ended(client, id);
    expect(job).toMatchObject({ state: "FAILED", stateReason: "PERMANENT", attemptCount: 2 });
    expect(job.failure).toMatchObject({ reason: "REPORTED", message: "no such printer" });
  });

  it.each(doors)("is refused over %s with a token that was tampered with, and without one", async (_, door) => {
    const say = door();
    const { id, token } = await accepted();
    const forged = token.slice(0, -2) + (token.endsWith("AA") ? "BB" : "AA");
    const before = await client.get(id);
    for (const method of ["ReportProgress", "CompleteAttempt", "FailAttempt"]) {
      expect((await say(`AttemptService/${method}`, {}, forged)).code).toBe("PERMISSION_DENIED");
      expect((await say(`AttemptService/${method}`, {})).code).toBe("UNAUTHENTICATED");
    }
    expect(await client.get(id)).toEqual(before);
    expect((await say("AttemptService/CompleteAttempt", {}, token)).code).toBe("OK");
  });

  it.each(doors)("is told over %s that its job is to be cancelled", async (_, door) => {
    const { id, token } = await accepted();
    await client.cancel(id, "changed our minds");
    expect((await door()("AttemptService/ReportProgress", {}, token)).body.cancelRequested).toBe(true);
    expect((await door()("AttemptService/CompleteAttempt", {}, token)).code).toBe("OK");
  });

  it("completes after the server that called it was killed and another took its place", async () => {
    const store = await fresh();
    const first = await startServer({ store });
    const app = createClient({ address: first.grpc });
    const page = pages.page(status(202));
    const { id } = await app.submit({ url: page.url });
    const { token } = attemptFrom((await page.called()).headers);
    await until(app, id, ({ lease }) => lease?.accepted === true);
    await app.close();
    await first.kill();
    const second = await startServer({ store });
    const say = sayByFetch(second.http);
    expect((await say("AttemptService/CompleteAttempt", { result: btoa("7") }, token)).code).toBe("OK");
    expect((await say("JobService/GetJob", { jobId: id })).body.job).toMatchObject({
      state: "JOB_STATE_SUCCEEDED",
      attemptCount: 1,
    });
    expect(await second.stop()).toBe(0);
  });

  it("uses an attempt when it falls silent, and its late result counts no more", async () => {
    const hasty = await startServer({ store: await fresh(), flags: ["--lease-ttl", "1s"] });
    const app = createClient({ address: hasty.grpc });
    const page = pages.page(inTurn(status(202), status(200, { "content-type": "application/json" }, '"second"')));
    const { id } = await app.submit({ url: page.url, backoff: AT_ONCE });
    const { token } = attemptFrom((await page.called()).headers);
    const job = await ended(app, id);
    expect(job).toMatchObject({ state: "SUCCEEDED", attemptCount: 2, interruptedCount: 0, result: "second" });
    expect(outcomes(job)).toEqual(["LAPSED", "SUCCEEDED"]);
    const late = await sayByFetch(hasty.http)("AttemptService/CompleteAttempt", { result: btoa("1") }, token);
    expect([late.code, late.reason]).toEqual(["FAILED_PRECONDITION", "LEASE_LOST"]);
    expect(await app.get(id)).toEqual(job);
    await app.close();
    expect(await hasty.stop()).toBe(0);
  });
});
