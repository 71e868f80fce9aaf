// Pages that stream their answer: progress while it runs, and one end.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import type { UndiciCaller } from "../../../server/endpoint/undici-caller.js";
import { call, localCaller, resultText, startCall } from "../../support/page-calls.js";
import { type PageServer, startPageServer } from "../../support/page-server.js";

let page: PageServer;
let caller: UndiciCaller;
beforeEach(async () => {
  page = await startPageServer();
  caller = localCaller();
});
afterEach(async () => {
  await caller.close();
  await page.close();
});

/** A page that writes these pieces and ends, or goes on for ever, or breaks the connection. */
function streams(type: string, pieces: string[], then: "end" | "hang" | "destroy" = "end", status = 200): void {
  page.handler = (_request, response) => {
    response.writeHead(status, { "content-type": type });
    for (const piece of pieces) response.write(piece);
    if (then === "end") response.end();
    if (then === "destroy") response.write("", () => response.destroy());
  };
}

describe.each([
  ["application/x-ndjson", (json: string) => `${json}\n`],
  ["text/event-stream", (json: string) => `event: x\r\ndata: ${json}\r\n\r\n`],
])("an answer of type %s", (type, frame) => {
  it("shows progress and log lines, and ends with its result as JSON", async () => {
    streams(type, [
      frame('{"progress":{"done":1,"total":4,"message":"first"}}'),
      frame('{"log":"a line"}'),
      frame('{"progress":{"done":2}}'),
      frame('{"result":{"sum": 12345678901234567890}}'),
    ]);
    const { outcome, progress } = startCall(caller, page.origin);
    expect(await outcome).toEqual({
      kind: "succeeded",
      httpStatus: 200,
      result: new TextEncoder().encode('{"sum": 12345678901234567890}'),
      contentType: "application/json",
    });
    expect(progress).toEqual([
      { done: 1, total: 4, message: "first" },
      { done: 1, total: 4, message: "a line" },
      { done: 2, message: "" },
    ]);
  });

  it("shows each frame as it comes", async () => {
    let go = (_json: string) => {};
    page.handler = (_request, response) => {
      response.writeHead(200, { "content-type": type });
      go = (json) => void response.write(frame(json));
      go('{"progress":{"done":0}}');
    };
    const outcome = call(caller, page.origin, {
      onProgress: ({ done = 0 }) => go(done < 3 ? `{"progress":{"done":${done + 1}}}` : '{"result":"each in turn"}'),
    });
    expect(resultText(await outcome)).toBe('"each in turn"');
  });

  it("ends with its result even if the page does not end the stream, or writes on", async () => {
    streams(type, [frame('{"result":1}')], "hang");
    expect(resultText(await call(caller, page.origin))).toBe("1");
    streams(type, [frame('{"result":1}'), frame('{"result":2}'), frame("nonsense")]);
    expect(resultText(await call(caller, page.origin))).toBe("1");
  });

  it("is a failure that the page reports, retried unless it says no", async () => {
    const error = { reason: "REPORTED", httpStatus: 200, message: "no such user" };
    streams(type, [frame('{"error":{"message":"no such user","retryable":true}}')]);
    expect(await call(caller, page.origin)).toEqual({ kind: "failed", ...error });
    streams(type, [frame('{"error":{"message":"no such user"}}')]);
    expect(await call(caller, page.origin)).toEqual({ kind: "failed", ...error });
    streams(type, [frame('{"error":{"message":"no such user","retryable":false}}')]);
    expect(await call(caller, page.origin)).toEqual({ kind: "rejected", ...error });
  });

  it("is a failed attempt when it is cut short, or ends without result or error", async () => {
    const failed = { kind: "failed", reason: "BAD_STREAM", httpStatus: 200 };
    streams(type, [frame('{"progress":{"done":1}}')], "destroy");
    expect(await call(caller, page.origin)).toMatchObject({ ...failed, message: expect.stringContaining("cut short") });
    streams(type, [frame('{"progress":{"done":1}}')]);
    expect(await call(caller, page.origin)).toMatchObject({
      ...failed,
      message: expect.stringContaining("without result"),
    });
    streams(type, []);
    expect(await call(caller, page.origin)).toMatchObject({
      ...failed,
      message: expect.stringContaining("without result"),
    });
  });

  it.each(["<html>", '{"progress":{"done":"1"}}', "[]", '{"result":1,"error":{}}'])(
    "is a failed attempt with the garbage %s in it, and its connection is closed",
    async (garbage) => {
      streams(type, [frame('{"log":"fine"}'), frame(garbage)], "hang");
      const { outcome, progress } = startCall(caller, page.origin);
      expect(await outcome).toMatchObject({ kind: "failed", reason: "BAD_STREAM", httpStatus: 200 });
      expect(progress).toHaveLength(1);
      await page.until(() => page.openConnections === 0);
    },
  );

  it("is refused when its result or a frame is too large", async () => {
    streams(type, [frame(`{"result":"${"x".repeat(limits.resultBytes)}"}`)]);
    expect(await call(caller, page.origin)).toMatchObject({ kind: "rejected", reason: "RESULT_TOO_LARGE" });
    streams(type, ["x".repeat(limits.frameBytes + 100)], "hang");
    expect(await call(caller, page.origin)).toMatchObject({ kind: "failed", reason: "BAD_STREAM" });
  });

  it("is given up when its time is over, however much progress it shows", async () => {
    streams(type, [frame('{"progress":{"done":1}}')], "hang");
    const { outcome, progress } = startCall(caller, page.origin, { timeoutMs: 1_000 });
    expect(await outcome).toMatchObject({ kind: "failed", reason: "TIMEOUT", httpStatus: 200 });
    expect(progress).toEqual([{ done: 1, message: "" }]);
    await page.until(() => page.openConnections === 0);
  });

  it("shows messages on one line, bounded and well-formed", async () => {
    streams(type, [frame(`{"log":"a\\nb\\ud800${"x".repeat(5_000)}"}`), frame('{"result":1}')]);
    const { outcome, progress } = startCall(caller, page.origin);
    await outcome;
    const message = progress[0]?.message ?? "";
    expect(message.startsWith("a b")).toBe(true);
    expect([message.length, message.isWellFormed()]).toEqual([limits.messageChars, true]);
  });

  it("counts as any answer where the status is another than 2xx", async () => {
    streams(type, [frame('{"result":1}')], "end", 500);
    expect(await call(caller, page.origin)).toMatchObject({ kind: "failed", reason: "HTTP_STATUS", httpStatus: 500 });
    streams(type, [frame('{"result":1}')], "end", 202);
    expect(await call(caller, page.origin)).toEqual({ kind: "accepted", httpStatus: 202 });
  });
});

it("a stream that is compressed is a bad stream: nobody asked for that", async () => {
  page.handler = (_request, response) => {
    response.writeHead(200, { "content-type": "application/x-ndjson", "content-encoding": "gzip" }).end("x");
  };
  expect(await call(caller, page.origin)).toMatchObject({ kind: "failed", reason: "BAD_STREAM" });
});
