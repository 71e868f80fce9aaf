// What is around the message, spoiled, through both doors of a real server: lengths that lie, compression that is none,
// bombs, headers of every sort of nonsense. A table of what is wrong, with the answer that each protocol gives.

import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envelope, GrpcCaller, type Headers, HttpCaller, type Said } from "../support/hostile-calls.js";
import { FUZZ_SEED } from "../support/hostile-mutations.js";
import { fuzzPage, type SoundRequest, soundRequests } from "../support/hostile-requests.js";
import { type AttackedServer, memoryNow, startAttackedServer } from "../support/hostile-server.js";

const PEAK_MEBIBYTES = 400;
const HEADER_RUNS = 600;
const [OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNIMPLEMENTED] = [0, 3, 8, 12];

let attacked: AttackedServer;
let grpc: GrpcCaller;
let http: HttpCaller;
let get: SoundRequest;
let watch: SoundRequest;

beforeAll(async () => {
  attacked = await startAttackedServer(fuzzPage);
  grpc = new GrpcCaller(attacked.grpcPort);
  http = new HttpCaller(attacked.httpPort);
  const sound = await soundRequests(attacked.server.grpc, attacked.page);
  get = sound.find(({ method }) => method.name === "GetJob") as SoundRequest;
  watch = sound.find(({ method }) => method.name === "WatchJob") as SoundRequest;
});
afterAll(async () => {
  grpc.close();
  http.close();
  await attacked.close();
});

/** The same frame and encoding in the words of each protocol that has frames: a unary and a streaming method each. */
async function framed(bytes: (message: Buffer) => Buffer, encoding: string | undefined): Promise<Said[]> {
  const answers: Said[] = [];
  for (const { path, bytes: message } of [get, watch]) {
    const body = bytes(Buffer.from(message));
    const grpcEncoding = encoding === undefined ? {} : { "grpc-encoding": encoding };
    answers.push(await grpc.call(path, body, grpcEncoding));
    answers.push(await http.call(path, body, { "content-type": "application/grpc-web+proto", ...grpcEncoding }));
  }
  const connectEncoding = encoding === undefined ? {} : { "connect-content-encoding": encoding };
  const body = bytes(Buffer.from(watch.bytes));
  answers.push(await http.call(watch.path, body, { "content-type": "application/connect+proto", ...connectEncoding }));
  return answers;
}

const bomb = (mebibytes: number) => gzipSync(Buffer.alloc(mebibytes * 1024 * 1024));

