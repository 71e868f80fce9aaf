// Calls of the gRPC door as bytes over @grpc/grpc-js, with nothing encoded or decoded on the way: a client that costs
// as little as one can, and as much whatever it calls.

import { type Client, Metadata, type MethodDefinition } from "@grpc/grpc-js";

const same = (bytes: Buffer) => bytes;

export type RawMethod = MethodDefinition<Buffer, Buffer>;

function rawMethod(path: string, responseStream: boolean): RawMethod {
  return {
    path,
    requestStream: false,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

export const SUBMIT_JOB = rawMethod("/drover.v1.JobService/SubmitJob", false);
export const REPORT_PROGRESS = rawMethod("/drover.v1.AttemptService/ReportProgress", false);
export const WATCH_JOB = rawMethod("/drover.v1.JobService/WatchJob", true);

export function call(client: Client, method: RawMethod, request: Buffer, metadata = new Metadata()): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(method.path, same, same, request, metadata, (error, answer) => {
      if (error !== null) reject(error);
      else resolve(answer as Buffer);
    });
  });
}
