// A store that goes away: callers are told to repeat, nobody is told of an inner fault.

import { createClient } from "@drover/sdk";
import { describe, expect, it } from "vitest";
import { startMongod } from "../support/mongod.js";
import { startServer } from "../support/server.js";

describe("a server whose mongod was killed", () => {
  it("answers UNAVAILABLE with a delay after which to repeat, on both doors, and is not healthy", async () => {
    const given = process.env.MONGODB_URI;
    delete process.env.MONGODB_URI;
    const mongod = await startMongod();
    if (given !== undefined) process.env.MONGODB_URI = given;
    const server = await startServer({ store: mongod.uri.replace("/?", "/away?") });
    const client = createClient({ address: server.grpc, timeoutMs: 60_000, retry: { tries: 1 } });
    try {
      await mongod.stop();
      const submitted = client.submit({ url: "http://127.0.0.1:9/job" });
      await expect(submitted).rejects.toMatchObject({ code: "UNAVAILABLE", retryDelayMs: 1_000 });
      const answer = await fetch(`http://${server.http}/drover.v1.JobService/GetJob`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"jobId": "any"}',
      });
      expect(await answer.json()).toMatchObject({ code: "unavailable" });
      expect((await fetch(`http://${server.http}/healthz`)).status).toBe(503);
    } finally {
      await client.close();
      await server.kill();
    }
  });
});
