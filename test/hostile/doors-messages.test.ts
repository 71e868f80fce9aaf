// Spoiled messages through both doors of a real server: every method, in every protocol, thousands of times. Each is
// refused in the words of the protocol, or is sound by chance; none is ever the server's own fault.

import { brotliCompressSync, gzipSync } from "node:zlib";
import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { SubmitJobsRequestSchema } from "@drover/sdk/gen/drover/v1/job_service_pb";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envelope, GrpcCaller, HttpCaller, type Said } from "../support/hostile-calls.js";
import { FUZZ_SEED, jsonMutation, mutated, mutatedJson, mutations } from "../support/hostile-mutations.js";
import { AttemptTokens, fuzzPage, type SoundRequest, soundRequests } from "../support/hostile-requests.js";
import { type AttackedServer, startAttackedServer } from "../support/hostile-server.js";

const PROTOBUF_RUNS = 2_000;
const JSON_RUNS = 3_000;
const PEAK_MEBIBYTES = 400;
/** A watch of a job that some mutation made would go on for as long as the job. */
const TIMEOUTS = { "grpc-timeout": "2S", "connect-timeout-ms": "2000" };

let attacked: AttackedServer;
let grpc: GrpcCaller;
let http: HttpCaller;
let tokens: AttemptTokens;
let sound: SoundRequest[];

beforeAll(async () => {
  attacked = await startAttackedServer(fuzzPage);
  grpc = new GrpcCaller(attacked.grpcPort);
  http = new HttpCaller(attacked.httpPort);
  tokens = new AttemptTokens(attacked.server.grpc, attacked.page);
  sound = await soundRequests(attacked.server.grpc, attacked.page);
});
afterAll(async () => {
  grpc.close();
  http.close();
  tokens.close();
  await attacked.close();
});

/** How the same bytes are said in each protocol. */
const PROTOCOLS: Readonly<
  Record<string, (request: SoundRequest, bytes: Uint8Array, headers: object) => Promise<Said>>
> = {
  gRPC: ({ path }, bytes, headers) => grpc.call(path, envelope(bytes), { ...headers }),
  "gRPC-Web": ({ path }, bytes, headers) =>
    http.call(path, envelope(bytes), { ...headers, "content-type": "application/grpc-web+proto" }),
  Connect: ({ path, method }, bytes, headers) =>
    method.methodKind === "unary"
      ? http.call(path, bytes, { ...headers, "content-type": "application/proto" })
      : http.call(path, envelope(bytes), { ...headers, "content-type": "application/connect+proto" }),
};

async function headersOf({ needsToken }: SoundRequest): Promise<object> {
  return { ...TIMEOUTS, ...(needsToken && { authorization: `Bearer ${await tokens.token()}` }) };
}

/** Answered, and not as if the server had failed. */
function expectAnswered(said: Said): void {
  expect(said).toMatchObject({ code: expect.any(Number), http: expect.any(Number) });
  expect(said.code).toBeGreaterThanOrEqual(0);
  // UNKNOWN and INTERNAL, in every protocol, by number.
  expect([2, 13], said.message).not.toContain(said.code);
}

function endsAttempt({ method }: SoundRequest, said: Said): boolean {
  return said.code === 0 && /^(Complete|Fail)Attempt$/.test(method.name);
}

const aRequest = () => fc.constantFrom(...sound);

describe("sound requests", () => {
  it.each(Object.keys(PROTOCOLS))("are answered OK over %s: what is spoiled below begins sound", async (protocol) => {
    for (const request of sound) {
      const said = await PROTOCOLS[protocol]?.(request, request.bytes, await headersOf(request));
      expect({ method: request.method.name, ...said }).toMatchObject({ method: request.method.name, code: 0 });
      if (said !== undefined && endsAttempt(request, said)) tokens.usedUp();
    }
  });
});

describe("spoiled protobuf", () => {
  it(`is never the server's fault, ${PROTOBUF_RUNS} times in three protocols`, async () => {
    const property = fc.asyncProperty(aRequest(), mutations, async (request, changes) => {
      const bytes = mutated(request.bytes, changes);
      for (const say of Object.values(PROTOCOLS)) {
        const said = await say(request, bytes, await headersOf(request));
        expectAnswered(said);
        if (endsAttempt(request, said)) tokens.usedUp();
      }
    });
    await fc.assert(property, { seed: FUZZ_SEED, numRuns: PROTOBUF_RUNS, endOnFailure: false });
  });
});

describe("spoiled JSON", () => {
  it(`is never the server's fault, ${JSON_RUNS} times`, async () => {
    const property = fc.asyncProperty(aRequest(), jsonMutation, async (request, change) => {
      const text = mutatedJson(request.json, change);
      const headers = await headersOf(request);
      const said =
        request.method.methodKind === "unary"
          ? await http.call(request.path, text, { ...headers, "content-type": "application/json" })
          : await http.call(request.path, envelope(Buffer.from(text)), {
              ...headers,
              "content-type": "application/connect+json",
            });
      expectAnswered(said);
      if (endsAttempt(request, said)) tokens.usedUp();
    });
    await fc.assert(property, { seed: FUZZ_SEED, numRuns: JSON_RUNS });
  });
});

