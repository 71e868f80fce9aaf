// Calls of real pages: what is sent, what comes back, and what becomes of connections.

import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import type { UndiciCaller } from "../../../server/endpoint/undici-caller.js";
import { call, localCaller, resultText, startCall } from "../../support/page-calls.js";
import { type PageHandler, type PageServer, startPageServer } from "../../support/page-server.js";

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

const answers = (status: number, headers: Record<string, string> = {}, body = ""): PageHandler => {
  return (_request, response) => void response.writeHead(status, headers).end(body);
};

describe("the request to a page", () => {
  it("carries method, path, query, headers and body, and nothing that was not asked for", async () => {
    await call(caller, `${page.origin}/dir/page.aspx?rowid=123&q=%20`, { headers: { "job-id": "j1", "x-one": "1" } });
    const { method, url, headers, body } = page.requests[0] ?? expect.fail("no request");
    expect([method, url, body.toString()]).toEqual(["POST", "/dir/page.aspx?rowid=123&q=%20", '{"n":1}']);
    expect(headers).toEqual({
      host: `127.0.0.1:${page.port}`,
      connection: "keep-alive",
      "job-id": "j1",
      "x-one": "1",
      "content-length": "7",
    });
  });

  it.each(["GET", "POST", "PUT", "PATCH", "DELETE"])(
    "is sent as %s, without a body if there is none",
    async (method) => {
      await call(caller, page.origin, { method, body: new Uint8Array() });
      expect(page.requests.map((request) => [request.method, request.url, request.body.length])).toEqual([
        [method, "/", 0],
      ]);
      expect(page.requests[0]?.headers["transfer-encoding"]).toBeUndefined();
    },
  );

  it("carries a payload of the largest size, byte by byte", async () => {
    const body = Uint8Array.from({ length: limits.payloadBytes }, (_, i) => i % 256);
    await call(caller, page.origin, { body });
    expect(page.requests[0]?.body.equals(body)).toBe(true);
  });
});

describe("the answer of a page", () => {
  it("is the result, with its content type", async () => {
    page.handler = answers(200, { "content-type": "text/csv" }, "a,b\n");
    expect(await call(caller, page.origin)).toEqual({
      kind: "succeeded",
      httpStatus: 200,
      result: new TextEncoder().encode("a,b\n"),
      contentType: "text/csv",
    });
  });

  it("is an empty result with 204", async () => {
    page.handler = answers(204);
    const empty = { kind: "succeeded", httpStatus: 204, result: new Uint8Array(), contentType: "" };
    expect(await call(caller, page.origin)).toEqual(empty);
  });

  it("is accepted with 202 as soon as its headers are there", async () => {
    page.handler = (_request, response) => void response.writeHead(202).flushHeaders();
    expect(await call(caller, page.origin)).toEqual({ kind: "accepted", httpStatus: 202 });
  });

  it.each([
    [500, {}, { kind: "failed", reason: "HTTP_STATUS", httpStatus: 500, message: "answered 500: why" }],
    [409, {}, { kind: "failed", reason: "HTTP_STATUS", httpStatus: 409, message: "answered 409: why" }],
    [404, {}, { kind: "rejected", reason: "HTTP_STATUS", httpStatus: 404, message: "answered 404: why" }],
    [
      500,
      { "job-retry": "no" },
      { kind: "rejected", reason: "HTTP_STATUS", httpStatus: 500, message: "answered 500: why" },
    ],
    [429, {}, { kind: "busy", httpStatus: 429, message: "answered 429: why" }],
    [503, { "retry-after": "9" }, { kind: "busy", httpStatus: 503, message: "answered 503: why", retryDelayMs: 9_000 }],
  ])("of status %i with %j is %j", async (status, headers, outcome) => {
    page.handler = answers(status, headers, "why");
    expect(await call(caller, page.origin)).toEqual(outcome);
  });

  it.each([
    [503, { "retry-after": ["9", "7"] }, { kind: "busy", retryDelayMs: 9_000 }],
    [500, { "retry-after": ["a", "b"], date: ["c", "d"] }, { kind: "failed", reason: "HTTP_STATUS" }],
    [500, { "job-retry": ["yes", "no"] }, { kind: "rejected", reason: "HTTP_STATUS" }],
    [500, { "content-type": ["text/plain", "image/png"] }, { kind: "failed", message: "answered 500: why" }],
    [200, { "content-type": ["text/plain", "image/png"] }, { kind: "succeeded", contentType: "text/plain" }],
    [
      200,
      { "content-type": ["application/x-ndjson", "a/b"], "content-encoding": ["gzip", "br"] },
      { kind: "failed", reason: "BAD_STREAM" },
    ],
  ])("of status %i that says twice %j is %j", async (status, headers, outcome) => {
    page.handler = (_request, response) => {
      for (const [name, values] of Object.entries(headers)) response.setHeader(name, values);
      response.writeHead(status).end("why");
    };
    expect(await call(caller, page.origin)).toMatchObject(outcome);
  });

  it("is not asked for where the call may no longer be sent once there is a connection", async () => {
    page.handler = answers(200, {}, "done");
    const outcome = await call(caller, page.origin, { mayBeSent: () => false });
    expect(outcome).toMatchObject({ kind: "failed", message: "the call was given up" });
    expect(resultText(await call(caller, page.origin))).toBe("done");
    // On a connection that was there already, too.
    expect(await call(caller, page.origin, { mayBeSent: () => false })).toMatchObject({ kind: "failed" });
    expect(page.requests).toHaveLength(1);
  });

  it("fails the call, and leaves it not without an end, where its reader does", async () => {
    page.handler = answers(200, { "content-type": "application/x-ndjson" }, '{"progress": {"done": 1}}\n');
    const onProgress = () => {
      throw new Error("a defect");
    };
    await expect(call(caller, page.origin, { onProgress })).rejects.toThrow("a defect");
    page.handler = answers(200, {}, "done");
    expect(resultText(await call(caller, page.origin))).toBe("done");
  });

  it("is not followed where it redirects", async () => {
    page.handler = answers(307, { location: "/elsewhere" });
    expect(await call(caller, page.origin)).toMatchObject({ kind: "rejected", reason: "REDIRECT", httpStatus: 307 });
    expect(page.requests.map((request) => request.url)).toEqual(["/"]);
  });

  it("may come after interim answers", async () => {
    page.handler = (_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.end("done");
    };
    expect(resultText(await call(caller, page.origin))).toBe("done");
  });

  it("is stored as it comes when it is compressed, and counted as it comes", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * limits.resultBytes));
    page.handler = (_request, response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    const outcome = await call(caller, page.origin);
    expect(outcome).toMatchObject({ kind: "succeeded", httpStatus: 200 });
    expect(outcome.kind === "succeeded" && bomb.equals(outcome.result)).toBe(true);
  });
});

