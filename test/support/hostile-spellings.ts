// Hundreds of ways to write addresses that must not be called, made from each address by every form that URL parsers
// read, beside those of spellings.ts. Also what looks like an address and is refused for its form.

import { networkInterfaces } from "node:os";
import { FORBIDDEN_SPELLINGS } from "./spellings.js";

/** No broad rule opens these: this machine, links, metadata services, groups, everybody, nobody. */
const GUARDED_IPV4 = [
  "127.0.0.1",
  "127.255.255.254",
  "0.0.0.0",
  "169.254.169.254",
  "169.254.170.2",
  "100.100.100.200",
].concat([
  "168.63.129.16",
  "192.0.0.192",
  "169.254.1.1",
  "224.0.0.1",
  "239.255.255.250",
  "240.0.0.1",
  "255.255.255.255",
]);
const GUARDED_IPV6 = ["::1", "::", "fe80::1", "febf::9", "ff02::1", "ff0e::1", "fec0::1", "100::1", "fd00:ec2::254"];
/** Not on the allow-list: networks that are somebody's own, and this machine by its other addresses. */
const OWN = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, address }) => !internal && !address.startsWith("fe80"))
  .map(({ address }) => address);
const PRIVATE_IPV4 = ["10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1", "100.64.0.1", "198.18.0.1"];
const PRIVATE_IPV6 = ["fc00::1", "fd12:3456:789a::1", "2001:db8::1"];

const ipv4 = (address: string) => !address.includes(":");
export const GUARDED = distinct([
  ...FORBIDDEN_SPELLINGS.map((url) => /^http:\/\/(.*)\/$/.exec(url)?.[1] ?? "").filter((host) => !host.includes("%")),
  ...GUARDED_IPV4.flatMap(spellingsOfIpv4),
  ...GUARDED_IPV6.flatMap(spellingsOfIpv6),
]);
export const UNLISTED = distinct([
  ...[...PRIVATE_IPV4, ...OWN.filter(ipv4)].flatMap(spellingsOfIpv4),
  ...[...PRIVATE_IPV6, ...OWN.filter((address) => !ipv4(address))].flatMap(spellingsOfIpv6),
]);

/** Every form of the URL standard for a number in an address, and every form of IPv6 that carries IPv4. */
function spellingsOfIpv4(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  const parts = [a, b, c, d];
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number) => value.toString(16);
  const octal = (value: number) => `0${value.toString(8)}`;
  const [high, low] = [hex(a * 256 + b), hex(c * 256 + d)];
  const wide = (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  const bold = (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(0x1d7ce + Number(digit)));
  return [
    address,
    `${address}.`,
    String(number),
    `0x${hex(number)}`,
    `0X${hex(number).toUpperCase()}`,
    `0${number.toString(8)}`,
    `000${number.toString(8)}`,
    `0x00000000${hex(number)}`,
    parts.map((part) => `0x${hex(part)}`).join("."),
    parts.map(octal).join("."),
    parts.map((part) => `00${octal(part)}`).join("."),
    `${a}.${octal(b)}.0x${hex(c)}.${d}`,
    `${a}.${b}.${c * 256 + d}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `0x${hex(a)}.${(b * 256 + c) * 256 + d}`,
    wide(address),
    bold(address),
    ...["。", "．", "｡"].map((dot) => address.replaceAll(".", dot)),
    address.replace(".", "\u00ad."),
    `${address}\u200b`.replace("\u200b", "\u2060"),
    ...[`::ffff:${address}`, `::FFFF:${high}:${low}`, `0:0:0:0:0:ffff:${address}`, `::ffff:0:${address}`].map(
      bracketed,
    ),
    ...[
      `::${address}`,
      `64:ff9b::${address}`,
      `64:ff9b::${high}:${low}`,
      `2002:${high}:${low}::`,
      `2002:${high}:${low}:1::9`,
    ].map(bracketed),
  ];
}

function spellingsOfIpv6(address: string): string[] {
  const [left = "", right = ""] = address.split("::");
  const [head, tail] = [left, right].map((side) => side.split(":").filter(Boolean)) as [string[], string[]];
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill("0"), ...tail];
  return [
    address,
    address.toUpperCase(),
    groups.join(":"),
    groups.map((group) => group.padStart(4, "0")).join(":"),
    groups.map((group, index) => (index % 2 === 0 ? group.padStart(4, "0").toUpperCase() : group)).join(":"),
  ].map(bracketed);
}

function bracketed(address: string): string {
  return `[${address}]`;
}

function distinct(hosts: readonly string[]): string[] {
  return [...new Set(hosts)];
}

/** No address of a page, whatever may be called: each is this machine or another in some parser's eyes. */
export const malformed = (port: number): readonly string[] => [
  ...[
    "user@127.0.0.1",
    "user:secret@127.0.0.1",
    "evil.test@127.0.0.1",
    "127.0.0.1@evil.test",
    "@127.0.0.1",
    ":@127.0.0.1",
  ].map((authority) => `http://${authority}:${port}/`),
  // URL parsers skip slashes to spare, and take what follows for the host.
  ...["http:///", "http:////", "http:///user@", "http:///evil.test@", "HTTP:///%31", "http://///"].map(
    (start) => `${start}127.0.0.1:${port}/`,
  ),
  ...[
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "127.0.0.1%00.evil.test",
    "127.0.0.1%2f",
    "%6cocalhost",
    "[::1%25lo]",
    "[fe80::1%25eth0]",
  ].map((authority) => `http://${authority}:${port}/`),
  ...["127.0.0.1\t", "127.0.0\n.1", "127.0.0.1\r\nx: y", "127.0.0.1 .evil.test", "\u007f127.0.0.1", "127.0.0.1\0"].map(
    (authority) => `http://${authority}:${port}/`,
  ),
  ...[
    "127.0.0.1\\@evil.test",
    "evil.test\\@127.0.0.1",
    "\\127.0.0.1",
    "127.0.0.256",
    "1.2.3.4.5",
    "0x100000000",
    "[::1",
    "::1",
  ].map((authority) => `http://${authority}:${port}/`),
  ...[
    "[::g]",
    "[1:2:3:4:5:6:7:8:9]",
    "[127.0.0.1]",
    "[::ffff:127.0.0.256]",
    "127..0.1",
    "xn--a",
    "a<b",
    "a^b",
    "a|b",
  ].map((authority) => `http://${authority}:${port}/`),
  ...["127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80:80", "127.0.0.1:+80", "127.0.0.1:8０x"].map(
    (authority) => `http://${authority}/`,
  ),
  ...["http:", "http:/", "http:\\\\", "http:/\\", "//", "/\\", " http://", "\thttp://", "ht\ntp://", "http://\t"].map(
    (start) => `${start}127.0.0.1:${port}/`,
  ),
  ...["ftp", "ws", "wss", "file", "gopher", "dict", "ldap", "unix", "http+unix", "https+insecure", "h2c", "httpx"].map(
    (scheme) => `${scheme}://127.0.0.1:${port}/`,
  ),
  ...[
    "data:text/plain,x",
    "javascript:fetch('/')",
    "blob:http://127.0.0.1/x",
    "about:blank",
    "127.0.0.1",
    "localhost",
    "\u0000",
  ],
  ...[
    `http://127.0.0.1:${port}/#@evil.test`,
    `http://127.0.0.1:${port}/a b`,
    `http://127.0.0.1:${port}/\r\nx: y`,
    "http://",
    "http://?",
    "http://#",
    "http://:80/",
  ],
];