describe("a small request with very many messages in it", () => {
  const path = "/drover.v1.JobService/SubmitJobs";
  /** Each an empty job: what is more than a message may hold is left out. */
  const inBinary = Buffer.alloc(4 * 1024 * 1024 - 16, Uint8Array.of(0x0a, 0x00));
  const inJson = Buffer.from(`{"jobs":[${"{},".repeat(1_390_000)}{}]}`);
  /** In one job of 3 MiB: its past attempts, field 35. */
  const nested = Buffer.concat([
    Uint8Array.of(0x0a, 0x80, 0x80, 0xc0, 0x01),
    Buffer.alloc(3 * 1024 * 1024, Uint8Array.of(0x9a, 0x02, 0x00)),
  ]);
  const web = { "content-type": "application/grpc-web+proto" };
  const refused = { code: 3, message: expect.stringContaining("messages within messages") };

  const ways: readonly (readonly [how: string, say: () => Promise<Said>])[] = [
    ["gRPC", () => grpc.call(path, envelope(inBinary), {})],
    ["gRPC, nested", () => grpc.call(path, envelope(nested), {})],
    ["gRPC-Web", () => http.call(path, envelope(inBinary), web)],
    [
      "gRPC-Web, compressed",
      () => http.call(path, envelope(gzipSync(inBinary), 1), { ...web, "grpc-encoding": "gzip" }),
    ],
    ["Connect", () => http.call(path, inBinary, { "content-type": "application/proto" })],
    [
      "Connect, compressed",
      () => http.call(path, gzipSync(inBinary), { "content-type": "application/proto", "content-encoding": "gzip" }),
    ],
    ["JSON", () => http.call(path, inJson, { "content-type": "application/json" })],
    [
      "JSON, compressed",
      () =>
        http.call(path, brotliCompressSync(inJson), { "content-type": "application/json", "content-encoding": "br" }),
    ],
  ];

  it.each(ways)("is refused over %s before it is decoded, and a good client is answered", async (_, say) => {
    expect(await say()).toMatchObject(refused);
  });

  /** As the decoder reads it, though its tag says otherwise: a job for each pair of bytes. */
  const mistyped = Buffer.alloc(4 * 1024 * 1024 - 16, Uint8Array.of(0x08, 0x00));
  const proto = { "content-type": "application/proto" };
  const inGzip = gzipSync(inBinary);
  const disguises: readonly (readonly [how: string, say: () => Promise<Said>])[] = [
    ["another wire type, gRPC", () => grpc.call(path, envelope(mistyped), {})],
    ["another wire type, Connect", () => http.call(path, mistyped, proto)],
    [
      "an end of no group before",
      () => http.call(path, Buffer.concat([Uint8Array.of(0x0c), mistyped.subarray(0, -2)]), proto),
    ],
    ["a type in capitals", () => http.call(path, inBinary, { "content-type": "Application/PROTO" })],
    ["JSON in capitals", () => http.call(path, inJson, { "content-type": "application/JSON" })],
    [
      "the header of another protocol",
      () =>
        http.call(path, envelope(inGzip, 1), {
          ...web,
          "grpc-encoding": "gzip",
          "connect-content-encoding": "identity",
        }),
    ],
  ];

  it.each(disguises)("is refused with %s", async (_, say) => {
    expect((await say()).code).toBe(3);
  });

  it("is not decoded behind another message: a call has one", async () => {
    const two = Buffer.concat([envelope(new Uint8Array()), envelope(inBinary)]);
    expect((await http.call(path, two, web)).code).toBe(12);
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => envelope(gzipSync(""), 1)));
    expect((await http.call(path, many, { ...web, "grpc-encoding": "gzip" })).code).toBe(12);
  });

  it("is not what a thousand jobs are of which all is said that may be said", async () => {
    const second = { seconds: 1n };
    const later = BigInt(Math.floor(Date.now() / 1_000) + 3_600);
    const named = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`n${at}`, "v"]));
    const job = {
      endpoint: { url: `${attacked.page.origin}/any`, method: "POST", headers: named(64) },
      payload: Buffer.alloc(300, "x"),
      labels: named(32),
      backoff: { initial: second, max: second, multiplier: 2 },
      ...{ scheduleTime: { seconds: later }, deadlineTime: { seconds: later + 1n } },
      ...{ attemptTimeout: second, retention: second },
    };
    const request = create(SubmitJobsRequestSchema, { jobs: Array.from({ length: 1_000 }, () => job) });
    expect((await grpc.call(path, envelope(toBinary(SubmitJobsRequestSchema, request)), {})).code).toBe(0);
    const text = toJsonString(SubmitJobsRequestSchema, request);
    expect((await http.call(path, text, { "content-type": "application/json" })).code).toBe(0);
  });
});

it("the server is unharmed, and a good client was answered all the time", async () => {
  await attacked.expectUnharmed(PEAK_MEBIBYTES);
  expect(grpc.calls + http.calls).toBeGreaterThan(PROTOBUF_RUNS * 3 + JSON_RUNS);
});
