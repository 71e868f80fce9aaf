// The attempt token: a short signed capability for one claim of one job, handed to the page in Job-Token. It needs no
// expiry of its own: the store is asked whether the lease that it names still holds.

import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { DroverError } from "../core/errors.js";
import type { Holding } from "../core/store.js";

/** Not a character of ids, of those that the service derives, or of tokens. */
const SEPARATOR = "/";

export class AttemptTokens {
  readonly #key: KeyObject;

  /** @param key 32 bytes, the same on every server of a store. */
  constructor(key: Uint8Array) {
    // Of bytes Node 24 makes a key for each signature: 8 µs instead of 1.3.
    this.#key = createSecretKey(key);
  }

  sign(holding: Holding): string {
    const body = `${holding.jobId}${SEPARATOR}${holding.token}`;
    return `${body}${SEPARATOR}${this.#signature(body)}`;
  }

  /** PERMISSION_DENIED for what this service did not sign. */
  verify(token: string): Holding {
    const parts = token.split(SEPARATOR);
    const [jobId, leaseToken, signature] = parts;
    if (parts.length === 3 && jobId !== undefined && leaseToken !== undefined && signature !== undefined) {
      const expected = Buffer.from(this.#signature(`${jobId}${SEPARATOR}${leaseToken}`));
      const given = Buffer.from(signature);
      if (given.length === expected.length && timingSafeEqual(given, expected)) return { jobId, token: leaseToken };
    }
    throw new DroverError("PERMISSION_DENIED", "the attempt token is not one that this service signed", {
      reason: "TOKEN_INVALID",
    });
  }

  #signature(body: string): string {
    return createHmac("sha256", this.#key).update(body).digest("base64url");
  }
}
