// The whole engine in one process, on a real store in memory, calling real pages.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Job } from "../../../server/core/job.js";
import { RunningEngine } from "../../support/running-engine.js";

let engine: RunningEngine;

beforeEach(async () => {
  engine = await RunningEngine.prepare();
});

afterEach(() => engine.close());

describe("the dispatcher", () => {
  it("calls a page as soon as its job is submitted, and stores what it answers", async () => {
    await engine.start();
    engine.pages.handler = (_, response) => void response.end("done");
    const job = await engine.end(await engine.submit());
    expect(job).toMatchObject({ state: "SUCCEEDED", attemptCount: 1, fence: 1 });
    expect(Buffer.from(job.result ?? []).toString()).toBe("done");
  });

  it("never has more calls under way than it has slots, and keeps them all busy", async () => {
    await engine.start({ concurrency: 4 });
    let calling = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    engine.pages.handler = async (_, response) => {
      calling += 1;
      most = Math.max(most, calling);
      if (engine.pages.requests.length <= 20) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 4) for (const go of waiting.splice(0)) go();
        });
      }
      calling -= 1;
      response.end();
    };
    const ids = await Promise.all(Array.from({ length: 20 }, () => engine.submit()));
    await Promise.all(ids.map((id) => engine.end(id)));
    expect(most).toBe(4);
  });

  it("tries a failed page again, and its history says why", async () => {
    await engine.start();
    engine.pages.handler = (_, response) => {
      response.statusCode = engine.pages.requests.length === 1 ? 500 : 200;
      response.end();
    };
    const job = await engine.end(await engine.submit());
    expect(job.attempts.map(({ number, outcome, httpStatus }) => [number, outcome, httpStatus])).toEqual([
      [1, "FAILED", 500],
      [2, "SUCCEEDED", 200],
    ]);
    expect(engine.pages.requests.map(({ headers }) => [headers["job-attempt"], headers["job-fence"]])).toEqual([
      ["1", "1"],
      ["2", "2"],
    ]);
  });

  it("does not call a page whose job was cancelled while it waited", async () => {
    await engine.start({ concurrency: 1 });
    let release: () => void = () => {};
    engine.pages.handler = async (_, response) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      response.end();
    };
    const first = await engine.submit();
    await engine.pages.until(() => engine.pages.requests.length === 1);
    const second = await engine.submit();
    expect((await engine.service.jobs.cancel(second, "no longer")).state).toBe("CANCELLED");
    release();
    expect((await engine.end(first)).state).toBe("SUCCEEDED");
    expect((await engine.end(second)).state).toBe("CANCELLED");
    expect(engine.pages.requests).toHaveLength(1);
  });

  it("keeps what people are told on one line, without control characters", async () => {
    await engine.start();
    engine.pages.handler = (_, response) => void response.writeHead(202).end();
    const id = await engine.submit();
    await engine.pages.until(() => engine.pages.requests.length === 1);
    const token = String(engine.pages.requests[0]?.headers["job-token"]);
    await engine.service.attempts.report(token, { message: "half\u0007way\nthere" });
    expect((await engine.service.jobs.get(id)).progress?.message).toBe("half way there");
    await engine.service.jobs.cancel(id, "not\r\nneeded");
    expect((await engine.service.jobs.get(id)).cancel?.reason).toBe("not needed");
    await engine.service.attempts.fail(token, { message: "\u001b[2Jgone", retryable: false });
    expect((await engine.service.jobs.get(id)).failure?.message).toBe("[2Jgone");
  });

  it("lets a page that answers within the grace of a cancel win", async () => {
    await engine.start();
    let release: () => void = () => {};
    engine.pages.handler = async (_, response) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      response.end("made it");
    };
    const id = await engine.submit();
    await engine.pages.until(() => engine.pages.requests.length === 1);
    expect(await engine.service.jobs.cancel(id, "enough")).toMatchObject({
      state: "RUNNING",
      cancel: { reason: "enough" },
    });
    release();
    expect((await engine.end(id)).state).toBe("SUCCEEDED");
  });

  it("keeps the progress that a page reports just before its end, however long that takes to write", async () => {
    const { store } = engine.parts;
    const report = store.report.bind(store);
    let write: () => void = () => {};
    const writable = new Promise<void>((resolve) => {
      write = resolve;
    });
    store.report = async (reports) => {
      await writable;
      return report(reports);
    };
    await engine.start();
    engine.pages.handler = (_, response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.write('{"progress": {"done": 1}}\n{"progress": {"done": 2}}\n');
      response.end('{"result": {}}\n', () => setImmediate(write));
    };
    expect(await engine.end(await engine.submit())).toMatchObject({ state: "SUCCEEDED", progress: { done: 2 } });
  });

  it("shows in-band progress to watchers before the end", async () => {
    await engine.start();
    let finish: () => void = () => {};
    engine.pages.handler = async (_, response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.write('{"progress":{"done":1,"total":2,"message":"half"}}\n');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      response.end('{"result":{"rows":2}}\n');
    };
    const id = await engine.submit();
    const seen: Job[] = [];
    for await (const job of engine.service.watcher.watch(id, undefined, new AbortController().signal)) {
      if (job === undefined) continue;
      seen.push(job);
      if (job.progress?.done === 1) finish();
    }
    expect(seen.some((job) => job.state === "RUNNING" && job.progress?.message === "half")).toBe(true);
    expect(Buffer.from(seen.at(-1)?.result ?? []).toString()).toBe('{"rows":2}');
  });

  it("gives back on stop what has not ended within the grace, and counts nothing", async () => {
    await engine.start();
    engine.pages.handler = () => {};
    const id = await engine.submit();
    await engine.pages.until(() => engine.pages.requests.length === 1);
    await engine.service.stop(0);
    const [job] = await engine.parts.store.get([id], "FULL");
    expect(job).toMatchObject({ state: "PENDING", attemptCount: 0, interruptedCount: 0 });
    expect(job?.attempts.map(({ outcome }) => outcome)).toEqual(["RELEASED"]);
  });

  it("waits on stop for a call that ends within the grace", async () => {
    await engine.start();
    let release: () => void = () => {};
    engine.pages.handler = async (_, response) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      response.end();
    };
    const id = await engine.submit();
    await engine.pages.until(() => engine.pages.requests.length === 1);
    const stopped = engine.service.stop(60_000);
    release();
    await stopped;
    expect((await engine.parts.store.get([id], "BASIC"))[0]?.state).toBe("SUCCEEDED");
  });
});

