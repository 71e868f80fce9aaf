// Between node:http and Connect's handlers, in both directions. Differs from connect-node's own adapter where that
// leaves a stream hanging whose client left while it waited to write (its `finally` never ran), and where it closes
// the connection of a client whose request was too large.

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { UniversalServerRequest, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { universalRequestFromNodeRequest } from "@connectrpc/connect-node";
import { isBeyondTimers } from "./timeouts.js";

/** Fails if the request's address cannot be read. */
export function requestOf(
  request: IncomingMessage,
  response: ServerResponse,
): UniversalServerRequest & { readonly body: AsyncIterable<Uint8Array> } {
  const universal = universalRequestFromNodeRequest(request, response, undefined, undefined);
  // Connect would have such a timer end at once.
  for (const name of TIMEOUTS) if (isBeyondTimers(universal.header.get(name))) universal.header.delete(name);
  return { ...universal, body: bodyOf(request) };
}

/** How Connect and gRPC-Web say how long a caller waits. */
const TIMEOUTS = ["connect-timeout-ms", "grpc-timeout"] as const;

/** What is left unread is read and dropped, so that the connection can serve the next request. */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk;
  } finally {
    request.resume();
  }
}

/** Writes no faster than the client reads, and ends the handler's stream when the client leaves. */
export async function send(universal: UniversalServerResponse, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.writeHead(universal.status, Object.fromEntries(universal.header ?? []));
  for await (const chunk of universal.body ?? []) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await once(response, "drain", { signal: gone.signal });
  }
  response.end();
}
