// What no well-behaved client sends: garbage, deep nesting, too much, too much after decompression, readers that do
// not read. Each is refused in the words of the protocol, and the connection lives.

import { once } from "node:events";
import { Agent, request } from "node:http";
import type { ClientHttp2Session } from "node:http2";
import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import {
  GetJobRequestSchema,
  GetJobResponseSchema,
  SubmitJobRequestSchema,
  WatchJobRequestSchema,
} from "@drover/sdk/gen/drover/v1/job_service_pb";
import { StatusSchema } from "@drover/sdk/gen/google/rpc/status_pb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { enveloped, type OpenDoors, openDoors, openSession, rawGrpc, rawHttp } from "./open-doors.js";
import { jobOf } from "./small-engine.js";

const SERVICE = "/drover.v1.JobService";
const GARBAGE = Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07, 0x01]);
const TRUNCATED = toBinary(SubmitJobRequestSchema, create(SubmitJobRequestSchema, { job: { id: "abc" } })).subarray(
  0,
  -1,
);
/** Groups within groups in a field that nobody knows. */
const NESTED = Buffer.concat([Buffer.alloc(20_000, 0x7b), Buffer.alloc(20_000, 0x7c)]);
const GET = toBinary(GetJobRequestSchema, create(GetJobRequestSchema, { jobId: "j1" }));
const WATCH_FLOOD = toBinary(WatchJobRequestSchema, create(WatchJobRequestSchema, { jobId: "flood" }));
const LARGE = toBinary(
  SubmitJobRequestSchema,
  create(SubmitJobRequestSchema, { job: { payload: Buffer.alloc(limits.messageBytes + 1) } }),
);

