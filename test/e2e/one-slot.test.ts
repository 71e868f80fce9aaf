// A server with one slot: a master that waits for its children holds none, and a tree that has begun is finished first.

import { describe, expect, it } from "vitest";
import { jobEnd, members, tokenOf, well } from "../support/batches.js";
import { startPages } from "../support/pages.js";
import { RawClient, sayByFetch } from "../support/raw-client.js";
import { startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

describe.each(STORES)("one slot on $name", ({ fresh }) => {
  it("is enough for a master and ten times a hundred children: who waits holds none", async () => {
    const pages = await startPages();
    const server = await startServer({ store: await fresh(), flags: ["--concurrency", "1"] });
    const raw = new RawClient(server.grpc);
    const tell = sayByFetch(server.http);
    try {
      const children = pages.page();
      const master = pages.page(async (request, response) => {
        const jobs = members(children, 1_000, "child");
        await well(tell("JobService/SubmitBatch", { batch: { key: "all" }, jobs }, tokenOf(request)));
        response.end();
      });
      const { job } = await well(raw.say("JobService/SubmitJob", { job: { endpoint: { url: master.url } } }));
      // Waits behind the tree, as a new tree of the same priority does.
      const after = pages.page();
      await master.called();
      await well(raw.say("JobService/SubmitJob", { job: { endpoint: { url: after.url } } }));
      await after.called();
      expect(children.requests).toHaveLength(1_000);
      expect((await jobEnd(raw, job.id)).state).toBe("JOB_STATE_SUCCEEDED");
    } finally {
      raw.close();
      await server.stop();
      await pages.close();
    }
  });
});
