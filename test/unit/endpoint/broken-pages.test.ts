// Pages and networks that misbehave: every way ends in an outcome, frees its connection, and sends no second request.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { AddressGuard } from "../../../server/endpoint/address-guard.js";
import { UndiciCaller } from "../../../server/endpoint/undici-caller.js";
import { call, localCaller, resultText, startCall } from "../../support/page-calls.js";
import { type RawPage, startRawPage } from "../../support/page-server.js";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const NETWORK = { kind: "failed", reason: "NETWORK" };
const UNKNOWN = "whether the page did its work is not known";

let page: RawPage;
let caller: UndiciCaller;
beforeEach(() => {
  caller = localCaller();
});
afterEach(async () => {
  await caller.close();
  await page.close();
});

/** A connection that is open already: its request is written before any time can be over. */
async function warmUp(): Promise<void> {
  expect(resultText(await call(caller, page.origin))).toBe("ok");
  await new Promise(setImmediate);
}

const freed = () => page.until(() => page.openConnections === 0);

describe("a page that does not finish its answer", () => {
  it("is given up when it says nothing, and the outcome is recorded as unknown", async () => {
    page = await startRawPage((socket, request) => request === 1 && socket.write(OK));
    await warmUp();
    const message = `no answer within 100 ms; ${UNKNOWN}`;
    const outcome = await call(caller, page.origin, { timeoutMs: 100 });
    expect(outcome).toEqual({ kind: "failed", reason: "TIMEOUT", message });
    await freed();
    expect([page.requestCount, page.connectionCount]).toEqual([2, 1]);
  });

  it("is given up when it drips, for the time is that of the whole call", async () => {
    page = await startRawPage((socket, request) => {
      if (request === 1) return void socket.write(OK);
      socket.write(CHUNKED);
      const timer = setInterval(() => socket.write("1\r\nx\r\n"), 5);
      socket.once("close", () => clearInterval(timer));
    });
    await warmUp();
    const outcome = await call(caller, page.origin, { timeoutMs: 1_000 });
    expect(outcome).toMatchObject({ kind: "failed", reason: "TIMEOUT", httpStatus: 200 });
    await freed();
  });

  it("is given up when its headers drip", async () => {
    page = await startRawPage((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const timer = setInterval(() => socket.write("a: b\r\n"), 5);
      socket.once("close", () => clearInterval(timer));
    });
    expect(await call(caller, page.origin, { timeoutMs: 150 })).toMatchObject({ kind: "failed", reason: "TIMEOUT" });
    await freed();
  });

  it("has failed as it said when it hangs in the message of its failure", async () => {
    const rejected = { kind: "rejected", reason: "HTTP_STATUS", httpStatus: 404, message: "answered 404: no" };
    const answer = "HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\nno ";
    page = await startRawPage((socket, _request, connection) => {
      if (connection === 1) socket.write(answer);
      else socket.end(answer);
    });
    const impatient = localCaller({ answerRestMs: 50 });
    expect(await call(impatient, page.origin)).toEqual(rejected);
    await freed();
    expect(await call(impatient, page.origin)).toEqual(rejected);
    await impatient.close();
  });

  it("loses its connection soon after it answered 202 or its result, and the call has returned before", async () => {
    const answers = [
      "HTTP/1.1 202 Accepted\r\ncontent-length: 9\r\n\r\n",
      'HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n{"result":1}\n',
    ];
    page = await startRawPage((socket, _request, connection) => socket.write(answers[connection - 1] ?? ""));
    const impatient = localCaller({ answerRestMs: 50 });
    expect(await call(impatient, page.origin)).toMatchObject({ kind: "accepted" });
    expect(await call(impatient, page.origin)).toMatchObject({ kind: "succeeded" });
    await freed();
    await impatient.close();
  });
});

