// A call that takes longer than a lease: it is held by renewals, made once, and never seen as interrupted.

import { setTimeout as wait } from "node:timers/promises";
import { createClient } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, outcomes } from "../support/follow.js";
import { type Pages, startPages } from "../support/pages.js";
import { startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

let pages: Pages;
beforeAll(async () => {
  pages = await startPages();
});
afterAll(() => pages.close());

describe.each(STORES)("a call on $name that outlasts its lease", ({ fresh }) => {
  it("is made once, for its lease is renewed", async () => {
    const server = await startServer({ store: await fresh(), flags: ["--lease-ttl", "1s"] });
    const client = createClient({ address: server.grpc });
    // Only the first call is long: where there is a second, the test is over soon.
    const page = pages.page(async (_request, response) => {
      await wait(page.requests.length > 1 ? 0 : 3_500);
      response.end("{}");
    });
    const { id } = await client.submit({ url: page.url });
    const job = await ended(client, id);
    expect(job).toMatchObject({ state: "SUCCEEDED", fence: 1, attemptCount: 1, interruptedCount: 0 });
    expect(outcomes(job)).toEqual(["SUCCEEDED"]);
    expect(page.requests.length).toBe(1);
    await client.close();
    expect(await server.stop()).toBe(0);
  });
});
