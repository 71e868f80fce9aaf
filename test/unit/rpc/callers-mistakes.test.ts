// What both stacks would call their own fault, or take without a bound, by themselves: data that cannot be decompressed,
// time-outs that are none or last for weeks, large requests that never end.

import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { connect, type Socket } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { GetJobRequestSchema, WatchJobRequestSchema } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { enveloped, type OpenDoors, openDoors, openSession, rawGrpc, rawHttp } from "./open-doors.js";
import { jobOf } from "./small-engine.js";

const PATH = "/drover.v1.JobService/GetJob";
const WATCH_PATH = "/drover.v1.JobService/WatchJob";
const GET = toBinary(GetJobRequestSchema, create(GetJobRequestSchema, { jobId: "j1" }));
const WATCH = toBinary(WatchJobRequestSchema, create(WatchJobRequestSchema, { jobId: "j1" }));
const NOT_DECOMPRESSED = "the request cannot be decoded: it cannot be decompressed";

let doors: OpenDoors;
let session: ClientHttp2Session;
beforeEach(async () => {
  doors = await openDoors();
  doors.engine.put(jobOf());
  session = openSession(doors.grpcUrl);
});
afterEach(async () => {
  session.destroy();
  await doors.close();
  expect(doors.log.lines).toEqual([]);
});

const CUT_SHORT: [string, Buffer][] = [
  ["gzip", gzipSync(GET).subarray(0, -5)],
  ["br", brotliCompressSync(GET).subarray(0, -3)],
];

describe("data that is cut short after it was compressed", () => {
  it("is INVALID_ARGUMENT over gRPC", async () => {
    const garbage = Buffer.from("no gzip");
    for (const bytes of [CUT_SHORT[0]?.[1] as Buffer, garbage, Buffer.alloc(0)]) {
      const answer = await rawGrpc(session, PATH, enveloped(bytes, 1), { "grpc-encoding": "gzip" });
      expect([answer.status, answer.message]).toEqual([Code.InvalidArgument, NOT_DECOMPRESSED]);
    }
  });

  it.each(CUT_SHORT)(
    "by %s is INVALID_ARGUMENT over Connect and gRPC-Web, in the same words",
    async (encoding, bytes) => {
      const unary = { "content-type": "application/proto", "content-encoding": encoding };
      const answer = await rawHttp(doors.httpUrl + PATH, { headers: unary, body: bytes });
      expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
        400,
        { code: "invalid_argument", message: NOT_DECOMPRESSED },
      ]);
      const stream = { "content-type": "application/connect+proto", "connect-content-encoding": encoding };
      const watch = await rawHttp(doors.httpUrl + WATCH_PATH, { headers: stream, body: enveloped(bytes, 1) });
      expect(JSON.parse(watch.body.subarray(5).toString()).error.code).toBe("invalid_argument");
      const grpcWeb = { "content-type": "application/grpc-web+proto", "grpc-encoding": encoding };
      const web = await rawHttp(doors.httpUrl + PATH, { headers: grpcWeb, body: enveloped(bytes, 1) });
      expect(decodeURIComponent(web.body.subarray(5).toString())).toBe(
        `grpc-status: ${Code.InvalidArgument}\r\ngrpc-message: ${NOT_DECOMPRESSED}\r\n`,
      );
    },
  );
});

describe("a message that says that it is compressed, and names no encoding", () => {
  it("is INVALID_ARGUMENT over Connect and gRPC-Web", async () => {
    for (const type of ["application/connect+proto", "application/grpc-web+proto"]) {
      const path = type.includes("web") ? PATH : WATCH_PATH;
      const headers = { "content-type": type };
      const answer = await rawHttp(doors.httpUrl + path, { headers, body: enveloped(gzipSync(GET), 1) });
      expect(decodeURIComponent(answer.body.subarray(5).toString())).toContain(NOT_DECOMPRESSED);
    }
  });
});

