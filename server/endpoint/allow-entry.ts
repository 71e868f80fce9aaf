// One entry of the allow-list, as it is written: `[scheme://]HOST|CIDR[:PORT]`. Reads it strictly: an entry that could
// be read in two ways is an error, never a guess.

import { invalid } from "../core/errors.js";
import { type Address, type Block, canonicalBlock, parseAddress } from "./address-ranges.js";

export interface AllowEntry {
  /** `http:` or `https:`; absent: both. */
  readonly protocol?: string;
  /** Absent: all. */
  readonly port?: number;
  readonly target: { readonly block: Block } | { readonly name: string; readonly subdomains: boolean };
}

const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** INVALID_ARGUMENT if it is not an entry. */
export function parseAllowEntry(text: string): AllowEntry {
  const fail = (why: string) => invalid([{ field: "allow", description: `${JSON.stringify(text)} ${why}` }]);
  const scheme = /^([^/:[\]]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    throw fail("names a scheme that is neither http nor https");
  }
  const { host, port } = splitPort(scheme === undefined ? text : text.slice(scheme.length + 3));
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) {
    throw fail("names a port that is not 1 to 65535");
  }
  const target = parseTarget(host);
  if (typeof target === "string") throw fail(target);
  return {
    target,
    ...(scheme === undefined ? {} : { protocol: `${scheme}:` }),
    ...(port === undefined ? {} : { port: Number(port) }),
  };
}

/** `HOST:PORT`, `[IPv6]:PORT`, `[IPv6/BITS]:PORT`; an IPv6 address without brackets has no port. */
function splitPort(text: string): { readonly host: string; readonly port?: string } {
  const bracketed = /^\[([^[\]]*)\](\/[^:]*)?(?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    const [, inside = "", bits = "", port] = bracketed;
    // Only IPv6 goes into brackets: `[example.com]` is left whole, and found to be no name.
    return { host: inside.includes(":") ? inside + bits : text, ...(port === undefined ? {} : { port }) };
  }
  const colon = text.indexOf(":");
  if (colon < 0 || text.includes(":", colon + 1)) return { host: text };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

function parseTarget(host: string): AllowEntry["target"] | string {
  if (host === "") return "names no host";
  const slash = host.indexOf("/");
  if (slash >= 0) {
    const base = parseAddress(host.slice(0, slash));
    const bits = host.slice(slash + 1);
    if (base === undefined) return "is neither a host nor a CIDR block";
    const most = base.kind() === "ipv4" ? 32 : 128;
    if (!/^\d{1,3}$/.test(bits) || Number(bits) > most) return `must have 0 to ${most} bits after the slash`;
    return { block: canonicalBlock({ base, prefix: Number(bits) }) };
  }
  const literal = parseAddress(host);
  if (literal !== undefined) return blockOf(literal);
  const subdomains = host.startsWith("*.");
  const name = hostnameOf(subdomains ? host.slice(2) : host);
  if (name === undefined) return "is neither a host nor a CIDR block";
  // What the URL of a job would be read as: `0x7f.1` is 127.0.0.1 there, so it is here.
  const numeric = parseAddress(name);
  if (numeric !== undefined) return subdomains ? "has a wildcard before an address" : blockOf(numeric);
  return NAME.test(name) ? { name, subdomains } : "is neither a host nor a CIDR block";
}

function blockOf(address: Address): { readonly block: Block } {
  return { block: canonicalBlock({ base: address, prefix: address.kind() === "ipv4" ? 32 : 128 }) };
}

/** As URLs of jobs have it: lower case, punycode, no final dot. */
function hostnameOf(text: string): string | undefined {
  if (/[/?#@\\:%\s]/.test(text)) return undefined;
  try {
    return withoutFinalDot(new URL(`http://${text}/`).hostname);
  } catch {
    return undefined;
  }
}

export function withoutFinalDot(hostname: string): string {
  return hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
}
