// The page of the watch benchmark: accepts each job with 202 and reports progress when it is told to, so many reports a
// second in turns of the jobs, each with the time at which it was made. Prints its port when it listens.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { ReportProgressRequestSchema } from "@drover/sdk/gen/drover/v1/attempt_service_pb";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { call, REPORT_PROGRESS } from "./raw-calls.js";
import { sharedMs } from "./shared-clock.js";

const [address = ""] = process.argv.slice(2);
const PACE_MS = 5;

const client = new Client(address, credentials.createInsecure());
const authorizations = new Map<string, Metadata>();

function accept(jobId: string, token: string): void {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  authorizations.set(jobId, metadata);
}

/** @param chars how long each report's message is. */
async function report(rate: number, seconds: number, chars: number): Promise<number> {
  const holders = [...authorizations.values()];
  const reports: Promise<unknown>[] = [];
  let failure: Error | undefined;
  const failed = (error: Error) => {
    failure ??= error;
  };
  const started = performance.now();
  while (reports.length < rate * seconds) {
    const due = Math.min(rate * seconds, ((performance.now() - started) / 1_000) * rate);
    while (reports.length < due) {
      const message = `${sharedMs().toFixed(3)} `.padEnd(chars, "x");
      const request = create(ReportProgressRequestSchema, { progress: { done: reports.length, message } });
      const bytes = Buffer.from(toBinary(ReportProgressRequestSchema, request));
      reports.push(call(client, REPORT_PROGRESS, bytes, holders[reports.length % holders.length]).catch(failed));
    }
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
  await Promise.all(reports);
  if (failure !== undefined) throw failure;
  return reports.length / ((performance.now() - started) / 1_000);
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://page");
  const number = (name: string) => Number(searchParams.get(name));
  if (pathname === "/job") {
    accept(String(request.headers["job-id"]), String(request.headers["job-token"]));
    request.resume();
    response.writeHead(202).end();
  } else if (pathname === "/held") response.end(String(authorizations.size));
  else {
    report(number("rate"), number("seconds"), number("chars")).then(
      (rate) => response.end(String(rate)),
      (error) => response.writeHead(500).end(String(error)),
    );
  }
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`port=${(server.address() as AddressInfo).port}\n`);
});
