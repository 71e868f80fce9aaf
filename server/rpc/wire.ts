// Bytes to messages and back, with the bounds and errors of both directions. Garbage is the caller's mistake:
// INVALID_ARGUMENT, never INTERNAL.

import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { limits } from "../core/limits.js";
import { refuseCrowded } from "./crowded-requests.js";
import type { Request, Response } from "./routes.js";

/** Unknown fields are skipped: nothing here sends a request on. */
export const READ_OPTIONS = { readUnknownFields: false, recursionLimit: limits.nestedMessages } as const;

export function decode(desc: DescMessage, bytes: Uint8Array): Request {
  refuseCrowded(desc, bytes);
  try {
    return fromBinary(desc, ownMemory(bytes), READ_OPTIONS);
  } catch (error) {
    throw notAMessage(error instanceof Error ? error.message : "");
  }
}

/**
 * Fields of a message are views of its bytes, and these are often a piece of what a socket read. A copy keeps the rest
 * from being kept with a job: 64 KiB for one of 300 bytes.
 */
function ownMemory(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

export function encode(desc: DescMessage, response: Response): Uint8Array {
  const bytes = toBinary(desc, create(desc, response));
  if (bytes.length > limits.messageBytes) {
    throw new ConnectError(
      `the answer has ${bytes.length} bytes, more than the ${limits.messageBytes} of a message: ask for less`,
      Code.ResourceExhausted,
    );
  }
  return bytes;
}

/** Why, where the message says that it is compressed and is not, or not wholly. */
export const NOT_DECOMPRESSED = "it cannot be decompressed";

/** What every door says to bytes that are no message. */
export function notAMessage(why: string): ConnectError {
  return new ConnectError(`the request cannot be decoded: ${why}`, Code.InvalidArgument);
}
