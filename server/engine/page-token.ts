// Page tokens of lists: opaque to callers, bound to the filters of the first page. They hold no secret; a token that
// was made up shows the caller nothing that the list would not.

import { hash } from "node:crypto";
import { invalid } from "../core/errors.js";
import { limits } from "../core/limits.js";

/** @param scope what the list asks for: a token of another scope is refused. */
export function encodePageToken(scope: unknown, position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([scopeTag(scope), ...position])).toString("base64url");
}

/** The position, or undefined for the first page. */
export function decodePageToken(scope: unknown, token: string): readonly unknown[] | undefined {
  if (token === "") return undefined;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (Array.isArray(parsed) && parsed[0] === scopeTag(scope)) return parsed.slice(1);
  } catch {
    throw badPageToken();
  }
  throw badPageToken();
}

export function badPageToken(): Error {
  return invalid([{ field: "page_token", description: "is not from a page of this list with the same filters" }]);
}

/** 0 is the default; more than the bound is clamped. */
export function pageSizeOf(given: number): number {
  if (given < 0) throw invalid([{ field: "page_size", description: "must not be negative" }]);
  return given === 0 ? limits.defaultPageSize : Math.min(given, limits.pageSize);
}

function scopeTag(scope: unknown): string {
  return hash("sha256", JSON.stringify(scope), "base64url").slice(0, 11);
}