describe("a time-out over gRPC", () => {
  it.each(["", "1", "S", "1s", "abc"])("of %j is INVALID_ARGUMENT", async (timeout) => {
    const answer = await rawGrpc(session, PATH, enveloped(GET), { "grpc-timeout": timeout });
    expect([answer.status, answer.message]).toEqual([
      Code.InvalidArgument,
      "grpc-timeout must be 1 to 8 digits and one of H M S m u n",
    ]);
  });

  it("of 30 days, which no timer holds, is none", async () => {
    const watch = rawGrpc(session, WATCH_PATH, enveloped(WATCH), { "grpc-timeout": "2592000S" });
    await doors.engine.until(() => doors.engine.watching === 1);
    // By then a timer that had overflowed would have run.
    await new Promise((resolve) => setTimeout(resolve, 20));
    doors.engine.put(jobOf({ state: "SUCCEEDED", revision: 2 }));
    expect((await watch).status).toBe(0);
  });
});

describe("a header over gRPC that cannot be read", () => {
  it("does not end up in the log, where a token would stand in full", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const headers = { authorization: "Bearer s\u00e9cret" };
    expect((await rawGrpc(session, PATH, enveloped(GET), headers)).status).toBe(0);
    expect(printed.mock.calls).toEqual([]);
    printed.mockRestore();
  });
});

describe("requests that are sent ahead over one HTTP connection", () => {
  const get = `POST ${PATH} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 14\r\n\r\n{"jobId":"j1"}`;
  const watch = enveloped(Buffer.from('{"jobId":"j1"}'));
  const watchHead = `POST ${WATCH_PATH} HTTP/1.1\r\nhost: a\r\ncontent-type: application/connect+json\r\ncontent-length: ${watch.length}\r\n\r\n`;

  function ahead(...requests: (string | Buffer)[]): { socket: Socket; text: () => string } {
    const socket = connect(Number(new URL(doors.httpUrl).port), "127.0.0.1");
    let text = "";
    socket
      .on("error", () => {})
      .on("data", (bytes) => {
        text += bytes;
      });
    socket.write(Buffer.concat(requests.map((it) => Buffer.from(it))));
    return { socket, text: () => text };
  }

  it("are all answered, in order", async () => {
    const { socket, text } = ahead(get, get.replace("j1", "j2"), get);
    while (text().split("HTTP/1.1 ").length < 4) await once(socket, "data");
    expect([...text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["200", "404", "200"]);
    socket.destroy();
  });

  it("wait for the end of the one before, and are not answered to a client that left", async () => {
    const { socket } = ahead(watchHead, watch, get.replace("GetJob", "CancelJob"));
    await doors.engine.until(() => doors.engine.watching === 1);
    socket.destroy();
    await doors.engine.until(() => doors.engine.watching === 0);
    const answer = await rawHttp(doors.httpUrl + PATH, {
      headers: { "content-type": "application/json" },
      body: '{"jobId":"j1"}',
    });
    expect(JSON.parse(answer.body.toString()).job.cancelRequested ?? false).toBe(false);
  });

  it("by the hundred cost their connection", async () => {
    const { socket } = ahead(watchHead, watch, get.repeat(100));
    await once(socket, "close");
    await doors.engine.until(() => doors.engine.watching === 0);
    expect(doors.streams.count).toBe(0);
  });
});

describe("large requests over gRPC", () => {
  const headers = { ":method": "POST", ":path": PATH, "content-type": "application/grpc", te: "trailers" };
  const HALF = enveloped(Buffer.alloc(limits.messageBytes)).subarray(0, 256 * 1024);
  /** Padded by a field that nobody knows. */
  const LARGE = Buffer.concat([GET, Buffer.from([0xfa, 0x3f, 0x80, 0x80, 0x10]), Buffer.alloc(256 * 1024)]);

  it("that never end hold up neither small ones nor other connections, and only so many are read", async () => {
    const halves = Array.from({ length: 16 }, () => session.request(headers).on("error", () => {}));
    // More than flow control lets through to a server that does not read.
    await Promise.all(halves.map((half) => new Promise((resolve) => half.write(HALF, resolve))));
    let answered = false;
    const large = rawGrpc(session, PATH, enveloped(LARGE)).then((answer) => {
      answered = true;
      return answer.status;
    });
    for (let i = 0; i < 10; i++) expect((await rawGrpc(session, PATH, enveloped(GET))).status).toBe(0);
    const other = openSession(doors.grpcUrl);
    expect((await rawGrpc(other, PATH, enveloped(LARGE))).status).toBe(0);
    other.destroy();
    expect(answered).toBe(false);
    halves[0]?.destroy();
    expect(await large).toBe(0);
    for (const half of halves) half.destroy();
    await Promise.all(halves.map(async (half) => half.closed || (await once(half, "close"))));
  });
});
