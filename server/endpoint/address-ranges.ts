// What an IP address is: its one true form, whatever spelling or transition mechanism it came in, and the special
// ranges that contain it. Knows nothing of who may call what.

import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A block of addresses: everything that shares the first `prefix` bits with `base`. */
export interface Block {
  readonly base: Address;
  readonly prefix: number;
}

/** Forms of IPv6 that only carry an IPv4 address, and the bit at which it starts. */
const CARRIERS: readonly (readonly [block: Block, offset: number])[] = [
  [block("::ffff:0:0/96"), 96], // IPv4-mapped, RFC 4291
  [block("::ffff:0:0:0/96"), 96], // IPv4-translated, RFC 2765
  [block("64:ff9b::/96"), 96], // NAT64, RFC 6052
  [block("2002::/16"), 16], // 6to4, RFC 3056
];
/** IPv4-compatible (RFC 4291, deprecated). `::` and `::1` lie in it and are no IPv4 addresses. */
const COMPATIBLE = block("::/96");

const LOOPBACK: readonly Block[] = ["127.0.0.0/8", "::1/128"].map(block);

/** What no broad rule opens: each must be named itself. */
const SPECIAL: readonly (readonly [what: string, blocks: readonly Block[]])[] = [
  ["an unspecified address", ["0.0.0.0/8", "::/128"].map(block)],
  [
    "a metadata address",
    [
      "169.254.169.254/32", // AWS, Azure, Google and most others
      "169.254.170.2/32", // AWS ECS credentials
      "169.254.170.23/32", // AWS EKS credentials
      "100.100.100.200/32", // Alibaba
      "168.63.129.16/32", // Azure's host
      "192.0.0.192/32", // Oracle
      "fd00:ec2::254/128", // AWS
      "fd00:ec2::23/128", // AWS EKS credentials
      "fd20:ce::254/128", // Google
      "fd00:c1::a9fe:a9fe/128", // Oracle
      "fd00:42::42/128", // Scaleway
    ].map(block),
  ],
  ["a link-local address", ["169.254.0.0/16", "fe80::/10"].map(block)],
  ["a multicast address", ["224.0.0.0/4", "ff00::/8"].map(block)],
  ["a broadcast or reserved address", ["240.0.0.0/4", "192.0.0.0/24"].map(block)],
  // Where these lead is for a router to say: they can carry any IPv4 address in a form that cannot be read here.
  ["a tunnel or site-local address", ["2001::/32", "64:ff9b:1::/48", "fec0::/10", "100::/64"].map(block)],
];

/** A strict address: four decimal parts, or IPv6 without a zone. Undefined if the text is none. */
export function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (text.includes(":") && !text.includes("%") && ipaddr.IPv6.isValid(text)) return ipaddr.IPv6.parse(text);
  return undefined;
}

/** The block in its true form: `::ffff:10.0.0.0/104` is `10.0.0.0/8`. */
export function canonicalBlock({ base, prefix }: Block): Block {
  if (base instanceof ipaddr.IPv4) return { base, prefix };
  const bytes = base.toByteArray();
  for (const [carrier, offset] of CARRIERS) {
    if (prefix >= offset && contains(carrier, base)) {
      return { base: ipv4At(bytes, offset), prefix: Math.min(prefix - offset, 32) };
    }
  }
  const compatible = contains(COMPATIBLE, base) && bytes.slice(12, 15).some((byte) => byte !== 0);
  return compatible && prefix >= 96 ? { base: ipv4At(bytes, 96), prefix: prefix - 96 } : { base, prefix };
}

export function canonicalAddress(address: Address): Address {
  return canonicalBlock({ base: address, prefix: address.kind() === "ipv4" ? 32 : 128 }).base;
}

export function contains(outer: Block, address: Address): boolean {
  if (outer.base instanceof ipaddr.IPv4) {
    return address instanceof ipaddr.IPv4 && address.match(outer.base, outer.prefix);
  }
  return address instanceof ipaddr.IPv6 && address.match(outer.base, outer.prefix);
}

/** Whether all of `inner` lies in `outer`. */
export function within(inner: Block, outer: Block): boolean {
  return inner.prefix >= outer.prefix && contains(outer, inner.base);
}

/** The special ranges that contain a canonical address, loopback apart. */
export function specialRanges(address: Address): { readonly what: string; readonly block: Block }[] {
  return SPECIAL.flatMap(([what, blocks]) =>
    blocks.filter((block) => contains(block, address)).map((block) => ({ what, block })),
  );
}

/** The loopback range that contains a canonical address. */
export function loopbackRange(address: Address): Block | undefined {
  return LOOPBACK.find((block) => contains(block, address));
}

function ipv4At(bytes: readonly number[], offset: number): ipaddr.IPv4 {
  return new ipaddr.IPv4(bytes.slice(offset / 8, offset / 8 + 4));
}

function block(cidr: string): Block {
  const [base, prefix] = ipaddr.parseCIDR(cidr);
  return { base, prefix };
}
