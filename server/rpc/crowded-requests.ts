// Requests that are small and hold very many messages: 4 MiB have room for two million empty jobs, which are 3 GiB once
// they are decoded, and half a minute in which nothing else is done. They are counted before.

import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { limits } from "../core/limits.js";

/** Fails with INVALID_ARGUMENT. What is no message is left to whoever decodes it. */
export function refuseCrowded(desc: DescMessage, bytes: Uint8Array): void {
  // One has two bytes at least.
  if (bytes.length < 2 * limits.messagesInRequest) return;
  try {
    new Count(bytes).read(desc, bytes.length);
  } catch (error) {
    // Where this cannot go on the decoder cannot either: both read the same bytes in the same way.
    if (error instanceof ConnectError) throw error;
  }
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

class Count {
  readonly #reader: BinaryReader;
  #messages = 0;

  constructor(bytes: Uint8Array) {
    this.#reader = new BinaryReader(bytes);
  }

  read(desc: DescMessage, end: number): void {
    const fields = fieldsOf(desc);
    const reader = this.#reader;
    while (reader.pos < end) {
      const [number, type] = reader.tag();
      const field = fields.get(number);
      // The decoder goes by what a field is declared to be, whatever its tag says: it would read on where this does not.
      if (field !== undefined && !field.types.includes(type)) throw misdeclared(desc, number);
      if (field?.message === undefined) reader.skip(type, number);
      else {
        this.#messages += 1;
        if (this.#messages > limits.messagesInRequest) throw crowded();
        const length = reader.uint32();
        this.read(field.message, reader.pos + length);
      }
    }
  }
}

function crowded(): ConnectError {
  return new ConnectError(
    `the request holds more than ${limits.messagesInRequest} messages within messages: send less at a time`,
    Code.InvalidArgument,
  );
}

function misdeclared({ typeName }: DescMessage, field: number): ConnectError {
  const message = `the request cannot be decoded: field ${field} of ${typeName} has another wire type`;
  return new ConnectError(message, Code.InvalidArgument);
}

interface KnownField {
  readonly types: readonly WireType[];
  /** Absent where it holds none. An entry of a map is none: what it makes is a text under a name. */
  readonly message: DescMessage | undefined;
}

const known = new WeakMap<DescMessage, ReadonlyMap<number, KnownField>>();

function fieldsOf(desc: DescMessage): ReadonlyMap<number, KnownField> {
  let fields = known.get(desc);
  if (fields === undefined) {
    fields = new Map(
      desc.fields.map((field) => {
        const message = field.fieldKind === "map" ? undefined : field.message;
        return [field.number, { types: wireTypesOf(field), message }];
      }),
    );
    known.set(desc, fields);
  }
  return fields;
}

/** Numbers of a list may also come packed, as one. */
function wireTypesOf(field: DescField): readonly WireType[] {
  switch (field.fieldKind) {
    case "message":
    case "map":
      return [WireType.LengthDelimited];
    case "enum":
      return [WireType.Varint];
    case "scalar":
      return [wireTypeOf(field.scalar)];
    case "list":
      switch (field.listKind) {
        case "message":
          return [WireType.LengthDelimited];
        case "enum":
          return [WireType.Varint, WireType.LengthDelimited];
        default:
          return [wireTypeOf(field.scalar), WireType.LengthDelimited];
      }
    default:
      return field satisfies never;
  }
}

function wireTypeOf(scalar: ScalarType): WireType {
  switch (scalar) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return WireType.Bit64;
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return WireType.Bit32;
    default:
      return WireType.Varint;
  }
}
