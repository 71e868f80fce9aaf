// Ids that the service derives, so that a repeat finds what the first call made. Callers' ids never begin so, as the
// character is not one of theirs.

import { hash } from "node:crypto";

/** 192 bits of SHA-256 over the parts, in order. */
export function derivedId(
  kind: "retry" | "batch" | "member" | "onComplete",
  ...parts: readonly (string | number)[]
): string {
  return `~${hash("sha256", JSON.stringify([kind, ...parts]), "base64url").slice(0, 32)}`;
}
