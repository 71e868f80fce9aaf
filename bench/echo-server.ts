// The ceiling of unary calls: a bare server of @grpc/grpc-js that answers each call with the bytes that it was sent.
// Prints its address when it listens.

import { Server, ServerCredentials } from "@grpc/grpc-js";
import { SUBMIT_JOB } from "./raw-calls.js";

const server = new Server();
server.addService(
  { echo: SUBMIT_JOB },
  { echo: (call: { request: Buffer }, callback: (error: null, bytes: Buffer) => void) => callback(null, call.request) },
);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`echo ready 127.0.0.1:${port}\n`);
});
