// The RPCs about batches over each protocol: what the handlers hand to the engine and back.

import { Code, ConnectError } from "@connectrpc/connect";
import { BatchState } from "@drover/sdk/gen/drover/v1/batch_pb";
import { JobService } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OpenDoors, openDoors, PROTOCOLS } from "./open-doors.js";

let doors: OpenDoors;
beforeEach(async () => {
  doors = await openDoors();
});
afterEach(() => doors.close());

describe.each(PROTOCOLS)("calls over %s", (protocol) => {
  it("open, fill, seal, read, cancel and retry a batch", async () => {
    const client = doors.client(JobService, protocol);
    const headers = { authorization: "Bearer of-a-page" };
    const member = { endpoint: { url: "http://page.test/do" }, childKey: "one" };
    const opened = await client.submitBatch({ batch: { key: "users" }, jobs: [member], open: true }, { headers });
    expect([opened.batch?.state, opened.batch?.key, opened.jobIds]).toEqual([BatchState.OPEN, "users", ["~m0"]]);
    expect([doors.engine.tokens, doors.engine.inputs[0]?.childKey]).toEqual([["of-a-page"], "one"]);
    expect((await client.addJobs({ batchId: "b1", chunkKey: "c", jobs: [member, member] })).jobIds).toHaveLength(2);
    const sealed = (await client.sealBatch({ batchId: "b1", expectedJobCount: 3n })).batch;
    expect([sealed?.state, sealed?.sealTime !== undefined]).toEqual([BatchState.RUNNING, true]);
    expect((await client.getBatch({ batchId: "b1" })).batch?.counts).toMatchObject({ total: 3n, failed: 1n });
    expect(await client.getBatch({ batchId: "b2" }).catch(ConnectError.from)).toMatchObject({ code: Code.NotFound });
    expect((await client.listBatches({})).nextPageToken).toBe("next");
    expect((await client.cancelBatch({ batchId: "b1", reason: "stop" })).batch?.id).toBe("b1");
    expect((await client.retryBatch({ batchId: "b1" })).batch?.retryOf).toBe("b1");
  });

  it("watch a batch and a tree to their ends, and then end OK", async () => {
    const client = doors.client(JobService, protocol);
    const seen: unknown[] = [];
    for await (const { batch, members, snapshotComplete } of client.watchBatch({ batchId: "b1" })) {
      seen.push([batch?.state, members.length, snapshotComplete]);
    }
    expect(seen).toEqual([
      [BatchState.OPEN, 1, true],
      [undefined, 0, false],
      [BatchState.SUCCEEDED, 0, true],
    ]);
    for await (const { root, batches } of client.watchTree({ rootJobId: "j1" })) {
      expect([root?.batchIds, batches[0]?.parentJobId]).toEqual([["b1"], "j1"]);
    }
  });
});
