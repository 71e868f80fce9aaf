// Keeps web pages of others away from the HTTP door. A browser lets any page send requests to any address, also to
// 127.0.0.1, where nothing else guards a server without authentication; but it always says in Origin which page sends
// them. So a request with an Origin other than the door's own address is refused; none of it needs CORS headers.
//
// A page can also point a DNS name of its own at 127.0.0.1 ("DNS rebinding"): then Origin and Host agree. So on
// loopback a browser must have called the door by a name that cannot be pointed elsewhere: localhost or an IP address.

import { isIP } from "node:net";

/** Why this request is refused; undefined if it may pass. Clients that are no browsers send no Origin. */
export function refusalOf(
  origin: string | undefined,
  host: string | undefined,
  onLoopback: boolean,
): string | undefined {
  if (origin === undefined) return undefined;
  const sender = URL.canParse(origin) ? new URL(origin).host : undefined;
  if (sender === undefined || sender === "" || sender !== host?.toLowerCase()) {
    return "requests of web pages from elsewhere are refused";
  }
  if (onLoopback && !isOwnName(new URL(origin).hostname)) {
    return "a browser must call this server as localhost or by its IP address";
  }
  return undefined;
}

function isOwnName(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}
