// The entry for Node: clients speak gRPC.

import { type ClientOptions, DroverClient } from "./client.js";
import { openTransport } from "./transport.js";

export * from "./exports.js";

/**
 * A client of the server at `address`, default http://127.0.0.1:7070. It connects with its first call and keeps one
 * connection: make one client, share it, and close it. INVALID_ARGUMENT for what is no address.
 */
export function createClient(options: ClientOptions = {}): DroverClient {
  return DroverClient.over(openTransport, options);
}