describe("a page that answered 202", () => {
  it("holds no slot, reports, and completes by its token; repeating is harmless", async () => {
    await engine.start({ concurrency: 1 });
    const tokens: string[] = [];
    engine.pages.handler = ({ headers }, response) => {
      tokens.push(String(headers["job-token"]));
      response.statusCode = tokens.length === 1 ? 202 : 200;
      response.end();
    };
    const accepted = await engine.submit();
    await engine.pages.until(() => tokens.length === 1);
    expect((await engine.end(await engine.submit())).state).toBe("SUCCEEDED");
    const token = tokens[0] ?? "";
    const { cancelRequested } = await engine.service.attempts.report(token, { done: 1, total: 3, message: "one" });
    expect(cancelRequested).toBe(false);
    const done = await engine.service.attempts.complete(token, Buffer.from("42"), "application/json");
    expect(done.state).toBe("SUCCEEDED");
    expect((await engine.service.attempts.complete(token, Buffer.from("42"), "application/json")).revision).toBe(
      done.revision,
    );
    await expect(engine.service.attempts.report(token, undefined)).rejects.toMatchObject({ reason: "LEASE_LOST" });
    const failed = engine.service.attempts.fail(token, { message: "no, it failed", retryable: true });
    await expect(failed).rejects.toMatchObject({ reason: "LEASE_LOST" });
    expect((await engine.end(accepted)).progress).toMatchObject({ done: 1, total: 3 });
  });

  it("can fail its attempt, to be tried again or for good", async () => {
    await engine.start();
    const tokens: string[] = [];
    engine.pages.handler = ({ headers }, response) => {
      tokens.push(String(headers["job-token"]));
      response.statusCode = 202;
      response.end();
      engine.pages.changed();
    };
    const id = await engine.submit();
    await engine.pages.until(() => tokens.length === 1);
    await engine.service.attempts.fail(tokens[0] ?? "", { message: "later", retryable: true, retryDelayMs: 0 });
    await engine.pages.until(() => tokens.length === 2);
    await engine.service.attempts.fail(tokens[1] ?? "", { message: "never", retryable: false });
    expect(await engine.end(id)).toMatchObject({
      state: "FAILED",
      stateReason: "PERMANENT",
      attemptCount: 2,
      failure: { reason: "REPORTED", message: "never" },
    });
    await expect(engine.service.attempts.fail(tokens[0] ?? "", { message: "", retryable: true })).rejects.toMatchObject(
      {
        reason: "LEASE_LOST",
      },
    );
  });
});

describe("a retry", () => {
  it("makes one new job of a failed one, linked both ways, however often it is asked for", async () => {
    await engine.start();
    engine.pages.handler = (_, response) => {
      response.statusCode = engine.pages.requests.length === 1 ? 404 : 200;
      response.end();
    };
    const id = await engine.submit({ payload: Buffer.from("{}") });
    expect((await engine.end(id)).state).toBe("FAILED");
    const { job, existing } = await engine.service.jobs.retry(id);
    expect(existing).toBe(false);
    expect(await engine.service.jobs.retry(id)).toMatchObject({ job: { id: job.id }, existing: true });
    expect(await engine.end(job.id)).toMatchObject({ state: "SUCCEEDED", retryOf: id });
    expect((await engine.service.jobs.get(id)).retriedBy).toBe(job.id);
    expect(engine.pages.requests.map(({ headers }) => headers["idempotency-key"])).toEqual([id, job.id]);
    await expect(engine.service.jobs.retry(job.id)).rejects.toMatchObject({ reason: "NOT_RETRYABLE" });
  });
});
