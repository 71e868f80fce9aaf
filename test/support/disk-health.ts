// What a server says of its own health, on both doors, and the wait for it to change: by the health service's own watch.

import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@drover/sdk/gen/grpc/health/v1/health_pb";
import type { ServerProcess } from "./server.js";

type Address = Pick<ServerProcess, "grpc" | "http">;

/** Both doors now: the status of `/healthz`, and the word of the gRPC service. */
export async function health({ grpc, http }: Address): Promise<{ http: number; grpc: string | undefined }> {
  const [answer, { status }] = await Promise.all([fetch(`http://${http}/healthz`), clientOf(grpc).check({})]);
  return { http: answer.status, grpc: Status[status] };
}

/** Resolves when the server says that it serves. */
export async function untilServing({ grpc }: Address): Promise<void> {
  const leave = new AbortController();
  for await (const { status } of clientOf(grpc).watch({}, { signal: leave.signal })) {
    if (status === Status.SERVING) return;
  }
  throw new Error("the watch of the health ended");
}

function clientOf(grpc: string) {
  return createClient(Health, createGrpcTransport({ baseUrl: `http://${grpc}` }));
}