let doors: OpenDoors;
let session: ClientHttp2Session;
let agent: Agent;
beforeEach(async () => {
  doors = await openDoors();
  doors.engine.put(jobOf());
  session = openSession(doors.grpcUrl);
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(async () => {
  session.destroy();
  agent.destroy();
  await doors.close();
});

const proto = { "content-type": "application/proto" };
const streamProto = { "content-type": "application/connect+proto" };
const grpcWeb = { "content-type": "application/grpc-web+proto" };
const json = { "content-type": "application/json" };

/** What the last envelope of an answer over the HTTP door says. */
function endOf(body: Buffer): { flags: number; text: string } {
  return { flags: body[0] ?? 0, text: body.subarray(5).toString() };
}

async function expectAlive(): Promise<void> {
  const answer = await rawGrpc(session, `${SERVICE}/GetJob`, enveloped(GET));
  expect(answer.status).toBe(0);
  expect(fromBinary(GetJobResponseSchema, answer.body.subarray(5)).job?.id).toBe("j1");
}

describe.each([
  ["garbage", GARBAGE],
  ["a truncated message", TRUNCATED],
  ["nesting beyond the bound", NESTED],
])("%s", (_, bytes) => {
  it("is INVALID_ARGUMENT over gRPC, and the connection lives", async () => {
    for (const method of ["SubmitJob", "WatchJob"]) {
      const answer = await rawGrpc(session, `${SERVICE}/${method}`, enveloped(bytes));
      expect(answer.status).toBe(Code.InvalidArgument);
      expect(answer.message).toMatch(/^the request cannot be decoded: /);
      const status = fromBinary(StatusSchema, answer.details ?? new Uint8Array());
      expect(status).toMatchObject({ code: answer.status, message: answer.message });
    }
    await expectAlive();
  });

  it("is INVALID_ARGUMENT over Connect and gRPC-Web, in the same words", async () => {
    const { message } = await rawGrpc(session, `${SERVICE}/SubmitJob`, enveloped(bytes));
    const unary = await rawHttp(`${doors.httpUrl}${SERVICE}/SubmitJob`, { headers: proto, body: bytes });
    expect([unary.status, JSON.parse(unary.body.toString())]).toEqual([400, { code: "invalid_argument", message }]);

    const watch = await rawGrpc(session, `${SERVICE}/WatchJob`, enveloped(bytes));
    const stream = endOf(
      (await rawHttp(`${doors.httpUrl}${SERVICE}/WatchJob`, { headers: streamProto, body: enveloped(bytes) })).body,
    );
    expect(JSON.parse(stream.text).error).toEqual({ code: "invalid_argument", message: watch.message });

    const web = endOf(
      (await rawHttp(`${doors.httpUrl}${SERVICE}/SubmitJob`, { headers: grpcWeb, body: enveloped(bytes) })).body,
    );
    expect(web.text).toContain(`grpc-status: ${Code.InvalidArgument}\r\n`);
    expect(decodeURIComponent(web.text)).toContain(`grpc-message: ${message}\r\n`);
    expect(doors.log.lines).toEqual([]);
  });
});

describe("JSON that is none", () => {
  it("is INVALID_ARGUMENT", async () => {
    for (const body of [
      "{",
      '{"job": 5}',
      '{"job": {"payload": "*"}}',
      '{"job": {"scheduleTime": "soon"}}',
      "[".repeat(99_999),
    ]) {
      const answer = await rawHttp(`${doors.httpUrl}${SERVICE}/SubmitJob`, { headers: json, body });
      expect([answer.status, JSON.parse(answer.body.toString()).code]).toEqual([400, "invalid_argument"]);
    }
  });
});

describe("a message over the bound", () => {
  it("is RESOURCE_EXHAUSTED over gRPC, and the connection lives", async () => {
    const answer = await rawGrpc(session, `${SERVICE}/SubmitJob`, enveloped(LARGE));
    expect(answer.status).toBe(Code.ResourceExhausted);
    await expectAlive();
  });

  it("is RESOURCE_EXHAUSTED over gRPC also after decompression, and the connection lives", async () => {
    const body = enveloped(gzipSync(LARGE), 1);
    expect(body.length).toBeLessThan(20_000);
    const answer = await rawGrpc(session, `${SERVICE}/SubmitJob`, body, { "grpc-encoding": "gzip" });
    expect(answer.status).toBe(Code.ResourceExhausted);
    await expectAlive();
  });

  it.each([
    ["with its length told before", LARGE, {}, false],
    ["in chunks", LARGE, {}, true],
    ["after decompression", gzipSync(LARGE), { "content-encoding": "gzip" }, false],
  ])("is RESOURCE_EXHAUSTED over HTTP %s, and the connection lives", async (_, body, headers, chunked) => {
    const url = `${doors.httpUrl}${SERVICE}/SubmitJob`;
    const refused = await rawHttp(url, { headers: { ...proto, ...headers }, body, agent, chunked });
    expect([refused.status, JSON.parse(refused.body.toString()).code]).toEqual([429, "resource_exhausted"]);
    const next = await rawHttp(`${doors.httpUrl}${SERVICE}/GetJob`, { headers: proto, body: GET, agent });
    expect([next.status, next.localPort]).toEqual([200, refused.localPort]);
  });
});

describe("a connection over gRPC", () => {
  it("is asked to go once it has reached its age, and its calls still end well", async () => {
    const short = await openDoors(100, 100);
    const aged = openSession(short.grpcUrl);
    try {
      short.engine.put(jobOf());
      const watching = toBinary(WatchJobRequestSchema, create(WatchJobRequestSchema, { jobId: "j1" }));
      const watch = rawGrpc(aged, `${SERVICE}/WatchJob`, enveloped(watching));
      await once(aged, "goaway");
      short.engine.put(jobOf({ state: "SUCCEEDED", revision: 2 }));
      expect((await watch).status).toBe(0);
      if (!aged.closed) await once(aged, "close");
    } finally {
      aged.destroy();
      await short.close();
    }
  });
});

describe("a method that does not exist", () => {
  it("is UNIMPLEMENTED on both doors", async () => {
    for (const path of [`${SERVICE}/Nothing`, "/other.Service/Method"]) {
      expect((await rawGrpc(session, path, enveloped(GET))).status).toBe(Code.Unimplemented);
      const answer = await rawHttp(`${doors.httpUrl}${path}`, { headers: proto, body: GET });
      expect([answer.status, JSON.parse(answer.body.toString()).code]).toEqual([404, "unimplemented"]);
    }
  });
});

describe("a reader that does not read", () => {
  const BOUND = 32 * 1024 * 1024;
  const STATE_BYTES = 64 * 1024;

  it("fills no memory over gRPC, and frees the handler when it leaves", async () => {
    doors.engine.put(jobOf({ id: "flood" }));
    const headers = {
      ":method": "POST",
      ":path": `${SERVICE}/WatchJob`,
      "content-type": "application/grpc",
      te: "trailers",
    };
    const stream = session.request(headers);
    stream.end(enveloped(WATCH_FLOOD));
    await once(stream, "response");
    expect((await doors.engine.floodStands()) * STATE_BYTES).toBeLessThan(BOUND);
    stream.close();
    await doors.engine.until(() => doors.engine.watching === 0);
    expect(doors.streams.count).toBe(0);
    await expectAlive();
  });

  it("fills no memory over HTTP, and frees the handler when it leaves", async () => {
    doors.engine.put(jobOf({ id: "flood" }));
    const sent = request(`${doors.httpUrl}${SERVICE}/WatchJob`, { method: "POST", headers: streamProto });
    sent.on("error", () => sent.destroy());
    sent.end(enveloped(WATCH_FLOOD));
    const [response] = await once(sent, "response");
    response.on("error", () => sent.destroy());
    expect((await doors.engine.floodStands()) * STATE_BYTES).toBeLessThan(BOUND);
    sent.destroy();
    await doors.engine.until(() => doors.engine.watching === 0);
    await doors.engine.until(() => doors.streams.count === 0);
    expect(doors.log.lines).toEqual([]);
  });
});
