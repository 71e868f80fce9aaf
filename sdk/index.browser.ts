// The entry for browsers, and for all that has fetch but no HTTP/2: clients speak Connect to the HTTP door.

import { type ClientOptions, DroverClient } from "./client.js";
import { openTransport } from "./transport.browser.js";

export * from "./exports.js";

/** A client of the server at `address`, default where the page came from. INVALID_ARGUMENT for what is no address. */
export function createClient(options: ClientOptions = {}): DroverClient {
  return DroverClient.over(openTransport, options);
}