/** What is wrong, the frame, the encoding that is named, and the codes that may be answered. */
const FRAMES: [string, (message: Buffer) => Buffer, string | undefined, readonly number[]][] = [
  ["no message at all", () => Buffer.alloc(0), undefined, [UNIMPLEMENTED]],
  ["one byte", () => Buffer.from([0]), undefined, [UNIMPLEMENTED, INVALID_ARGUMENT]],
  ["a length without a message", () => Buffer.from([0, 0, 0, 0, 5]), undefined, [UNIMPLEMENTED, INVALID_ARGUMENT]],
  ["a length that is too short", (it) => envelope(it, 0, it.length - 3), undefined, [INVALID_ARGUMENT]],
  ["a length that is too long", (it) => envelope(it, 0, it.length + 3), undefined, [UNIMPLEMENTED, INVALID_ARGUMENT]],
  ["a length of 4 GiB", (it) => envelope(it, 0, 0xffffffff), undefined, [RESOURCE_EXHAUSTED]],
  ["two messages", (it) => Buffer.concat([envelope(it), envelope(it)]), undefined, [UNIMPLEMENTED]],
  [
    "half of a second message",
    (it) => Buffer.concat([envelope(it), Buffer.alloc(3)]),
    undefined,
    [UNIMPLEMENTED, INVALID_ARGUMENT, OK],
  ],
  ["flags that there are not", (it) => envelope(it, 0x7e), undefined, [OK, UNIMPLEMENTED, INVALID_ARGUMENT]],
  ["the flag of the end of a stream", (it) => envelope(it, 0x82), undefined, [OK, UNIMPLEMENTED, INVALID_ARGUMENT]],
  ["compressed, without saying how", (it) => envelope(gzipSync(it), 1), undefined, [INVALID_ARGUMENT]],
  ["compressed, as nothing", (it) => envelope(gzipSync(it), 1), "identity", [INVALID_ARGUMENT]],
  ["said to be gzip", (it) => envelope(it, 1), "gzip", [INVALID_ARGUMENT]],
  ["gzip cut short", (it) => envelope(gzipSync(it).subarray(0, -5), 1), "gzip", [INVALID_ARGUMENT]],
  [
    "gzip with a wrong sum",
    (it) => envelope(Buffer.concat([gzipSync(it).subarray(0, -8), Buffer.alloc(8, 1)]), 1),
    "gzip",
    [INVALID_ARGUMENT],
  ],
  [
    "gzip with more behind it",
    (it) => envelope(Buffer.concat([gzipSync(it), Buffer.from("more")]), 1),
    "gzip",
    [INVALID_ARGUMENT, OK],
  ],
  ["gzip of nothing", () => envelope(Buffer.alloc(0), 1), "gzip", [INVALID_ARGUMENT, 5]],
  ["deflate", (it) => envelope(deflateSync(it), 1), "deflate", [OK, UNIMPLEMENTED]],
  [
    "brotli cut short",
    (it) => envelope(brotliCompressSync(it).subarray(0, -3), 1),
    "br",
    [INVALID_ARGUMENT, UNIMPLEMENTED],
  ],
  ["an encoding that there is not", (it) => envelope(it, 1), "nonsense", [UNIMPLEMENTED]],
  ["twice compressed", (it) => envelope(gzipSync(gzipSync(it)), 1), "gzip", [INVALID_ARGUMENT]],
  ["a bomb of 64 MiB", () => envelope(bomb(64), 1), "gzip", [RESOURCE_EXHAUSTED]],
  ["a message of 4 MiB and a byte", () => envelope(Buffer.alloc(4 * 1024 * 1024 + 1)), undefined, [RESOURCE_EXHAUSTED]],
];

describe("a frame with", () => {
  it.each(FRAMES)("%s is refused in every protocol", async (_, bytes, encoding, codes) => {
    for (const said of await framed(bytes, encoding)) {
      expect(said.http).toBe(200);
      expect(codes, said.message).toContain(said.code);
    }
  });
});

describe("a body over the HTTP door", () => {
  it.each(["gzip", "br"])("that is a bomb in %s is RESOURCE_EXHAUSTED, as protobuf and as JSON", async (encoding) => {
    const zeros = Buffer.alloc(64 * 1024 * 1024);
    const body = encoding === "gzip" ? gzipSync(zeros) : brotliCompressSync(zeros);
    for (const type of ["application/proto", "application/json"]) {
      const said = await http.call(get.path, body, { "content-type": type, "content-encoding": encoding });
      expect(said).toMatchObject({ http: 429, code: RESOURCE_EXHAUSTED });
    }
  });

  it.each([
    ["gzip cut short", gzipSync("{}").subarray(0, -5), "gzip", INVALID_ARGUMENT],
    ["brotli cut short", brotliCompressSync("{}").subarray(0, -1), "br", INVALID_ARGUMENT],
    ["garbage", Buffer.from("{}"), "gzip", INVALID_ARGUMENT],
    ["an unknown encoding", Buffer.from("{}"), "zstd", UNIMPLEMENTED],
  ])("of %s is the caller's mistake", async (_, body, encoding, code) => {
    const headers = { "content-type": "application/json", "content-encoding": encoding };
    expect((await http.call(get.path, body, headers)).code).toBe(code);
  });

  it("many bombs at once do not add up", async () => {
    const body = envelope(bomb(64), 1);
    const before = memoryNow(attacked.server);
    const said = await Promise.all(
      Array.from({ length: 40 }, () => grpc.call(get.path, body, { "grpc-encoding": "gzip" })),
    );
    expect(said.map(({ code }) => code)).toEqual(Array(40).fill(RESOURCE_EXHAUSTED));
    // 40 × 64 MiB are 2.5 GiB.
    expect(memoryNow(attacked.server) - before).toBeLessThan(256);
  });
});

