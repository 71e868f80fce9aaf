// Values as bytes and back, for payloads and results. What a value becomes is decided by its type and the content
// type; on the way back by the content type alone. Bytes that are not what they are said to be stay bytes.

import { invalid } from "./errors.js";

export interface Body {
  readonly bytes: Uint8Array;
  /** Empty: application/json, the default of the wire. */
  readonly contentType: string;
}

const NONE = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** INVALID_ARGUMENT, naming `field`, if the value has no such form. `undefined` is no bytes at all. */
export function encodeBody(value: unknown, contentType: string | undefined, field: string): Body {
  if (value === undefined) return { bytes: NONE, contentType: contentType ?? "" };
  if (value instanceof Uint8Array) {
    return { bytes: value, contentType: contentType ?? "application/octet-stream" };
  }
  if (contentType !== undefined && !isJson(contentType)) {
    if (typeof value === "string") return { bytes: encoder.encode(value), contentType };
    throw invalid(field, `must be a string or a Uint8Array with content type ${contentType}`);
  }
  return { bytes: encoder.encode(jsonOf(value, field)), contentType: contentType ?? "" };
}

/** JSON as a value, text as a string, anything else as bytes; undefined if there are none. */
export function decodeBody(bytes: Uint8Array, contentType: string): unknown {
  if (bytes.length === 0) return undefined;
  const json = contentType === "" || isJson(contentType);
  if (!json && !/^text\//i.test(contentType)) return bytes;
  try {
    const text = decoder.decode(bytes);
    return json ? JSON.parse(text) : text;
  } catch {
    return bytes; // Shown as it is: a page may say JSON and answer something else, and its job is still to be read.
  }
}

function isJson(contentType: string): boolean {
  return /^application\/(?:json|[^;\s]+\+json)\s*(?:;|$)/i.test(contentType);
}

function jsonOf(value: unknown, field: string): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw invalid(field, `is not a JSON value: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (text === undefined) throw invalid(field, `is not a JSON value: ${typeof value}`);
  return text;
}
