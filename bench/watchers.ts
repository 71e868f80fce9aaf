// Many watchers in a process of their own: a WatchJob stream each, over as few connections as a server allows, or a few
// more. GET answers with the delays that they saw since the last GET, in ms. Prints its port when all are open.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { WatchJobRequestSchema, WatchJobResponseSchema } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { Client, type ClientReadableStream, credentials } from "@grpc/grpc-js";
import { WATCH_JOB } from "./raw-calls.js";
import { sharedMs } from "./shared-clock.js";

// `silent` watchers read one message and no more: until it is asked for one, grpc-js reads and keeps all that comes.
const [address = "", count = "0", jobs = "1", manner = "reading"] = process.argv.slice(2);
/** Half of what the server allows. */
const STREAMS_PER_CONNECTION = 500;
/** Watchers that connect at the same time. */
const OPENING = 100;

let delays: number[] = [];

function connect(): Client {
  // Without a pool of its own each client would share one connection.
  return new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
}

/** Resolves when the server has begun to answer. */
function watch(client: Client, jobId: string): Promise<void> {
  const request = Buffer.from(toBinary(WatchJobRequestSchema, create(WatchJobRequestSchema, { jobId })));
  const { path, requestSerialize, responseDeserialize } = WATCH_JOB;
  const stream: ClientReadableStream<Buffer> = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
  );
  if (manner === "reading") read(stream);
  else stream.once("data", () => stream.pause());
  return new Promise((resolve, reject) => {
    stream.once("metadata", () => resolve());
    stream.on("error", reject);
  });
}

function read(stream: ClientReadableStream<Buffer>): void {
  // The first message shows how the job stands, which is no change.
  let changes = false;
  stream.on("data", (bytes: Buffer) => {
    const received = sharedMs();
    const message = fromBinary(WatchJobResponseSchema, bytes).job?.progress?.message;
    if (changes && message !== undefined) delays.push(received - Number.parseFloat(message));
    changes = true;
  });
}

async function openAll(): Promise<void> {
  let client = connect();
  for (let next = 0; next < Number(count); next += OPENING) {
    if (next > 0 && next % STREAMS_PER_CONNECTION === 0) client = connect();
    const length = Math.min(OPENING, Number(count) - next);
    await Promise.all(Array.from({ length }, (_, index) => watch(client, `watched-${(next + index) % Number(jobs)}`)));
  }
}

const server = createServer((_request, response) => {
  response.end(JSON.stringify(delays));
  delays = [];
});
await openAll();
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`port=${(server.address() as AddressInfo).port}\n`);
});
