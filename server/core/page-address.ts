// What the address and the headers of a page may look like, judged on the raw text: URL parsers silently drop CR, LF
// and TAB, so what they return says nothing about what was sent. Whether an address may be called is another question.

import { limits } from "./limits.js";

/** Why this is no address of a page; undefined if it is one. */
export function checkUrl(url: string): string | undefined {
  if (url.length === 0) return "is required";
  if (url.length > limits.urlChars) return `must be at most ${limits.urlChars} characters`;
  for (let i = 0; i < url.length; i++) {
    const code = url.charCodeAt(i);
    if (code <= 0x20 || code === 0x7f) return "must not hold spaces or control characters";
    if (code === 0x5c) return "must not hold backslashes";
  }
  const scheme = /^(https?):\/\/([^/?#]*)/i.exec(url);
  if (scheme === null) return "must be an absolute http or https address";
  const authority = scheme[2] ?? "";
  // URL parsers skip further slashes and take what follows for the host.
  if (authority === "") return "must name a host";
  if (authority.includes("@")) return "must not hold user info";
  if (authority.includes("%")) return "must not hold a zone or an escape in its host";
  if (url.includes("#")) return "must not hold a fragment";
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return "is not a valid address";
  }
  if (parsed.hostname === "") return "must name a host";
  if (parsed.port === "0") return "must not name port 0";
  return undefined;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible characters, spaces and tabs (RFC 9110, section 5.5); nothing beyond Latin-1 can be sent. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const OWN = [
  "host",
  "content-length",
  "content-type",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "expect",
  "proxy-connection",
  "proxy-authorization",
  "idempotency-key",
];
const OWN_PREFIXES = ["job-", "webhook-"];

/** What is wrong with these headers; `header` is absent where it is all of them together. */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
): { readonly header?: string; readonly description: string }[] {
  const found: { header?: string; description: string }[] = [];
  const entries = Object.entries(headers);
  if (entries.length > limits.headerCount) found.push({ description: `must be at most ${limits.headerCount}` });
  let bytes = 0;
  const seen = new Set<string>();
  for (const [header, value] of entries) {
    bytes += header.length + value.length + 4;
    const lower = header.toLowerCase();
    if (!TOKEN.test(header)) found.push({ header, description: "is not a header name" });
    else if (OWN.includes(lower) || OWN_PREFIXES.some((prefix) => lower.startsWith(prefix))) {
      found.push({ header, description: "is set by Drover" });
    } else if (seen.has(lower)) found.push({ header, description: "is given twice" });
    if (!VALUE.test(value)) found.push({ header, description: "must not hold control or non-Latin-1 characters" });
    seen.add(lower);
  }
  if (bytes > limits.headerBytes) found.push({ description: `must be at most ${limits.headerBytes} bytes in all` });
  return found;
}
