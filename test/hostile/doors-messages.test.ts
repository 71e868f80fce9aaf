// Spoiled messages through both doors of a real server: every method, in every protocol, thousands of times. Each is
// refused in the words of the protocol, or is sound by chance; none is ever the server's own fault.

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

it("the server is unharmed, and a good client was answered all the time", async () => {
  await attacked.expectUnharmed(PEAK_MEBIBYTES);
  expect(grpc.calls + http.calls).toBeGreaterThan(PROTOBUF_RUNS * 3 + JSON_RUNS);
});