describe("a page that breaks the connection", () => {
  const broken = (how: string) => ({ ...NETWORK, message: `${how}; ${UNKNOWN}` });

  it.each(["GET", "POST"])("after it read a %s on a new connection is sent that request once", async (method) => {
    page = await startRawPage((socket) => socket.destroy());
    expect(await call(caller, page.origin, { method })).toEqual(broken("connection closed"));
    expect([page.requestCount, page.connectionCount]).toEqual([1, 1]);
  });

  it.each(["GET", "POST"])(
    "after it read a %s on a connection used before is sent that request once",
    async (method) => {
      page = await startRawPage((socket, request) => (request === 1 ? socket.write(OK) : socket.destroy()));
      expect(resultText(await call(caller, page.origin, { method }))).toBe("ok");
      await new Promise(setImmediate);
      expect(await call(caller, page.origin, { method })).toEqual(broken("connection closed"));
      expect([page.requestCount, page.connectionCount]).toEqual([2, 1]);
    },
  );

  it.each(["GET", "POST"])("by a reset after it read a %s on a used connection is sent it once", async (method) => {
    page = await startRawPage((socket, request) => (request === 1 ? socket.write(OK) : socket.resetAndDestroy()));
    await call(caller, page.origin, { method });
    await new Promise(setImmediate);
    expect(await call(caller, page.origin, { method })).toMatchObject(NETWORK);
    expect(page.requestCount).toBe(2);
  });

  it("in the middle of many calls on used connections is sent every request once", async () => {
    page = await startRawPage((socket, request) => (request % 3 === 0 ? socket.destroy() : socket.write(OK)));
    let failed = 0;
    for (let round = 0; round < 20; round++) {
      const methods = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? "GET" : "POST"));
      const outcomes = await Promise.all(methods.map((method) => call(caller, page.origin, { method })));
      failed += outcomes.filter((outcome) => outcome.kind === "failed").length;
    }
    expect(failed).toBeGreaterThan(0);
    expect(page.requestCount).toBe(200);
  });

  it("while it is unused costs nothing: the next call opens another", async () => {
    page = await startRawPage((socket) => socket.end(OK));
    await call(caller, page.origin);
    await freed();
    expect(resultText(await call(caller, page.origin))).toBe("ok");
    expect(page.connectionCount).toBe(2);
  });

  it("in the middle of its answer has failed with an unknown outcome", async () => {
    page = await startRawPage((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart"));
    expect(await call(caller, page.origin)).toEqual({ ...broken("connection closed"), httpStatus: 200 });
    await page.close();
    page = await startRawPage((socket) => socket.write(`${CHUNKED}4\r\npart\r\n`, () => socket.resetAndDestroy()));
    expect(await call(caller, page.origin)).toMatchObject({ ...NETWORK, httpStatus: 200 });
  });

  it("and is not there at all is a failure that sent nothing", async () => {
    page = await startRawPage(() => {});
    await page.close();
    expect(await call(caller, `${page.origin}/?token=secret`)).toEqual({ ...NETWORK, message: "connection refused" });
  });
});

