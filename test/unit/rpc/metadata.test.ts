// What handlers set as headers and trailers, and what callers send as headers: the gRPC door carries them as the HTTP
// door does, and takes nothing for gRPC that is none.

import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { Code, ConnectError, createClient, type HandlerContext } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { QueueService } from "@drover/sdk/gen/drover/v1/queue_service_pb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { GrpcDoor } from "../../../server/rpc/grpc-door.js";
import { OpenStreams, route } from "../../../server/rpc/routes.js";
import { enveloped, RecordingLog } from "./open-doors.js";
import { SmallEngine } from "./small-engine.js";

const PATH = "/drover.v1.QueueService/PauseQueue";
const log = new RecordingLog();
let received: Headers;
let door: GrpcDoor;
let url: string;
let session: ClientHttp2Session;

/** Answers with headers and trailers of every sort, or fails with them. */
function answer({ queue }: { queue: string }, context: HandlerContext) {
  received = context.requestHeader;
  context.responseHeader.append("x-text", "one");
  context.responseHeader.append("x-text", "two");
  context.responseHeader.set("x-bytes-bin", "AQ");
  context.responseTrailer.set("x-end", "last");
  context.responseTrailer.set("x-end-bin", "AQI");
  if (queue === "bad") throw new ConnectError("refused", Code.NotFound, { "x-error": "why" });
  return {};
}

beforeEach(async () => {
  const impl = { pauseQueue: async (request: { queue: string }, context: HandlerContext) => answer(request, context) };
  const routes = [route(QueueService, impl, log, new OpenStreams(1))];
  door = new GrpcDoor({ routes, engine: new SmallEngine(), log, host: "127.0.0.1", port: 0 });
  url = `http://127.0.0.1:${(await door.start()).port}`;
  session = connect(url);
});
afterEach(async () => {
  session.destroy();
  await door.stop(0);
});

const client = () => createClient(QueueService, createGrpcTransport({ baseUrl: url }));

async function raw(headers: Record<string, string>): Promise<IncomingHttpHeaders> {
  const stream = session.request({ ":method": "POST", ":path": PATH, te: "trailers", ...headers });
  const seen: IncomingHttpHeaders = {};
  stream.on("response", (header) => Object.assign(seen, header));
  stream.on("trailers", (trailer) => Object.assign(seen, trailer));
  stream.resume().end(enveloped(Buffer.alloc(0)));
  await once(stream, "close");
  return seen;
}

describe("headers and trailers over gRPC", () => {
  it("reach the caller with an answer", async () => {
    let header = new Headers();
    let trailer = new Headers();
    await client().pauseQueue(
      { queue: "good" },
      {
        onHeader: (it) => {
          header = it;
        },
        onTrailer: (it) => {
          trailer = it;
        },
      },
    );
    expect([header.get("x-text"), header.get("x-bytes-bin")]).toEqual(["one, two", "AQ"]);
    expect([trailer.get("x-end"), trailer.get("x-end-bin")]).toEqual(["last", "AQI"]);
  });

  it("reach the caller with an error, beside those of the error itself", async () => {
    const failed = client().pauseQueue({ queue: "bad" });
    const { code, rawMessage, metadata } = await failed.then(
      () => expect.fail("it did not fail"),
      (error: unknown) => ConnectError.from(error),
    );
    expect([code, rawMessage]).toEqual([Code.NotFound, "refused"]);
    expect(["x-text", "x-end", "x-error"].map((name) => metadata.get(name))).toEqual(["one, two", "last", "why"]);
  });

  it("reach the handler, all values of a name", async () => {
    await client().pauseQueue(
      { queue: "good" },
      {
        headers: [
          ["x-many", "a"],
          ["x-many", "b"],
          ["x-raw-bin", "AQI"],
        ],
      },
    );
    expect([received.get("x-many"), received.get("x-raw-bin")]).toEqual(["a, b", "AQI"]);
  });

  it("end with no message where all is well, and with no padding in what is binary", async () => {
    const seen = await raw({ "content-type": "application/grpc" });
    expect([seen["grpc-status"], seen["grpc-message"]]).toEqual(["0", ""]);
    expect([seen["x-bytes-bin"], seen["x-end-bin"]]).toEqual(["AQ", "AQI"]);
  });
});

describe("what is no gRPC", () => {
  it.each<[string, Record<string, string>]>([
    ["another method", { ":method": "PUT", "content-type": "application/grpc" }],
    ["another message format", { "content-type": "application/grpc+json" }],
    ["another type that begins alike", { "content-type": "application/grpc-web" }],
    ["no type", {}],
  ])("is answered with 415: %s", async (_what, headers) => {
    expect((await raw(headers))[":status"]).toBe(415);
  });

  it.each(["application/grpc", "application/grpc+proto", "application/grpc; charset=utf-8"])(
    "is not %s",
    async (type) => {
      expect((await raw({ "content-type": type }))["grpc-status"]).toBe("0");
    },
  );
});