const ODD = [
  "",
  " ",
  "0",
  "-1",
  "1",
  "99999999H",
  "2592000S",
  "1e3",
  "NaN",
  "\u00ff",
  "a".repeat(3_000),
  "*/*",
  "x;y=z",
  ",,,",
  "gzip",
  "text/html",
];
const oddValue = fc.oneof(fc.constantFrom(...ODD), fc.string({ unit: "grapheme-ascii", maxLength: 40 }));
/** What the doors and their stacks read, and some that nobody does. */
const NAMES = [
  ...["grpc-timeout", "grpc-encoding", "grpc-accept-encoding", "connect-timeout-ms", "connect-protocol-version"],
  ...["connect-content-encoding", "connect-accept-encoding", "content-encoding", "accept-encoding", "content-type"],
  ...["authorization", "user-agent", "grpc-tags-bin", "x-anything", "x-anything-bin", "origin", "expect-ct", "cookie"],
];
const oddHeaders = fc.dictionary(fc.constantFrom(...NAMES), oddValue, { minKeys: 1, maxKeys: 4 });

describe("headers of nonsense", () => {
  /** A refusal has a code, or is one that HTTP itself has: no such media type, or a sender that is a browser elsewhere. */
  function expectRefusedOrAnswered(said: Said): void {
    if (said.code === undefined) expect([415, 505], said.message).toContain(said.http);
    expect([2, 13], said.message).not.toContain(said.code);
    expect(said.http, said.message).not.toBe(500);
  }

  it(`are never the server's fault, ${HEADER_RUNS} times in three protocols`, async () => {
    const property = fc.asyncProperty(oddHeaders, async (odd) => {
      const headers = odd as Headers;
      expectRefusedOrAnswered(await grpc.call(get.path, envelope(get.bytes), headers));
      expectRefusedOrAnswered(
        await http.call(get.path, get.bytes, { "content-type": "application/proto", ...headers }),
      );
      const web = { "content-type": "application/grpc-web+proto", ...headers };
      expectRefusedOrAnswered(await http.call(get.path, envelope(get.bytes), web));
    });
    await fc.assert(property, { seed: FUZZ_SEED, numRuns: HEADER_RUNS });
  });

  it("too many or too large are refused by the transport, and the next call is answered", async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, "v"]));
    // HTTP/2 refuses the stream: no answer could hold a code.
    expect(await grpc.call(get.path, envelope(get.bytes), many)).toMatchObject({ http: undefined, code: undefined });
    const large = { "content-type": "application/proto", "x-large": "x".repeat(20_000) };
    expect((await http.call(get.path, get.bytes, large)).http).toBe(431);
    expect((await grpc.call(get.path, envelope(get.bytes))).code).toBe(OK);
    expect((await http.call(get.path, get.bytes, { "content-type": "application/proto" })).code).toBe(OK);
  });

  it.each([
    "/",
    "//",
    "/drover.v1.JobService",
    "/drover.v1.JobService/getJob",
    "/__proto__/constructor",
    "/a%00b",
    `/${"x".repeat(9_000)}`,
  ])("and the path %.30s is UNIMPLEMENTED on both doors", async (path) => {
    expect((await grpc.call(path, envelope(get.bytes))).code).toBe(UNIMPLEMENTED);
    const said = await http.call(path, get.bytes, { "content-type": "application/proto" });
    expect(said).toMatchObject({ http: 404, code: UNIMPLEMENTED });
  });

  it.each(["GET", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])(
    "and the method %s calls nothing over HTTP",
    async (method) => {
      expect((await http.call(get.path, get.bytes, { "content-type": "application/proto" }, method)).http).toBe(405);
    },
  );
});

it("the server is unharmed, and a good client was answered all the time", async () => {
  await attacked.expectUnharmed(PEAK_MEBIBYTES);
});
