// Batches that are refused, through the gRPC door of a running server: with the fields at fault, and nothing written.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { members, type Shown } from "../support/batches.js";
import { type Pages, startPages } from "../support/pages.js";
import { RawClient, type Say } from "../support/raw-client.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

describe.each(STORES)("a batch on $name", ({ fresh }) => {
  let server: ServerProcess;
  let pages: Pages;
  let raw: RawClient;
  let say: Say;

  beforeAll(async () => {
    pages = await startPages();
    server = await startServer({ store: await fresh() });
    raw = new RawClient(server.grpc);
    say = raw.say;
  });
  afterAll(async () => {
    raw.close();
    await server.stop();
    await pages.close();
  });

  const refused: [string, Shown, string[]][] = [
    [
      "a member with an id",
      { batch: {}, jobs: [{ id: "mine", endpoint: { url: "http://127.0.0.1/" } }] },
      ["jobs[0].id"],
    ],
    [
      "two equal child keys",
      {
        batch: {},
        jobs: ["a", "b", "a"].map((childKey) => ({ childKey, endpoint: { url: "http://127.0.0.1/" } })),
      },
      ["jobs[2].child_key"],
    ],
    [
      "a ratio over 1, a negative count and a key with spaces",
      { batch: { key: "a b", failurePolicy: { toleratedFailureRatio: 2, toleratedFailureCount: -1 } }, jobs: [] },
      ["batch.failure_policy.tolerated_failure_count", "batch.failure_policy.tolerated_failure_ratio", "batch.key"],
    ],
    ["a seal timeout of a year", { batch: { sealTimeout: "31536000s" }, jobs: [] }, ["batch.seal_timeout"]],
    [
      "an on_complete job by GET, with a payload that is no JSON",
      {
        batch: { onComplete: { endpoint: { url: "http://127.0.0.1/", method: "GET" }, payload: btoa("x") } },
        jobs: [],
      },
      ["batch.on_complete.endpoint.method", "batch.on_complete.payload", "batch.on_complete.payload"],
    ],
    [
      "what only the service sets",
      { batch: { id: "x", state: "BATCH_STATE_OPEN" }, jobs: [] },
      ["batch.id", "batch.state"],
    ],
  ];
  it.each(refused)("is refused with %s, and nothing is written", async (_, request, fields) => {
    const answer = await say("JobService/SubmitBatch", request);
    expect([answer.code, [...answer.fields].sort()]).toEqual(["INVALID_ARGUMENT", fields]);
  });

  it("takes at most 1,000 jobs a call, and refuses a page that may not be called", async () => {
    const many = await say("JobService/SubmitBatch", { batch: {}, jobs: members(pages.page(), 1_001) });
    expect([many.code, many.fields]).toEqual(["INVALID_ARGUMENT", ["jobs"]]);
    const far = await say("JobService/SubmitBatch", { batch: {}, jobs: [{ endpoint: { url: "http://192.0.2.1/" } }] });
    expect([far.code, far.reason]).toEqual(["PERMISSION_DENIED", "ENDPOINT_NOT_ALLOWED"]);
    expect((await say("JobService/WatchBatch", { batchId: "absent" })).code).not.toBe("OK");
    expect((await say("JobService/GetBatch", { batchId: "absent" })).code).toBe("NOT_FOUND");
  });
});
