// The signature by which a page can tell who calls it: the Standard Webhooks scheme, version 1 (HMAC-SHA256 over id,
// time and body). The secret never appears in an error.

import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { Signer } from "../core/caller.js";
import { invalid } from "../core/errors.js";

const PREFIX = "whsec_";
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * `secret` is `whsec_` and base64, as pages have it. Signs the bytes of the body as they are sent.
 * INVALID_ARGUMENT if the secret cannot be read.
 */
export function signerFor(secret: string): Signer {
  const key = keyOf(secret);
  return (id, timeSeconds, body) => {
    const signature = createHmac("sha256", key).update(`${id}.${timeSeconds}.`).update(body).digest("base64");
    return { "webhook-id": id, "webhook-timestamp": String(timeSeconds), "webhook-signature": `v1,${signature}` };
  };
}

function keyOf(secret: string): KeyObject {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!BASE64.test(encoded)) {
    throw invalid([{ field: "signing_secret", description: `must be ${PREFIX} and base64` }]);
  }
  return createSecretKey(encoded, "base64");
}
