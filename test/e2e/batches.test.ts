// Batches of apps, through the gRPC door of a running server: made, filled, sealed, completed, cancelled, tried again.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchEnd, counts, jobEnd, members, type Shown, well } from "../support/batches.js";
import { Gate, inTurn, type Pages, startPages, status } from "../support/pages.js";
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
    server = await startServer({ store: await fresh(), flags: ["--concurrency", "16"] });
    raw = new RawClient(server.grpc);
    say = raw.say;
  });
  afterAll(async () => {
    raw.close();
    await server.stop();
    await pages.close();
  });

  const submit = (batch: Shown, jobs: Shown[], open = false) =>
    well(say("JobService/SubmitBatch", { batch, jobs, open }));
  const getBatch = async (batchId: string) => (await well(say("JobService/GetBatch", { batchId }))).batch;

  it("runs its members, and ends once with their counts", async () => {
    const page = pages.page();
    const { batch, jobIds } = await submit({ key: "plain", labels: { of: "test" } }, members(page, 20));
    expect([batch.state, jobIds.length, batch.labels]).toEqual(["BATCH_STATE_RUNNING", 20, { of: "test" }]);
    const end = await batchEnd(raw, batch.id);
    expect([end.state, end.stateReason]).toEqual(["BATCH_STATE_SUCCEEDED", "BATCH_STATE_REASON_OK"]);
    expect(counts(end)).toEqual({ total: 20, succeeded: 20 });
    expect(page.requests).toHaveLength(20);
    const { job } = await well(say("JobService/GetJob", { jobId: jobIds[0] }));
    expect([job.batchId, job.state]).toEqual([batch.id, "JOB_STATE_SUCCEEDED"]);
    const listed = await well(say("JobService/ListJobs", { batchId: batch.id }));
    expect(listed.jobs.map(({ id }: Shown) => id).sort()).toEqual([...jobIds].sort());
  });

  it("of no jobs completes at once, and its on_complete job runs", async () => {
    const summary = pages.page();
    const { batch } = await submit({ onComplete: { endpoint: { url: summary.url } } }, []);
    const call = await summary.called();
    expect(JSON.parse(call.body.toString())).toMatchObject({
      batch: { id: batch.id, state: "SUCCEEDED", counts: { total: 0 } },
      input: null,
    });
    expect((await batchEnd(raw, batch.id)).state).toBe("BATCH_STATE_SUCCEEDED");
  });

  it("runs its on_complete job once, with the counts and its own payload, and ends after it", async () => {
    const gate = new Gate();
    const summary = pages.page(gate.handler);
    const failing = pages.page(status(404));
    const onComplete = { endpoint: { url: summary.url }, payload: btoa('{"to":"me"}') };
    const failurePolicy = { toleratedFailureCount: 2 };
    const jobs = [...members(pages.page(), 8), ...members(failing, 2)];
    const { batch } = await submit({ key: "summed", onComplete, failurePolicy }, jobs);
    const call = await summary.called();
    expect(JSON.parse(call.body.toString())).toEqual({
      batch: {
        ...{ id: batch.id, key: "summed", state: "SUCCEEDED", labels: {} },
        counts: { total: 10, pending: 0, running: 0, waiting: 0, succeeded: 8, failed: 2, cancelled: 0 },
      },
      input: { to: "me" },
    });
    const during = await getBatch(batch.id);
    expect([during.state, counts(during)]).toEqual(["BATCH_STATE_COMPLETING", { total: 10, succeeded: 8, failed: 2 }]);
    gate.open();
    const end = await batchEnd(raw, batch.id);
    // A watcher is told of it again and again, and not of its payload.
    expect([during.onComplete.payload, end.onComplete.payload]).toEqual([onComplete.payload, undefined]);
    expect([end.state, end.onCompleteJobId]).toEqual(["BATCH_STATE_SUCCEEDED", call.headers["job-id"]]);
    expect(summary.requests).toHaveLength(1);
  });

  it("ends FAILED when more fail than is tolerated, or its on_complete job does", async () => {
    const failing = pages.page(status(404));
    const one = await submit({}, [...members(pages.page(), 3), ...members(failing, 1)]);
    expect(await batchEnd(raw, one.batch.id)).toMatchObject({
      state: "BATCH_STATE_FAILED",
      stateReason: "BATCH_STATE_REASON_MEMBERS_FAILED",
    });
    const half = await submit({ failurePolicy: { toleratedFailureRatio: 0.5 } }, [
      ...members(pages.page(), 1),
      ...members(failing, 1),
    ]);
    expect((await batchEnd(raw, half.batch.id)).state).toBe("BATCH_STATE_SUCCEEDED");
    const two = await submit({ onComplete: { endpoint: { url: failing.url } } }, members(pages.page(), 1));
    expect(await batchEnd(raw, two.batch.id)).toMatchObject({
      state: "BATCH_STATE_FAILED",
      stateReason: "BATCH_STATE_REASON_ON_COMPLETE_FAILED",
    });
  });

  it("with CANCEL_REST ends what is left once too many have failed, and still tells its on_complete job", async () => {
    await well(say("QueueService/PauseQueue", { queue: "held" }));
    const summary = pages.page();
    const held = members(pages.page(), 5).map((job) => ({ ...job, queue: "held" }));
    const { batch } = await submit(
      { failurePolicy: { mode: "MODE_CANCEL_REST" }, onComplete: { endpoint: { url: summary.url } } },
      [...members(pages.page(status(404)), 1), ...held],
    );
    const end = await batchEnd(raw, batch.id);
    expect([end.state, counts(end)]).toEqual(["BATCH_STATE_FAILED", { total: 6, failed: 1, cancelled: 5 }]);
    expect(summary.requests).toHaveLength(1);
  });

  it("takes chunks while it is open, in any order and twice, and completes only after its seal", async () => {
    const page = pages.page();
    const { batch, jobIds } = await submit({ key: "chunks" }, members(page, 3), true);
    const add = (chunkKey: string, jobs: Shown[]) => say("JobService/AddJobs", { batchId: batch.id, chunkKey, jobs });
    const second = (await well(add("2", members(page, 4)))).jobIds;
    const first = (await well(add("1", members(page, 2)))).jobIds;
    expect((await well(add("2", members(page, 4)))).jobIds).toEqual(second);
    expect(new Set([...jobIds, ...first, ...second]).size).toBe(9);
    // All have run; nothing has told that there will be no more.
    await page.called(9);
    expect((await getBatch(batch.id)).state).toBe("BATCH_STATE_OPEN");
    const wrong = await say("JobService/SealBatch", { batchId: batch.id, expectedJobCount: 8 });
    expect([wrong.code, wrong.reason]).toEqual(["FAILED_PRECONDITION", "COUNT_MISMATCH"]);
    const sealed = await well(say("JobService/SealBatch", { batchId: batch.id, expectedJobCount: 9 }));
    expect(counts(sealed.batch).total).toBe(9);
    const end = await batchEnd(raw, batch.id);
    expect([end.state, counts(end)]).toEqual(["BATCH_STATE_SUCCEEDED", { total: 9, succeeded: 9 }]);
    // Every call again, after the end.
    expect((await well(say("JobService/SealBatch", { batchId: batch.id }))).batch.state).toBe("BATCH_STATE_SUCCEEDED");
    expect((await well(add("1", members(page, 2)))).jobIds).toEqual(first);
    const late = await add("3", members(page, 1));
    expect([late.code, late.reason]).toEqual(["FAILED_PRECONDITION", "SEALED"]);
    expect(page.requests).toHaveLength(9);
  });

  it("is the same batch when it is submitted again, and ALREADY_EXISTS with other content", async () => {
    const page = pages.page();
    const answers = await Promise.all(Array.from({ length: 20 }, () => submit({ key: "again" }, members(page, 5))));
    expect(new Set(answers.map(({ batch }) => batch.id)).size).toBe(1);
    expect(new Set(answers.flatMap(({ jobIds }) => jobIds)).size).toBe(5);
    expect(answers.filter(({ existing }) => existing !== true)).toHaveLength(1);
    await batchEnd(raw, answers[0].batch.id);
    expect(page.requests).toHaveLength(5);
    const other = await say("JobService/SubmitBatch", { batch: { key: "again", labels: { a: "b" } }, jobs: [] });
    expect(other.code).toBe("ALREADY_EXISTS");
    const jobs = members(pages.page(), 5);
    const content = await say("JobService/SubmitBatch", { batch: { key: "again" }, jobs });
    expect([content.code, content.message]).toEqual(["ALREADY_EXISTS", expect.stringContaining("jobs[0]")]);
  });

  it("is cancelled whole: nothing of it is called any more, and what runs is told", async () => {
    const gate = new Gate();
    const page = pages.page(gate.handler);
    const { batch } = await submit({ onComplete: { endpoint: { url: page.url } } }, members(page, 200));
    await page.called(16);
    const cancelled = await well(say("JobService/CancelBatch", { batchId: batch.id, reason: "enough" }));
    expect(cancelled.batch.state).toBe("BATCH_STATE_RUNNING");
    gate.open();
    const end = await batchEnd(raw, batch.id);
    expect([end.state, end.stateReason]).toEqual(["BATCH_STATE_CANCELLED", "BATCH_STATE_REASON_CANCELLED"]);
    // A result that comes within the grace wins.
    expect(counts(end)).toEqual({ total: 200, succeeded: 16, cancelled: 184 });
    expect(page.requests).toHaveLength(16);
    expect((await well(say("JobService/CancelBatch", { batchId: batch.id }))).batch.state).toBe(
      "BATCH_STATE_CANCELLED",
    );
  });

  it("is cancelled together with its on_complete job, and still says which that was", async () => {
    const gate = new Gate();
    const summary = pages.page(gate.handler);
    const { batch } = await submit({ onComplete: { endpoint: { url: summary.url } } }, members(pages.page(), 1));
    const call = await summary.called();
    await well(say("JobService/CancelBatch", { batchId: batch.id }));
    gate.open();
    const end = await batchEnd(raw, batch.id);
    expect([end.state, end.onCompleteJobId]).toEqual(["BATCH_STATE_CANCELLED", call.headers["job-id"]]);
  });

  it("that nobody seals in time is cancelled, and says why", async () => {
    const summary = pages.page();
    const { batch } = await submit(
      { sealTimeout: "1s", onComplete: { endpoint: { url: summary.url } } },
      members(pages.page(), 2),
      true,
    );
    const end = await batchEnd(raw, batch.id);
    expect([end.state, end.stateReason]).toEqual(["BATCH_STATE_CANCELLED", "BATCH_STATE_REASON_SEAL_TIMEOUT"]);
    expect(summary.requests).toHaveLength(1);
  });

  it("is retried as a new batch of what failed, linked both ways, and a repeat returns the same", async () => {
    const fixed = inTurn(status(404), status(404), status(200));
    const { batch, jobIds } = await submit({ key: "mended" }, [
      ...members(pages.page(fixed), 2),
      ...members(pages.page(), 3),
    ]);
    expect(counts(await batchEnd(raw, batch.id))).toEqual({ total: 5, failed: 2, succeeded: 3 });
    const again = await well(say("JobService/RetryBatch", { batchId: batch.id }));
    const repeat = await well(say("JobService/RetryBatch", { batchId: batch.id }));
    expect([repeat.batch.id, again.batch.retryOf, repeat.existing]).toEqual([again.batch.id, batch.id, true]);
    const end = await batchEnd(raw, again.batch.id);
    expect([end.state, counts(end)]).toEqual(["BATCH_STATE_SUCCEEDED", { total: 2, succeeded: 2 }]);
    // What has ended stays as it ended.
    expect(await getBatch(batch.id)).toMatchObject({ state: "BATCH_STATE_FAILED", retriedBy: again.batch.id });
    const one = await well(say("JobService/GetJob", { jobId: jobIds[0] }));
    expect(one.job.state).toBe("JOB_STATE_FAILED");
    const refused = await say("JobService/RetryBatch", { batchId: again.batch.id });
    expect([refused.code, refused.reason]).toEqual(["FAILED_PRECONDITION", "NOT_RETRYABLE"]);
  });

  it("shows a watcher its members: none, those that failed, or all, each as it ended", async () => {
    const { batch } = await submit({}, [...members(pages.page(), 6), ...members(pages.page(status(404)), 2)]);
    const shown: Record<string, string[]> = {};
    for (const kind of ["BATCH_MEMBERS_NONE", "BATCH_MEMBERS_FAILED", "BATCH_MEMBERS_ALL"]) {
      const last = new Map<string, string>();
      let complete = false;
      for await (const update of raw.watch({ batchId: batch.id, members: kind }, "JobService/WatchBatch")) {
        for (const { id, state } of (update.members ?? []) as Shown[]) last.set(id, state);
        if (update.snapshotComplete) complete = true;
      }
      expect(complete).toBe(true);
      shown[kind] = [...last.values()].sort();
    }
    expect(shown).toEqual({
      BATCH_MEMBERS_NONE: [],
      BATCH_MEMBERS_FAILED: Array(2).fill("JOB_STATE_FAILED"),
      BATCH_MEMBERS_ALL: [...Array(2).fill("JOB_STATE_FAILED"), ...Array(6).fill("JOB_STATE_SUCCEEDED")],
    });
  });

  it("is listed by state and in order of creation, page by page", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push((await submit({ sealTimeout: "60s" }, [], true)).batch.id);
    const seen: string[] = [];
    let pageToken = "";
    do {
      const answer = await well(
        say("JobService/ListBatches", { state: "BATCH_STATE_OPEN", pageSize: 2, pageToken, oldestFirst: true }),
      );
      seen.push(...answer.batches.map(({ id }: Shown) => id));
      pageToken = answer.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
    for (const batchId of ids) await well(say("JobService/CancelBatch", { batchId }));
  });

  it("ends a member's retry outside of it: a new job, linked to the old", async () => {
    const { batch, jobIds } = await submit({}, members(pages.page(inTurn(status(404), status(200))), 1));
    await batchEnd(raw, batch.id);
    const { job } = await well(say("JobService/RetryJob", { jobId: jobIds[0] }));
    expect([job.retryOf, job.batchId ?? ""]).toEqual([jobIds[0], ""]);
    expect((await jobEnd(raw, job.id)).state).toBe("JOB_STATE_SUCCEEDED");
    expect((await getBatch(batch.id)).state).toBe("BATCH_STATE_FAILED");
  });
});
