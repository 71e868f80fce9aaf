// The address of a server as people write it, as the base URL that transports want.

import { invalid } from "./errors.js";

/** Takes `host:port` for http; throws INVALID_ARGUMENT for what is no http or https address. */
export function baseUrlOf(address: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(url)) throw invalid("address", `${JSON.stringify(address)} is no address`);
  const { protocol, href } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") throw invalid("address", `must be http or https, not ${protocol}`);
  return href.replace(/\/+$/, "");
}
