// A page made by endpoint(), called as Drover calls it: what it refuses, how each end of its work is told, and what it
// shows on the way.

import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { defineCompletion, defineJob, endpoint, type Handler, later, never, type PageJob } from "../../../sdk/index.js";
import { droverRequest, framesOf } from "./drover-request.js";
import { gate } from "./scripted-server.js";

const double = defineJob({
  kind: "double",
  path: "/jobs/double",
  input: z.object({ number: z.number() }),
  result: z.object({ number: z.number() }),
});
const twice: Handler<typeof double> = ({ number }) => ({ number: number * 2 });
const payload = { number: 4 };

describe("a page", () => {
  it("answers what ends soon with the result alone", async () => {
    const response = await endpoint(double, twice)(droverRequest({ payload }));
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await response.json()).toEqual({ number: 8 });
  });

  it("answers with no content when its handler returns nothing", async () => {
    const page = endpoint(defineJob({ kind: "a", path: "/a" }), () => undefined);
    expect((await page(droverRequest({ payload: "" }))).status).toBe(204);
  });

  it("gives its handler what the request says of the attempt", async () => {
    let seen: PageJob | undefined;
    const page = endpoint(double, (input, job) => {
      seen = job;
      return input;
    });
    const headers = { "job-attempt": "3", "job-fence": "7", "job-kind": "a%20bill", "x-tenant": "acme" };
    const request = droverRequest({ payload, headers });
    await page(request);
    expect(seen).toMatchObject({
      jobId: request.headers.get("job-id"),
      attempt: 3,
      fence: 7,
      kind: "a bill",
      token: "token",
    });
    expect(seen?.headers.get("x-tenant")).toBe("acme");
    expect(seen?.signal.aborted).toBe(false);
  });
});

describe("a page refuses, without calling its handler,", () => {
  const handler = vi.fn(twice);
  const page = endpoint(double, handler);
  const cases: [string, Request, number][] = [
    ["another method", new Request("http://app.example/jobs/double"), 405],
    ["a request that is not Drover's", new Request("http://a/", { method: "POST", body: "{}" }), 400],
    ["an input that its schema refuses", droverRequest({ payload: { number: "four" } }), 422],
    ["an input that is no JSON", droverRequest({ payload: "{" }), 422],
    ["a body larger than a payload", droverRequest({ payload: "x".repeat(256 * 1024 + 1) }), 413],
  ];

  it.each(cases)("%s", async (_name, request, status) => {
    const response = await page(request);
    expect(response.status).toBe(status);
    expect(await response.text()).not.toBe("");
    expect(handler).not.toHaveBeenCalled();
  });

  it("and says which field is wrong", async () => {
    const response = await page(droverRequest({ payload: { number: "four" } }));
    expect(await response.text()).toContain("input.number");
  });
});

describe("the end of a page's work", () => {
  const ends: [string, Handler<typeof double>, number, string | null, object][] = [
    [
      "later",
      () => {
        throw later("no paper", { delayMs: 1_500 });
      },
      503,
      "2",
      { message: "no paper", retryable: true, busy: true, retryDelayMs: 1_500 },
    ],
    [
      "later, by the backoff",
      () => {
        throw later("no paper");
      },
      503,
      null,
      { message: "no paper", retryable: true, busy: true },
    ],
    [
      "never",
      () => {
        throw never("no such user");
      },
      422,
      null,
      { message: "no such user", retryable: false },
    ],
    [
      "an error",
      () => {
        throw new Error("boom");
      },
      500,
      null,
      { message: "boom", retryable: true },
    ],
    [
      "a result that its schema refuses",
      () => ({ number: "eight" }) as unknown as { number: number },
      500,
      null,
      { message: expect.stringContaining("result.number"), retryable: true },
    ],
  ];

  it.each(ends)("%s is a status before anything was shown", async (_name, handler, status, retryAfter, error) => {
    const response = await endpoint(double, handler)(droverRequest({ payload }));
    expect(response.status).toBe(status);
    expect(response.headers.get("retry-after")).toBe(retryAfter);
    expect(await response.text()).toEqual((error as { message: unknown }).message);
  });

  it.each(ends)("%s is a frame after something was shown", async (_name, handler, _status, _retryAfter, error) => {
    const page = endpoint(double, (input, job) => {
      job.progress({ done: 1, total: 2 });
      return handler(input, job);
    });
    const response = await page(droverRequest({ payload }));
    expect(response.status).toBe(200);
    expect(await framesOf(response)).toEqual([{ progress: { done: 1, total: 2 } }, { error }]);
  });

  it("is bounded in its message", async () => {
    const page = endpoint(double, () => {
      throw new Error("x".repeat(5_000));
    });
    expect((await (await page(droverRequest({ payload }))).text()).length).toBe(1_024);
  });

  it.each([
    ["an object without a text", Object.create(null)],
    ["an error whose message is a number", Object.assign(new Error(), { message: 404 })],
    ["what never() makes of no message", never(undefined as unknown as string)],
    ["nothing", undefined],
  ])("is an answer too where what is thrown is %s", async (_name, thrown) => {
    const page = endpoint(double, () => {
      throw thrown;
    });
    expect([422, 500]).toContain((await page(droverRequest({ payload }))).status);
  });

  it("is for good where the result of a stream is too large", async () => {
    const large = defineJob({ kind: "large", path: "/large", input: z.object({ number: z.number() }) });
    const page = endpoint(large, (_, job) => {
      job.progress({ done: 1 });
      return "x".repeat(256 * 1024);
    });
    const [, last] = await framesOf(await page(droverRequest({ payload })));
    expect(last).toEqual({ error: { message: expect.stringContaining("262144 bytes"), retryable: false } });
  });
});

