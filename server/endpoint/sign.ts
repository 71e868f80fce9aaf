// The signature by which a page can tell who calls it: the Standard Webhooks scheme, version 1 (HMAC-SHA256 over id,
// time and body). The secret never appears in an error.

import { createHmac } from "node:crypto";
import { invalid } from "../core/errors.js";

const PREFIX = "whsec_";
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * `secret` is `whsec_` and base64, as pages have it. Signs the bytes of the body as they are sent.
 * INVALID_ARGUMENT if the secret cannot be read.
 */
export function signatureHeaders(
  secret: string,
  id: string,
  timestampSeconds: number,
  body: Uint8Array,
): Readonly<Record<string, string>> {
  const signature = createHmac("sha256", keyOf(secret))
    .update(`${id}.${timestampSeconds}.`)
    .update(body)
    .digest("base64");
  return { "webhook-id": id, "webhook-timestamp": String(timestampSeconds), "webhook-signature": `v1,${signature}` };
}

function keyOf(secret: string): Buffer {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!BASE64.test(encoded)) {
    throw invalid([{ field: "signing_secret", description: `must be ${PREFIX} and base64` }]);
  }
  return Buffer.from(encoded, "base64");
}