describe("a page that answers garbage", () => {
  it.each([
    ["no HTTP", "220 smtp.example ESMTP\r\n"],
    ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["a status that there is not", "HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n"],
    ["a status of zeros", "HTTP/1.1 000 X\r\ncontent-length: 0\r\n\r\n"],
    ["a status that is no number", "HTTP/1.1 abc X\r\ncontent-length: 0\r\n\r\n"],
    ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"],
    ["two different lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok"],
    ["a length that is none", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok"],
    ["a chunk without a length", `${CHUNKED}zz\r\nok\r\n0\r\n\r\n`],
    ["a header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n"],
  ])("such as %s has failed, and other calls go on", async (_what, answer) => {
    page = await startRawPage((socket, _request, connection) => socket.write(connection === 1 ? answer : OK));
    expect(await call(caller, page.origin)).toMatchObject(NETWORK);
    expect(resultText(await call(caller, page.origin))).toBe("ok");
    expect(page.requestCount).toBe(2);
  });

  it.each([
    ["no HTTP", "220 smtp.example ESMTP\r\n"],
    ["a length that is none", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nok"],
    ["a chunk without a length", `${CHUNKED}zz\r\nok\r\n0\r\n\r\n`],
  ])("such as %s is called what it is", async (_what, answer) => {
    page = await startRawPage((socket) => socket.write(answer));
    const message = `the answer is not valid HTTP; ${UNKNOWN}`;
    expect(await call(caller, page.origin)).toMatchObject({ ...NETWORK, message });
  });

  it("such as headers without end has failed, and its connection is closed", async () => {
    page = await startRawPage((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const more = () => void (socket.writable && socket.write(`a: ${"x".repeat(500)}\r\n`, () => setImmediate(more)));
      more();
    });
    const message = `the headers of the answer are too large; ${UNKNOWN}`;
    expect(await call(caller, page.origin)).toEqual({ ...NETWORK, message });
    await freed();
  });

  it("such as one header just within the bound is fine", async () => {
    const header = `a: ${"x".repeat(limits.answerHeaderBytes - 100)}`;
    page = await startRawPage((socket) => socket.write(`HTTP/1.1 200 OK\r\n${header}\r\ncontent-length: 2\r\n\r\nok`));
    expect(resultText(await call(caller, page.origin))).toBe("ok");
  });

  it("such as a second answer that nobody asked for is never taken for that of the next call", async () => {
    const forged = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged";
    page = await startRawPage((socket, request, connection) => {
      socket.write(connection === 1 && request === 1 ? OK + forged : OK);
    });
    for (let i = 0; i < 5; i++) expect(resultText(await call(caller, page.origin))).toBe("ok");
    expect(page.requestCount).toBe(5);
  });

  it("such as more than it said is cut at what it said", async () => {
    page = await startRawPage((socket) => socket.write(`${OK} and more`));
    expect(resultText(await call(caller, page.origin))).toBe("ok");
  });

  it("to a client that asks for TLS has failed with a word on that", async () => {
    page = await startRawPage(() => {});
    const given = startCall(caller, `https://127.0.0.1:${page.port}/?token=secret`);
    await page.until(() => (page.received[0]?.length ?? 0) > 0);
    await page.close();
    expect(await given.outcome).toMatchObject({ ...NETWORK, message: expect.not.stringContaining("secret") });
  });
});

describe("a page that ends its answer by closing", () => {
  it("has answered all that it sent", async () => {
    page = await startRawPage((socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nall of it"));
    expect(resultText(await call(caller, page.origin))).toBe("all of it");
  });
});

describe("a connection that is not made in time", () => {
  it("is a failure that sent nothing, and leaves nothing behind", async () => {
    page = await startRawPage(() => {});
    const guard = new AddressGuard({ allow: ["slow.example"], allowLoopback: true });
    const slow = new UndiciCaller({ guard, connectTimeoutMs: 50, resolve: () => new Promise(() => {}) });
    expect(await call(slow, "http://slow.example/")).toEqual({ ...NETWORK, message: "no connection in time" });
    const message = "no connection within 20 ms; the page was not called";
    const outcome = await call(slow, "http://slow.example/", { timeoutMs: 20 });
    expect(outcome).toEqual({ kind: "failed", reason: "TIMEOUT", message });
    await slow.close();
    expect(slow.openConnections).toBe(0);
  });
});

describe("a request that cannot be sent", () => {
  it.each(["nonsense", "ftp://127.0.0.1/", "file:///etc/passwd", ""])("to %j ends in an outcome", async (url) => {
    page = await startRawPage(() => {});
    expect(["failed", "rejected"]).toContain((await call(caller, url)).kind);
  });

  it("for a header that HTTP cannot carry ends in an outcome, without its value", async () => {
    page = await startRawPage(() => {});
    const outcome = await call(caller, page.origin, { headers: { "x-bad": "secret\r\nx: y" } });
    expect(outcome).toMatchObject({ ...NETWORK, message: "the request cannot be sent in HTTP" });
    expect(page.connectionCount).toBe(0);
  });

  it("because the caller is closed ends in an outcome", async () => {
    page = await startRawPage(() => {});
    await caller.close();
    expect(await call(caller, page.origin)).toEqual({ ...NETWORK, message: "this server is stopping" });
  });

  it("any more because the caller closes in the middle of it ends in an outcome", async () => {
    page = await startRawPage(() => {});
    const given = startCall(caller, page.origin);
    await page.until(() => page.requestCount === 1);
    await caller.close();
    expect(await given.outcome).toMatchObject(NETWORK);
    await freed();
  });
});
