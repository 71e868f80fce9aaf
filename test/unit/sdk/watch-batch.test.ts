// Batches and trees watched over streams that break, and the calls that read, cancel and retry a batch.

import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  BatchSchema,
  BatchState,
  BatchStateReason,
  FailurePolicy_Mode,
  ParentClosePolicy,
} from "../../../sdk/gen/drover/v1/batch_pb.js";
import { JobState } from "../../../sdk/gen/drover/v1/job_pb.js";
import type { WatchBatchRequest } from "../../../sdk/gen/drover/v1/job_service_pb.js";
import type { BatchUpdate, TreeUpdate } from "../../../sdk/index.js";
import { gate, ScriptedServer, shownJob, unavailable } from "./scripted-server.js";

function batch(revision: number, state: BatchState = BatchState.RUNNING, succeeded = 0, id = "b") {
  const counts = { total: 3n, succeeded: BigInt(succeeded) };
  return create(BatchSchema, { id, key: "users", state, revision: BigInt(revision), counts });
}

const member = (id: string, revision: number) => shownJob({ id, state: JobState.FAILED, revision: BigInt(revision) });

async function shown(updates: AsyncIterable<BatchUpdate>): Promise<string[]> {
  const lines: string[] = [];
  for await (const update of updates) {
    const members = update.members.map(({ id }) => id).join(",");
    lines.push(`${update.batch.revision} ${update.batch.state} [${members}]${update.snapshotComplete ? " all" : ""}`);
  }
  return lines;
}

describe("a watch of a batch", () => {
  it("shows counts to the end, and goes on after the last revision when its stream breaks", async () => {
    const asked: WatchBatchRequest[] = [];
    const server = await ScriptedServer.start({
      jobs: {
        async *watchBatch(request) {
          asked.push(request);
          if (asked.length === 1) {
            yield { batch: batch(3) };
            yield {};
            throw unavailable();
          }
          yield { batch: batch(2) };
          yield { batch: batch(5, BatchState.COMPLETING, 3) };
          yield { batch: batch(6, BatchState.SUCCEEDED, 3) };
        },
      },
    });
    const drover = server.client();
    expect(await shown(drover.batches.watch("b"))).toEqual(["3 RUNNING []", "5 COMPLETING []", "6 SUCCEEDED []"]);
    expect(asked.map(({ afterRevision, members }) => [afterRevision, members])).toEqual([
      [undefined, 1],
      [3n, 1],
    ]);
  });

  it("shows counts that changed without a new revision, and nothing twice", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        async *watchBatch() {
          yield { batch: batch(3) };
          yield { batch: batch(3) };
          yield { batch: batch(3, BatchState.RUNNING, 1) };
          yield { batch: batch(4, BatchState.SUCCEEDED, 3) };
        },
      },
    });
    const counts: string[] = [];
    for await (const { batch } of server.client().batches.watch("b")) {
      counts.push(`${batch.revision}: ${batch.counts.succeeded}`);
    }
    expect(counts).toEqual(["3: 0", "3: 1", "4: 3"]);
  });

  it("shows the end even if its revision was seen before", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        async *watchBatch() {
          yield { batch: batch(6) };
          yield { batch: batch(6, BatchState.FAILED) };
        },
      },
    });
    expect(await shown(server.client().batches.watch("b"))).toEqual(["6 RUNNING []", "6 FAILED []"]);
  });

  it("with members begins anew when its stream breaks, and reads on after the end for the last members", async () => {
    const asked: WatchBatchRequest[] = [];
    const server = await ScriptedServer.start({
      jobs: {
        async *watchBatch(request) {
          asked.push(request);
          yield { batch: batch(3), members: [member("m1", 1)], snapshotComplete: true };
          if (asked.length === 1) throw unavailable();
          yield { batch: batch(5, BatchState.FAILED) };
          yield { members: [member("m2", 4)] };
        },
      },
    });
    expect(await shown(server.client().batches.watch("b", { members: "FAILED" }))).toEqual([
      "3 RUNNING [m1] all",
      "3 RUNNING [m1] all",
      "5 FAILED []",
      "5 FAILED [m2]",
    ]);
    expect(asked.map(({ afterRevision, members }) => [afterRevision, members])).toEqual([
      [undefined, 2],
      [undefined, 2],
    ]);
  });

  it("that breaks between the end and the last members is not over", async () => {
    let streams = 0;
    const server = await ScriptedServer.start({
      jobs: {
        async *watchBatch() {
          yield { batch: batch(5, BatchState.FAILED) };
          if (++streams === 1) throw unavailable();
          yield { members: [member("m2", 4)] };
        },
      },
    });
    expect(await shown(server.client().batches.watch("b", { members: "ALL" }))).toEqual([
      "5 FAILED []",
      "5 FAILED []",
      "5 FAILED [m2]",
    ]);
  });

  it("waits for the end, or until its signal fires", async () => {
    const go = gate();
    const server = await ScriptedServer.start({
      jobs: {
        async *watchBatch() {
          yield { batch: batch(3) };
          await go.opened;
          yield { batch: batch(4, BatchState.CANCELLED) };
        },
      },
    });
    const handle = server.client().batches.handle("b");
    const stop = new AbortController();
    const stopped = handle.wait({ signal: stop.signal });
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ code: "CANCELLED" });
    const ended = handle.wait();
    go.open();
    expect(await ended).toMatchObject({ id: "b", state: "CANCELLED", counts: { total: 3 } });
  });
});

