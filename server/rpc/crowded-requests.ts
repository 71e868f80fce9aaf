// Requests that are small and hold very many messages: 4 MiB have room for two million empty jobs, which are 3 GiB once
// they are decoded, and half a minute in which nothing else is done. They are counted before.

import type { DescMessage } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { limits } from "../core/limits.js";

/** Fails with INVALID_ARGUMENT. What is no message is left to whoever decodes it. */
export function refuseCrowded(desc: DescMessage, bytes: Uint8Array): void {
  // One has two bytes at least.
  if (bytes.length < 2 * limits.messagesInRequest) return;
  try {
    const reader = new BinaryReader(bytes);
    if (roomAfter(desc, reader, bytes.length, limits.messagesInRequest) >= 0) return;
  } catch {
    return;
  }
  throw crowded();
}

/** The same for JSON: what may be a message begins with a brace. Texts hold some too, payloads in base64 none. */
export function refuseCrowdedJson(bytes: Uint8Array): void {
  let count = 0;
  for (let at = bytes.indexOf(BRACE); at >= 0; at = bytes.indexOf(BRACE, at + 1)) {
    count += 1;
    if (count > limits.messagesInRequest) throw crowded();
  }
}

const BRACE = 0x7b;

function crowded(): ConnectError {
  return new ConnectError(
    `the request holds more than ${limits.messagesInRequest} messages within messages: send less at a time`,
    Code.InvalidArgument,
  );
}

/** How many more there may be behind this message; below 0 if it has too many. */
function roomAfter(desc: DescMessage, reader: BinaryReader, end: number, room: number): number {
  const inner = messagesIn(desc);
  let left = room;
  while (reader.pos < end && left >= 0) {
    const [number, type] = reader.tag();
    const field = inner.get(number);
    if (field === undefined || type !== WireType.LengthDelimited) {
      reader.skip(type, number);
      continue;
    }
    const length = reader.uint32();
    left = roomAfter(field, reader, reader.pos + length, left - 1);
  }
  return left;
}

const known = new WeakMap<DescMessage, ReadonlyMap<number, DescMessage>>();

/** The fields that hold messages, by number. Entries of maps are none: what they make is a text under a name. */
function messagesIn(desc: DescMessage): ReadonlyMap<number, DescMessage> {
  let fields = known.get(desc);
  if (fields === undefined) {
    const found = new Map<number, DescMessage>();
    for (const { number, message, fieldKind } of desc.fields) {
      if (message !== undefined && fieldKind !== "map") found.set(number, message);
    }
    known.set(desc, found);
    fields = found;
  }
  return fields;
}
