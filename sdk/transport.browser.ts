// How a client in a browser, or anywhere with nothing but fetch, reaches a server: the Connect protocol at its HTTP
// door. Connections are the browser's: over HTTP/1.1 it allows about six, and each watch takes one.

import { createConnectTransport } from "@connectrpc/connect-web";
import { baseUrlOf } from "./address.js";
import type { OwnTransport } from "./transport.js";

/** Default: where the page came from. Throws INVALID_ARGUMENT for what is no address. */
export function openTransport(address: string = globalThis.location?.origin ?? "http://127.0.0.1:7080"): OwnTransport {
  const transport = createConnectTransport({ baseUrl: baseUrlOf(address), useBinaryFormat: true });
  return { unary: transport.unary, stream: transport.stream, close: () => undefined };
}