describe("a watch of a tree", () => {
  it("shows the root and what changes below it, nothing twice, and ends with the root", async () => {
    let streams = 0;
    const root = (revision: number, state: JobState) => shownJob({ id: "r", state, revision: BigInt(revision) });
    const server = await ScriptedServer.start({
      jobs: {
        async *watchTree() {
          streams += 1;
          yield { root: root(2, JobState.WAITING), batches: [batch(3), batch(3, undefined, 0, "b2")] };
          yield {};
          if (streams === 1) throw unavailable();
          yield { batches: [batch(4, BatchState.SUCCEEDED, 3)] };
          yield { root: root(9, JobState.SUCCEEDED) };
        },
      },
    });
    const lines: string[] = [];
    const line = ({ root, batches }: TreeUpdate) =>
      `${root.revision} ${root.state} ${batches.map(({ id, revision }) => `${id}@${revision}`).join(",")}`;
    for await (const update of server.client().watchTree("r")) lines.push(line(update));
    expect(lines).toEqual(["2 WAITING b@3,b2@3", "2 WAITING b@4", "9 SUCCEEDED "]);
    expect(streams).toBe(2);
  });
});

describe("a watch of a master", () => {
  it("shows the counts of its batches as they change, though its own revision stays", async () => {
    const state = JobState.WAITING;
    const shown = (revision: bigint, succeeded?: bigint) => ({
      job: shownJob({ id: "m", state, revision, ...(succeeded !== undefined && { batchCounts: { succeeded } }) }),
    });
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob() {
          yield shown(5n);
          yield shown(5n);
          yield shown(5n, 0n);
          yield shown(5n, 2n);
          yield shown(4n, 1n);
          yield { job: shownJob({ id: "m", state: JobState.SUCCEEDED, revision: 6n }) };
        },
      },
    });
    const counts: unknown[] = [];
    for await (const job of server.client().watch("m")) counts.push([job.revision, job.batchCounts?.succeeded]);
    expect(counts).toEqual([
      [5, undefined],
      [5, 0],
      [5, 2],
      [6, undefined],
    ]);
  });
});

describe("batches", () => {
  it("are shown with names for states, Dates for times and numbers for counts", async () => {
    const stored = create(BatchSchema, {
      id: "b",
      key: "users",
      parentJobId: "m",
      state: BatchState.FAILED,
      stateReason: BatchStateReason.MEMBERS_FAILED,
      counts: { total: 5n, pending: 1n, running: 1n, waiting: 0n, succeeded: 1n, failed: 1n, cancelled: 1n },
      failurePolicy: { mode: FailurePolicy_Mode.CANCEL_REST, toleratedFailureCount: 2n, toleratedFailureRatio: 0.25 },
      parentClosePolicy: ParentClosePolicy.ABANDON,
      sealTimeout: { seconds: 90n },
      onCompleteJobId: "done",
      createTime: { seconds: 1_700_000_000n },
      revision: 12n,
      labels: { month: "May" },
    });
    const server = await ScriptedServer.start({ jobs: { getBatch: () => ({ batch: stored }) } });
    expect(await server.client().batches.get("b")).toEqual({
      id: "b",
      key: "users",
      parentJobId: "m",
      state: "FAILED",
      stateReason: "MEMBERS_FAILED",
      counts: { total: 5, pending: 1, running: 1, waiting: 0, succeeded: 1, failed: 1, cancelled: 1 },
      failurePolicy: { mode: "CANCEL_REST", toleratedFailureCount: 2, toleratedFailureRatio: 0.25 },
      parentClosePolicy: "ABANDON",
      sealTimeoutMs: 90_000,
      labels: { month: "May" },
      onCompleteJobId: "done",
      retryOf: undefined,
      retriedBy: undefined,
      createTime: new Date(1_700_000_000_000),
      sealTime: undefined,
      finishTime: undefined,
      updateTime: undefined,
      revision: 12,
    });
  });

  it("are listed page after page, cancelled with a reason and retried as a new one", async () => {
    const asked: unknown[] = [];
    const server = await ScriptedServer.start({
      jobs: {
        listBatches(request) {
          asked.push([request.state, request.parentJobId, request.pageSize, request.pageToken, request.oldestFirst]);
          return request.pageToken === ""
            ? { batches: [batch(1)], nextPageToken: "more" }
            : { batches: [batch(2, undefined, 0, "b2")] };
        },
        cancelBatch: ({ batchId, reason }) => {
          asked.push([batchId, reason]);
          return { batch: batch(7, BatchState.CANCELLED) };
        },
        retryBatch: () => ({ batch: batch(1, undefined, 0, "again"), existing: true }),
      },
    });
    const { batches } = server.client();
    const ids: string[] = [];
    for await (const { id } of batches.list({ state: "FAILED", parentJobId: "m", pageSize: 1, oldestFirst: true })) {
      ids.push(id);
    }
    expect(ids).toEqual(["b", "b2"]);
    expect(await batches.handle("b").cancel("no longer needed")).toMatchObject({ state: "CANCELLED" });
    expect(await batches.handle("b").retry()).toMatchObject({ id: "again", existing: true });
    expect(asked).toEqual([
      [BatchState.FAILED, "m", 1, "", true],
      [BatchState.FAILED, "m", 1, "more", true],
      ["b", "no longer needed"],
    ]);
  });

  it("and masters find each other: a job shows its batch, its parent and the batches that it opened", async () => {
    const job = { id: "j", batchId: "b", childKey: "k", parentJobId: "m", rootJobId: "m", depth: 1, batchIds: ["c"] };
    const counts = { batchCounts: { total: 3n, succeeded: 1n } };
    const server = await ScriptedServer.start({ jobs: { getJob: () => ({ job: shownJob({ ...job, ...counts }) }) } });
    expect(await server.client().get("j")).toMatchObject({
      ...job,
      batchCounts: { total: 3, succeeded: 1, failed: 0 },
    });
  });
});
