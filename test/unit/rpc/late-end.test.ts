// A gRPC call whose time is up between its message and its end, which grpc-js hands to a handler all the same.

import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { JobService, WatchJobRequestSchema } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OpenDoors, openDoors } from "./open-doors.js";
import { jobOf } from "./small-engine.js";

let doors: OpenDoors;
let session: ClientHttp2Session;
beforeEach(async () => {
  doors = await openDoors(1);
  session = connect(doors.grpcUrl);
});
afterEach(async () => {
  session.destroy();
  await doors.close();
});

/** Resolves when the door has read the end of a call that it has answered with DEADLINE_EXCEEDED. */
async function endLate(method: string, message: Uint8Array): Promise<void> {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  const call = session.request(
    {
      ":method": "POST",
      ":path": `/drover.v1.JobService/${method}`,
      "content-type": "application/grpc",
      "grpc-timeout": "10m",
    },
    { endStream: false },
  );
  call.write(Buffer.concat([frame, message]));
  const [headers] = await once(call, "response");
  expect(headers["grpc-status"]).toBe("4");
  const closed = once(call.resume(), "close");
  call.end();
  await closed;
}

describe("a call whose time is up before its end is there", () => {
  it("holds no place among the watches", async () => {
    doors.engine.put(jobOf());
    await endLate("WatchJob", toBinary(WatchJobRequestSchema, create(WatchJobRequestSchema, { jobId: "j1" })));
    await doors.engine.until(() => doors.engine.watching === 0);
    const reading = doors.client(JobService, "grpc").watchJob({ jobId: "j1" })[Symbol.asyncIterator]();
    expect((await reading.next()).value.job.id).toBe("j1");
    expect(doors.streams.count).toBe(1);
  });

  it("holds no place among the large answers of its connection", async () => {
    for (let call = 0; call < 20; call++) await endLate("ListJobs", new Uint8Array());
    const list = session.request({
      ":method": "POST",
      ":path": "/drover.v1.JobService/ListJobs",
      "content-type": "application/grpc",
    });
    list.end(Buffer.alloc(5));
    const [trailers] = await once(list.resume(), "trailers");
    expect(trailers["grpc-status"]).toBe("0");
  });
});
