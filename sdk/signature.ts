// Who calls a page: the Standard Webhooks signature (version 1, HMAC-SHA256 over id, time and body), checked with what
// browsers, workers and Node all have.

import { invalid } from "./errors.js";
import { limits } from "./limits.js";

const encoder = new TextEncoder();

export class Signatures {
  readonly #keys: Promise<readonly CryptoKey[]>;

  /** @param secrets `whsec_` and base64; several while one is replaced by another. INVALID_ARGUMENT for anything else. */
  constructor(secrets: readonly string[]) {
    const keys = secrets.map(keyBytesOf).map((bytes) => {
      return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    });
    this.#keys = Promise.all(keys);
  }

  /** Whether one of the secrets signed this body, at most five minutes from `now`, in milliseconds since 1970. */
  async verify(headers: Headers, body: Uint8Array, now: number): Promise<boolean> {
    const id = headers.get("webhook-id");
    const seconds = headers.get("webhook-timestamp") ?? "";
    if (id === null || !/^\d{1,15}$/.test(seconds)) return false;
    if (Math.abs(now - Number(seconds) * 1_000) > limits.signatureAgeMs) return false;
    const head = encoder.encode(`${id}.${seconds}.`);
    const signed = new Uint8Array(head.length + body.length);
    signed.set(head);
    signed.set(body, head.length);
    for (const entry of (headers.get("webhook-signature") ?? "").split(" ")) {
      const signature = entry.startsWith("v1,") ? bytesOf(entry.slice(3)) : undefined;
      if (signature === undefined) continue;
      for (const key of await this.#keys) if (await crypto.subtle.verify("HMAC", key, signature, signed)) return true;
    }
    return false;
  }
}

function keyBytesOf(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = secret.startsWith("whsec_") ? bytesOf(secret.slice("whsec_".length)) : undefined;
  if (bytes === undefined || bytes.length === 0) throw invalid("secret", "must be whsec_ and base64");
  return bytes;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