describe("a result of a bounded size", () => {
  const tooLarge = { kind: "rejected", reason: "RESULT_TOO_LARGE", httpStatus: 200 };

  it("may be exactly as large as the bound", async () => {
    page.handler = (_request, response) => void response.end(Buffer.alloc(limits.resultBytes, "x"));
    expect(resultText(await call(caller, page.origin))).toHaveLength(limits.resultBytes);
  });

  it("is refused by its length before it is read, and its connection closed", async () => {
    page.handler = (_request, response) => {
      response.writeHead(200, { "content-length": limits.resultBytes + 1 }).flushHeaders();
    };
    expect(await call(caller, page.origin)).toMatchObject(tooLarge);
    await page.until(() => page.openConnections === 0);
  });

  it("is refused as soon as it passes the bound when it never ends", async () => {
    let written = 0;
    page.handler = async (_request, response) => {
      const piece = Buffer.alloc(16 * 1024, "x");
      while (!response.destroyed) {
        written += piece.length;
        await new Promise((go) => response.write(piece, go));
      }
    };
    expect(await call(caller, page.origin)).toMatchObject(tooLarge);
    await page.until(() => page.openConnections === 0);
    expect(written).toBeLessThan(64 * limits.resultBytes); // What sockets buffer on the way, and no more.
  });

  it("does not bound the message of a failure, of which the beginning is kept", async () => {
    page.handler = answers(500, { "content-type": "text/plain" }, "x".repeat(100_000));
    const outcome = await call(caller, page.origin);
    expect(outcome).toMatchObject({ kind: "failed", httpStatus: 500 });
    expect("message" in outcome && outcome.message.length).toBe(limits.messageChars);
  });
});

describe("connections", () => {
  it("are used again, and closed with the caller", async () => {
    for (let i = 0; i < 20; i++) {
      page.handler = answers(i % 2 === 0 ? 200 : 500, {}, "some text");
      await call(caller, page.origin, { method: i % 3 === 0 ? "GET" : "POST" });
      await new Promise(setImmediate); // undici frees a connection at the end of the turn in which its answer ended
    }
    expect(page.requests).toHaveLength(20);
    expect(new Set(page.requests.map((request) => request.connection)).size).toBeLessThanOrEqual(2);
    await caller.close();
    await caller.close();
    await page.until(() => page.openConnections === 0);
    expect(caller.openConnections).toBe(0);
  });

  it("are used again after a failure whose message was too long to keep", async () => {
    page.handler = answers(500, {}, "x".repeat(10_000));
    for (let i = 0; i < 10; i++) {
      await call(caller, page.origin);
      await new Promise(setImmediate);
    }
    expect(page.connectionCount).toBeLessThanOrEqual(2);
  });

  it("are as many as there are calls at the same time", async () => {
    let release = () => {};
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    page.handler = async (_request, response) => {
      if (page.requests.length === 50) release();
      await all;
      response.end("x");
    };
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => call(caller, page.origin)));
    expect(outcomes.every((outcome) => outcome.kind === "succeeded")).toBe(true);
    expect(page.connectionCount).toBe(50);
  });
});

describe("a call that is given up", () => {
  it("returns at once, and frees its connection", async () => {
    page.handler = () => {};
    const given = startCall(caller, page.origin);
    await page.until(() => page.requests.length === 1);
    given.abort();
    expect(await given.outcome).toMatchObject({ kind: "failed", reason: "NETWORK" });
    await page.until(() => page.openConnections === 0);
  });

  it("sends nothing if it is given up while it connects", async () => {
    const given = startCall(caller, page.origin);
    given.abort();
    expect(await given.outcome).toMatchObject({ kind: "failed" });
    await page.until(() => page.connectionCount === 1 && page.openConnections === 0);
    expect(page.requests).toHaveLength(0);
  });

  it("shows no progress afterwards", async () => {
    let write = (_line: string) => {};
    page.handler = (_request, response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      write = (line) => response.write(`${line}\n`);
      write('{"log":"one"}');
    };
    let shown = () => {};
    const first = new Promise<void>((resolve) => {
      shown = resolve;
    });
    const seen: string[] = [];
    const given = startCall(caller, page.origin, {
      onProgress: ({ message }) => {
        seen.push(message);
        shown();
      },
    });
    await first;
    given.abort();
    await given.outcome;
    write('{"log":"two"}');
    await page.until(() => page.openConnections === 0);
    expect(seen).toEqual(["one"]);
  });
});
