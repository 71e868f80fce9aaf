// "Later" in words, after a page has begun to stream: the job waits as long as the page asks and uses no attempt, as it
// does when the page says so at once.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient, type DroverClient, defineJob, endpoint, later } from "@drover/sdk";
import { nodeListener } from "@drover/sdk/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { outcomes } from "../support/follow.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const patient = defineJob({
  kind: "patient",
  path: "/patient",
  input: z.object({ streams: z.boolean() }),
  result: z.number(),
  maxAttempts: 1,
  // Without a wait of its own, it would come again long after the test.
  backoff: { initialMs: 3_600_000, maxMs: 3_600_000 },
});
const page = endpoint(patient, ({ streams }, job) => {
  if (streams) job.progress({ done: job.fence });
  if (job.fence < 3) throw later("not now", { delayMs: 500 });
  return job.fence;
});

describe("a page that says later", () => {
  let server: ServerProcess;
  let site: Server;
  let drover: DroverClient;

  beforeAll(async () => {
    site = createServer((request, response) => void nodeListener(page)(request, response));
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    server = await startServer({ store: (await STORES[0]?.fresh()) ?? "" });
    drover = createClient({
      address: server.grpc,
      pages: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
    });
  });
  afterAll(async () => {
    await drover.close();
    await server.stop();
    site.closeAllConnections();
    await new Promise((resolve) => site.close(resolve));
  });

  it.each([
    ["at once", false],
    ["after it has shown progress", true],
  ])("%s uses no attempt, and is called again when it asked to be", async (_when, streams) => {
    const job = await drover.submit(patient.job({ streams }));
    expect(await job.result()).toBe(3);
    const ended = await job.get();
    expect(ended).toMatchObject({ attemptCount: 1, busyCount: 2 });
    expect(outcomes(ended)).toEqual(["BUSY", "BUSY", "SUCCEEDED"]);
  });
});