describe("progress", () => {
  it("is streamed as it goes, log lines too, and the result comes last", async () => {
    const go = gate();
    const page = endpoint(double, async ({ number }, job) => {
      job.progress({ done: 1, total: 2, message: "half" });
      await go.opened;
      job.log("nearly");
      return { number };
    });
    const response = await page(droverRequest({ payload }));
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toBe('{"progress":{"done":1,"total":2,"message":"half"}}\n');
    go.open();
    let rest = "";
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      rest += new TextDecoder().decode(next.value);
    }
    expect(rest).toBe('{"log":"nearly"}\n{"result":{"number":4}}\n');
  });

  it("is not gathered for a reader who does not read: only the newest waits", async () => {
    const page = endpoint(double, async ({ number }, job) => {
      for (let done = 0; done <= 100_000; done++) job.progress({ done });
      job.log("through");
      return { number };
    });
    expect(await framesOf(await page(droverRequest({ payload })))).toEqual([
      { progress: { done: 0 } },
      { progress: { done: 100_000 }, log: "through" },
      { result: { number: 4 } },
    ]);
  });

  it("is cut where its message or a line of log is longer than what is shown, and holds nothing else", async () => {
    const page = endpoint(double, async (input, job) => {
      job.progress({ done: 1, message: "x".repeat(600_000), extra: 1n } as { done: number });
      job.log("y".repeat(600_000));
      return input;
    });
    const frames = await framesOf(await page(droverRequest({ payload })));
    expect(frames).toEqual([
      { progress: { done: 1, message: "x".repeat(1_024) } },
      { log: "y".repeat(1_024) },
      { result: { number: 4 } },
    ]);
  });

  it("that Drover would refuse is an error where it is made", async () => {
    const page = endpoint(double, ({ number }, job) => {
      for (const done of [-1, Number.NaN, Infinity]) {
        expect(() => job.progress({ done })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
      }
      return { number };
    });
    expect((await page(droverRequest({ payload }))).status).toBe(200);
  });

  it("is shown by nobody after the end", async () => {
    let job: PageJob | undefined;
    const page = endpoint(double, (input, given) => {
      job = given;
      given.progress({ done: 1 });
      return input;
    });
    const response = await page(droverRequest({ payload }));
    await new Promise((resolve) => setImmediate(resolve));
    job?.progress({ done: 2 });
    job?.log("late");
    expect(await framesOf(response)).toEqual([{ progress: { done: 1 } }, { result: { number: 4 } }]);
  });
});

describe("a completion's page", () => {
  const closed = defineCompletion({ kind: "closed", path: "/closed", input: z.object({ month: z.string() }) });
  const page = endpoint(
    closed,
    ({ batch, input }) => `${input.month}: ${batch.counts.succeeded}/${batch.counts.total}`,
  );

  it("gets the batch with its counts, and its own input", async () => {
    const batch = { id: "b", key: "users", state: "SUCCEEDED", counts: { total: 3, succeeded: 2 }, labels: {} };
    const response = await page(droverRequest({ payload: { batch, input: { month: "May" } } }));
    expect(await response.json()).toBe("May: 2/3");
  });

  it("refuses what tells of no batch", async () => {
    const response = await page(droverRequest({ payload: { month: "May" } }));
    expect([response.status, await response.text()]).toEqual([422, expect.stringContaining("batch")]);
  });
});
