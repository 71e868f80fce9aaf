// SIGTERM on a real server: what can finish in the drain time does, what cannot is given back and counted nowhere,
// and both end for good once a server runs again.

import { once } from "node:events";
import { createClient } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, outcomes } from "../support/follow.js";
import { Gate, inTurn, type Pages, startPages, status } from "../support/pages.js";
import { startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

let pages: Pages;
beforeAll(async () => {
  pages = await startPages();
});
afterAll(() => pages.close());

describe.each(STORES)("a server on $name that gets SIGTERM", ({ fresh }) => {
  it("lets a call that is under way finish, and starts no other", async () => {
    const store = await fresh();
    const server = await startServer({ store, flags: ["--drain-timeout", "30s", "--concurrency", "1"] });
    const client = createClient({ address: server.grpc });
    const gate = new Gate();
    const [running, waiting] = [pages.page(gate.handler), pages.page()];
    const { id } = await client.submit({ url: running.url });
    await running.called();
    const next = await client.submit({ url: waiting.url });
    await client.close();

    const exited = once(server.process, "exit");
    server.process.kill("SIGTERM");
    await until503(server.http);
    gate.open();
    expect((await exited)[0]).toBe(0);
    expect(waiting.requests.length).toBe(0);

    const restarted = await startServer({ store });
    const again = createClient({ address: restarted.grpc });
    expect(await again.get(id)).toMatchObject({ state: "SUCCEEDED", attemptCount: 1, interruptedCount: 0, fence: 1 });
    expect(await ended(again, next.id)).toMatchObject({ state: "SUCCEEDED", attemptCount: 1, interruptedCount: 0 });
    await again.close();
    expect(await restarted.stop()).toBe(0);
  });

  it("gives back what does not finish in the drain time, uncounted, and it ends after a restart", async () => {
    const store = await fresh();
    // The lease is an hour, so that only a job that was given back can run again before the test gives up.
    const server = await startServer({ store, flags: ["--drain-timeout", "100ms", "--lease-ttl", "1h"] });
    const client = createClient({ address: server.grpc });
    const page = pages.page(inTurn(() => {}, status(200)));
    const { id } = await client.submit({ url: page.url, maxAttempts: 1 });
    await page.called();
    await client.close();
    expect(await server.stop()).toBe(0);

    const restarted = await startServer({ store });
    const again = createClient({ address: restarted.grpc });
    const job = await ended(again, id);
    expect(job).toMatchObject({ state: "SUCCEEDED", attemptCount: 1, interruptedCount: 0, fence: 2 });
    expect(outcomes(job)).toEqual(["RELEASED", "SUCCEEDED"]);
    expect(page.requests.map(({ headers }) => headers["job-attempt"])).toEqual(["1", "1"]);
    await again.close();
    expect(await restarted.stop()).toBe(0);
  });
});

/** The server says that it leaves. */
async function until503(http: string): Promise<void> {
  while ((await fetch(`http://${http}/healthz`)).status !== 503);
}
