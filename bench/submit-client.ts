// The client of the submit benchmark, a process of its own: so many SubmitJob calls at once on one connection, the
// same bytes each time, so that every call makes a new job. Prints calls per second.

import { create, toBinary } from "@bufbuild/protobuf";
import { SubmitJobRequestSchema } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { Client, credentials } from "@grpc/grpc-js";
import { call, SUBMIT_JOB } from "./raw-calls.js";

const [address = "", count = "0", concurrency = "64"] = process.argv.slice(2);
const WARM_UP_CALLS = 5_000;

const client = new Client(address, credentials.createInsecure());
const payload = Buffer.from(JSON.stringify({ n: 1, text: "x".repeat(100) }));
const job = { endpoint: { url: "http://127.0.0.1:9/job" }, payload };
const request = Buffer.from(toBinary(SubmitJobRequestSchema, create(SubmitJobRequestSchema, { job })));

async function calls(left: { count: number }): Promise<void> {
  while (left.count-- > 0) await call(client, SUBMIT_JOB, request);
}

async function run(total: number): Promise<number> {
  const left = { count: total };
  const started = performance.now();
  await Promise.all(Array.from({ length: Number(concurrency) }, () => calls(left)));
  return (total / (performance.now() - started)) * 1_000;
}

await run(Math.min(WARM_UP_CALLS, Number(count)));
process.stdout.write(`rate=${Math.round(await run(Number(count)))}\n`);
client.close();
