// The allow-list: which addresses may be called. Judged twice by the same rule: by the URL when a job is submitted, as
// far as that tells, and by the address that is dialled, always.
//
// Nothing is allowed unless an entry covers it, but for loopback addresses by `allowLoopback`. Loopback and special
// addresses (link-local, metadata, multicast, …) are opened only by an entry that lies within their own range:
// `0.0.0.0/0` does not open them, nor does a name that resolves to them.

import type { EndpointPolicy } from "../core/caller.js";
import {
  type Address,
  canonicalAddress,
  contains,
  loopbackRange,
  parseAddress,
  specialRanges,
  within,
} from "./address-ranges.js";
import { type AllowEntry, parseAllowEntry, withoutFinalDot } from "./allow-entry.js";

/** Where a connection goes. `protocol` is `http:` or `https:`; `hostname` is as in a URL, without brackets. */
export interface Destination {
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number;
}

const JUDGED_ORIGINS = 1_000;

export class AddressGuard implements EndpointPolicy {
  readonly #entries: readonly AllowEntry[];
  readonly #allowLoopback: boolean;
  /** By origin: jobs come in thousands for the same few pages. */
  readonly #judged = new Map<string, string | undefined>();

  /** INVALID_ARGUMENT if an entry of `allow` cannot be read. */
  constructor(options: { readonly allow: readonly string[]; readonly allowLoopback: boolean }) {
    this.#entries = options.allow.map(parseAllowEntry);
    this.#allowLoopback = options.allowLoopback;
  }

  refusal(url: string): string | undefined {
    if (!URL.canParse(url)) return "it is not a URL";
    const parsed = new URL(url);
    if (this.#judged.has(parsed.origin)) return this.#judged.get(parsed.origin);
    if (this.#judged.size >= JUDGED_ORIGINS) this.#judged.clear();
    const refusal = this.#judge(parsed);
    this.#judged.set(parsed.origin, refusal);
    return refusal;
  }

  #judge(parsed: URL): string | undefined {
    if (parsed.protocol !== "http:" && parsed.protocol !== "https:") return "it is neither http nor https";
    const destination = destinationOf(parsed);
    const address = parseAddress(destination.hostname);
    return address === undefined ? this.#nameRefusal(destination) : this.dialRefusal(destination, destination.hostname);
  }

  /** Why this IP address may not be dialled for a destination, which may be a name that resolved to it. */
  dialRefusal(destination: Destination, dialled: string): string | undefined {
    const parsed = parseAddress(withoutZone(dialled));
    if (parsed === undefined) return `${dialled} is not an IP address`;
    const address = canonicalAddress(parsed);
    const entries = this.#entriesFor(destination);
    const loopback = loopbackRange(address);
    const special = specialRanges(address);
    const guarded = loopback === undefined ? special.map((range) => range.block) : [loopback];
    const covered = entries.some(
      ({ target }) =>
        "block" in target && contains(target.block, address) && guarded.every((range) => within(target.block, range)),
    );
    if (covered) return undefined;
    const named = entries.some((entry) => namesHost(entry, destination.hostname));
    const literal = parseAddress(destination.hostname) !== undefined;
    const local = isLocalName(destination.hostname);
    if (loopback !== undefined) {
      if (local && named) return undefined;
      if (this.#allowLoopback && (literal || local || named)) return undefined;
      return `${address} is a loopback address, and the allow-list does not name it`;
    }
    if (special[0] !== undefined) return `${address} is ${special[0].what}, and the allow-list does not name it`;
    return named ? undefined : `${shown(destination, address)} is not in the allow-list`;
  }

  /** A name is refused before it is resolved if no address that it could resolve to would be allowed. */
  #nameRefusal(destination: Destination): string | undefined {
    const entries = this.#entriesFor(destination);
    if (entries.some((entry) => "block" in entry.target || namesHost(entry, destination.hostname))) return undefined;
    if (this.#allowLoopback && isLocalName(destination.hostname)) return undefined;
    return `${destination.hostname} is not in the allow-list`;
  }

  #entriesFor({ protocol, port }: Destination): readonly AllowEntry[] {
    return this.#entries.filter((entry) => (entry.protocol ?? protocol) === protocol && (entry.port ?? port) === port);
  }
}

/** Of an http or https URL. */
export function destinationOf({ protocol, hostname, port }: URL): Destination {
  return {
    protocol,
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: port !== "" ? Number(port) : protocol === "https:" ? 443 : 80,
  };
}

function namesHost({ target }: AllowEntry, hostname: string): boolean {
  if ("block" in target) return false;
  const name = withoutFinalDot(hostname);
  return target.subdomains ? name.endsWith(`.${target.name}`) : name === target.name;
}

/** Names that mean this machine by definition (RFC 6761). */
function isLocalName(hostname: string): boolean {
  const name = withoutFinalDot(hostname);
  return name === "localhost" || name.endsWith(".localhost");
}

/** The system may add the interface to a link-local address: `fe80::1%eth0`. */
function withoutZone(address: string): string {
  const percent = address.indexOf("%");
  return percent < 0 ? address : address.slice(0, percent);
}

function shown({ hostname }: Destination, address: Address): string {
  return parseAddress(hostname) === undefined ? `${hostname} (${address})` : address.toString();
}
