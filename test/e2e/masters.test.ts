// Masters: pages that open batches of their own by their attempt token, run again and attach, wait for what they opened,
// and end after it. Through both doors of a running server, by pages that know nothing but HTTP.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchEnd, counts, jobEnd, members, type Shown, tokenOf, well } from "../support/batches.js";
import type { PageHandler } from "../support/page-server.js";
import { Gate, inTurn, type Page, type Pages, startPages, status } from "../support/pages.js";
import { RawClient, type Say, sayByFetch } from "../support/raw-client.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const AT_ONCE = { backoff: { initial: "0s", max: "0s" } };

describe.each(STORES)("a master on $name", ({ fresh }) => {
  let server: ServerProcess;
  let pages: Pages;
  let raw: RawClient;
  let say: Say;
  /** As a page does it: JSON over HTTP. */
  let tell: Say;

  beforeAll(async () => {
    pages = await startPages();
    server = await startServer({ store: await fresh(), flags: ["--concurrency", "8"] });
    raw = new RawClient(server.grpc);
    say = raw.say;
    tell = sayByFetch(server.http);
  });
  afterAll(async () => {
    raw.close();
    await server.stop();
    await pages.close();
  });

  const submit = async (page: Page, more: Shown = {}): Promise<string> =>
    (await well(say("JobService/SubmitJob", { job: { endpoint: { url: page.url }, ...AT_ONCE, ...more } }))).job.id;
  const getJob = async (jobId: string) => (await well(say("JobService/GetJob", { jobId }))).job;
  const batchesOf = async (parentJobId: string): Promise<Shown[]> =>
    (await well(say("JobService/ListBatches", { parentJobId, oldestFirst: true }))).batches;

  /** A page that opens a batch of these jobs, sealed at once, and succeeds. */
  const opens =
    (key: string, jobs: Shown[], batch: Shown = {}): PageHandler =>
    async (request, response) => {
      await well(tell("JobService/SubmitBatch", { batch: { key, ...batch }, jobs }, tokenOf(request)));
      response.end("opened");
    };

  it("waits for its children without a call, and ends after them with its own result", async () => {
    const gate = new Gate();
    const children = pages.page(gate.handler);
    const id = await submit(pages.page(opens("users", members(children, 20, "user"))));
    await children.called();
    for await (const { job } of raw.watch({ jobId: id }) as AsyncIterable<Shown>) {
      if (job?.state === "JOB_STATE_WAITING" && Number(job.batchCounts?.total) === 20) break;
    }
    const [batch] = await batchesOf(id);
    expect([batch.key, batch.parentJobId, batch.state]).toEqual(["users", id, "BATCH_STATE_RUNNING"]);
    const child = (await well(say("JobService/ListJobs", { parentJobId: id, pageSize: 1 }))).jobs[0];
    expect([child.parentJobId, child.rootJobId, child.depth, child.batchId]).toEqual([id, id, 1, batch.id]);
    gate.open();
    const end = await jobEnd(raw, id);
    expect([end.state, atob(end.result), end.batchIds]).toEqual(["JOB_STATE_SUCCEEDED", "opened", [batch.id]]);
    const last = (await batchesOf(id))[0];
    expect(counts(last)).toEqual({ total: 20, succeeded: 20 });
    expect(Date.parse(end.finishTime)).toBeGreaterThanOrEqual(Date.parse(last.finishTime));
  });

  it("that dies half way and runs again attaches, in another order, and no child runs twice", async () => {
    const children = pages.page();
    const jobs = members(children, 10, "row");
    const first: PageHandler = async (request, response) => {
      const token = tokenOf(request);
      const batch = { key: "rows" };
      await well(tell("JobService/SubmitBatch", { batch, jobs: jobs.slice(0, 5), open: true }, token));
      // The first children end before the next are submitted.
      await children.called(5);
      response.destroy();
    };
    const second: PageHandler = async (request, response) => {
      const token = tokenOf(request);
      const opened = await well(
        tell("JobService/SubmitBatch", { batch: { key: "rows" }, jobs: [], open: true }, token),
      );
      expect(opened.existing).toBe(true);
      const batchId = opened.batch.id;
      const add = { batchId, chunkKey: "all", jobs: [...jobs].reverse() };
      await well(tell("JobService/AddJobs", add, token));
      await well(tell("JobService/SealBatch", { batchId }, token));
      response.end();
    };
    const id = await submit(pages.page(inTurn(first, second)));
    expect((await jobEnd(raw, id)).state).toBe("JOB_STATE_SUCCEEDED");
    expect(children.requests).toHaveLength(10);
    expect((await batchesOf(id)).map(counts)).toEqual([{ total: 10, succeeded: 10 }]);
  });

  it("has a batch that it left open sealed when it succeeds", async () => {
    const id = await submit(
      pages.page(async (request, response) => {
        const jobs = members(pages.page(), 3, "c");
        await well(tell("JobService/SubmitBatch", { batch: { key: "open" }, jobs, open: true }, tokenOf(request)));
        response.end();
      }),
    );
    expect((await jobEnd(raw, id)).state).toBe("JOB_STATE_SUCCEEDED");
    expect((await batchesOf(id)).map(counts)).toEqual([{ total: 3, succeeded: 3 }]);
  });

  it("may itself be a child: the tree ends from below, and one watch shows it whole", async () => {
    const leaf = pages.page();
    const middle = pages.page(opens("leaves", members(leaf, 3, "leaf")));
    const id = await submit(pages.page(opens("middles", members(middle, 4, "middle"))));
    const batches = new Map<string, Shown>();
    let root: Shown;
    for await (const update of raw.watch({ rootJobId: id }, "JobService/WatchTree") as AsyncIterable<Shown>) {
      root = update.root ?? root;
      for (const batch of update.batches ?? []) batches.set(batch.id, batch);
    }
    expect([root.state, leaf.requests.length, batches.size]).toEqual(["JOB_STATE_SUCCEEDED", 12, 5]);
    expect([...batches.values()].every(({ state }) => state === "BATCH_STATE_SUCCEEDED")).toBe(true);
    const above = [...batches.values()].find(({ parentJobId }) => parentJobId === id);
    for (const batch of batches.values()) {
      if (batch !== above) expect(Date.parse(batch.finishTime)).toBeLessThanOrEqual(Date.parse(above.finishTime));
    }
  });

  it("ends FAILED when a batch does, and its retry runs what failed without calling its page", async () => {
    const flaky = pages.page(inTurn(status(404), status(404), status(200)));
    const page = pages.page(opens("mixed", [...members(flaky, 2, "bad"), ...members(pages.page(), 3, "good")]));
    const id = await submit(page);
    const end = await jobEnd(raw, id);
    expect([end.state, end.stateReason]).toEqual(["JOB_STATE_FAILED", "JOB_STATE_REASON_CHILDREN_FAILED"]);
    const again = (await well(say("JobService/RetryJob", { jobId: id }))).job;
    expect((await well(say("JobService/RetryJob", { jobId: id }))).job.id).toBe(again.id);
    expect((await jobEnd(raw, again.id)).state).toBe("JOB_STATE_SUCCEEDED");
    expect((await batchesOf(again.id)).map(counts)).toEqual([{ total: 2, succeeded: 2 }]);
    expect([page.requests.length, flaky.requests.length]).toEqual([1, 4]);
    expect(await getJob(id)).toMatchObject({ state: "JOB_STATE_FAILED", retriedBy: again.id });
  });

  it("that fails for good takes its batches down, but for those to be left alone", async () => {
    await well(say("QueueService/PauseQueue", { queue: "later" }));
    const left = pages.page();
    const jobs = (page: Page) => members(page, 2, "c").map((job) => ({ ...job, queue: "later" }));
    const page = pages.page(async (request, response) => {
      const token = tokenOf(request);
      await well(tell("JobService/SubmitBatch", { batch: { key: "down" }, jobs: jobs(pages.page()) }, token));
      const batch = { key: "alone", parentClosePolicy: "PARENT_CLOSE_POLICY_ABANDON" };
      await well(tell("JobService/SubmitBatch", { batch, jobs: jobs(left) }, token));
      response.writeHead(404).end();
    });
    const id = await submit(page);
    expect((await jobEnd(raw, id)).state).toBe("JOB_STATE_FAILED");
    const [down, alone] = await batchesOf(id);
    expect([down.state, down.stateReason, counts(down).cancelled]).toEqual([
      "BATCH_STATE_CANCELLED",
      "BATCH_STATE_REASON_PARENT_ENDED",
      2,
    ]);
    expect(alone.state).toBe("BATCH_STATE_RUNNING");
    await well(say("QueueService/ResumeQueue", { queue: "later" }));
    expect((await batchEnd(raw, alone.id)).state).toBe("BATCH_STATE_SUCCEEDED");
    expect(left.requests).toHaveLength(2);
  });

  it("is cancelled with all below it: parents end last, and nothing new is called", async () => {
    const gate = new Gate();
    const leaf = pages.page(gate.handler);
    const middle = pages.page(opens("leaves", members(leaf, 50, "leaf")));
    const id = await submit(pages.page(opens("middles", members(middle, 2, "middle"))));
    await leaf.called(8);
    await well(say("JobService/CancelJob", { jobId: id, reason: "enough" }));
    gate.open();
    const end = await jobEnd(raw, id);
    expect(end.state).toBe("JOB_STATE_CANCELLED");
    // What was held ahead of the slots has been given back.
    expect(leaf.requests).toHaveLength(8);
    const [above] = await batchesOf(id);
    expect([above.state, counts(above)]).toEqual(["BATCH_STATE_CANCELLED", { total: 2, cancelled: 2 }]);
    const { jobs } = await well(say("JobService/ListJobs", { batchId: above.id }));
    for (const job of jobs) {
      expect(Date.parse(job.finishTime)).toBeLessThanOrEqual(Date.parse(end.finishTime));
      for (const batch of await batchesOf(job.id)) {
        const { total, succeeded = 0, cancelled = 0 } = counts(batch);
        expect(succeeded + cancelled).toBe(total);
        expect(Date.parse(batch.finishTime)).toBeLessThanOrEqual(Date.parse(job.finishTime));
      }
    }
  });

  it("that is cancelled while its page works takes its children along, whatever its page answers then", async () => {
    const gates = { children: new Gate(), master: new Gate() };
    const child = pages.page(gates.children.handler);
    const id = await submit(
      pages.page(async (request, response) => {
        const jobs = members(child, 30, "c");
        await well(tell("JobService/SubmitBatch", { batch: { key: "under" }, jobs }, tokenOf(request)));
        await gates.master.handler(request, response);
      }),
    );
    // One slot is the master's.
    await child.called(7);
    await well(say("JobService/CancelJob", { jobId: id }));
    gates.children.open();
    const [batch] = await batchesOf(id);
    const under = await batchEnd(raw, batch.id);
    expect([under.state, counts(under)]).toEqual(["BATCH_STATE_CANCELLED", { total: 30, succeeded: 7, cancelled: 23 }]);
    expect((await getJob(id)).state).toBe("JOB_STATE_RUNNING");
    gates.master.open();
    expect((await jobEnd(raw, id)).state).toBe("JOB_STATE_CANCELLED");
    expect(child.requests).toHaveLength(7);
  });

  it("lets a member append to the batch that it belongs to, as long as that is open", async () => {
    const grown = pages.page();
    const grows = pages.page(async (request, response) => {
      const token = tokenOf(request);
      const { job } = await well(say("JobService/GetJob", { jobId: String(request.headers["job-id"]) }));
      await well(
        tell(
          "JobService/AddJobs",
          { batchId: job.batchId, chunkKey: job.id, jobs: members(grown, 2, job.id.slice(1)) },
          token,
        ),
      );
      response.end();
    });
    const { batch } = await well(
      say("JobService/SubmitBatch", { batch: { key: "growing" }, jobs: members(grows, 3), open: true }),
    );
    await grown.called(6);
    const sealed = await well(say("JobService/SealBatch", { batchId: batch.id, expectedJobCount: 9 }));
    expect(counts(sealed.batch).total).toBe(9);
    expect(counts(await batchEnd(raw, batch.id))).toEqual({ total: 9, succeeded: 9 });
  });

  it("acts for itself only: not after its attempt, not for others, and apps do not act for it", async () => {
    const page = pages.page(opens("mine", [], {}));
    const id = await submit(page);
    const token = tokenOf(await page.called());
    await jobEnd(raw, id);
    const stale = await tell("JobService/SubmitBatch", { batch: { key: "late" }, jobs: [] }, token);
    expect([stale.code, stale.reason]).toEqual(["FAILED_PRECONDITION", "LEASE_LOST"]);
    const [mine] = await batchesOf(id);
    const app = await say("JobService/AddJobs", { batchId: mine.id, chunkKey: "x", jobs: members(page, 1) });
    expect(app.code).toBe("PERMISSION_DENIED");
    const forged = await tell("JobService/SubmitBatch", { batch: { key: "x" }, jobs: [] }, `${token}x`);
    expect([forged.code, forged.reason]).toEqual(["PERMISSION_DENIED", "TOKEN_INVALID"]);
    const other = await well(say("JobService/SubmitBatch", { batch: {}, jobs: [], open: true }));
    const answers: Shown[] = [];
    const meddler = pages.page(async (request, response) => {
      const add = { batchId: other.batch.id, chunkKey: "x", jobs: members(pages.page(), 1) };
      answers.push(await tell("JobService/AddJobs", add, tokenOf(request)));
      answers.push(await tell("JobService/SubmitBatch", { batch: {}, jobs: [] }, tokenOf(request)));
      response.end();
    });
    await jobEnd(raw, await submit(meddler));
    expect(answers.map(({ code, fields }) => [code, fields])).toEqual([
      ["PERMISSION_DENIED", []],
      ["INVALID_ARGUMENT", ["batch.key"]],
    ]);
    await well(say("JobService/CancelBatch", { batchId: other.batch.id }));
  });

  it("may lie 16 deep and no deeper", async () => {
    const answers: Shown[] = [];
    const page: Page = pages.page(async (request, response) => {
      const answer = await tell(
        "JobService/SubmitBatch",
        { batch: { key: "below" }, jobs: members(page, 1, "c") },
        tokenOf(request),
      );
      answers.push(answer.code);
      response.end();
    });
    const id = await submit(page);
    expect((await jobEnd(raw, id)).state).toBe("JOB_STATE_SUCCEEDED");
    expect(answers.sort()).toEqual([...Array(16).fill("OK"), "RESOURCE_EXHAUSTED"]);
  });
});
