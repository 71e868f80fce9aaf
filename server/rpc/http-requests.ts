// What Connect is about to decode on the HTTP door, looked at before: Connect takes any number of messages within
// messages. A body that is refused fails when Connect reads it, which says so in the form of its protocol.

import type { DescMessage } from "@bufbuild/protobuf";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { limits } from "../core/limits.js";
import { refuseCrowded, refuseCrowdedJson } from "./crowded-requests.js";

/** What requests and answers may be compressed with. */
export const COMPRESSION = [compressionGzip, compressionBrotli];

/** One byte of flags, the first of which says that the message is compressed, and its length. */
const ENVELOPE_BYTES = 5;
const COMPRESSED = 1;
const EMPTY_ENVELOPE = new Uint8Array(ENVELOPE_BYTES);

type Refuse = (message: Uint8Array) => void;

/** The same bytes, once they are found fit. Of a type that Connect refuses they are not looked at. */
export function fitBody(
  body: AsyncIterable<Uint8Array>,
  header: Headers,
  input: DescMessage,
): AsyncIterable<Uint8Array> {
  const type = header.get("content-type")?.toLowerCase() ?? "";
  const refuse = type.includes("json") ? refuseCrowdedJson : (message: Uint8Array) => refuseCrowded(input, message);
  if (type.startsWith("application/grpc-web")) return fitEnvelope(body, header.get("grpc-encoding"), refuse);
  if (type.startsWith("application/connect+")) return fitEnvelope(body, header.get("connect-content-encoding"), refuse);
  return fitMessage(body, header.get("content-encoding"), refuse);
}

/** A body that is one message. */
async function* fitMessage(
  body: AsyncIterable<Uint8Array>,
  encoding: string | null,
  refuse: Refuse,
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    // It is larger than a message: Connect reads no further, and decodes none of it.
    if (length > limits.messageBytes) yield* chunks.splice(0);
  }
  if (chunks.length === 0) return;
  const message = Buffer.concat(chunks);
  if (length <= limits.messageBytes) await look(message, encoding, refuse);
  yield message;
}

/** A body in envelopes, of which no method of this door takes a second. */
async function* fitEnvelope(
  body: AsyncIterable<Uint8Array>,
  encoding: string | null,
  refuse: Refuse,
): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  let end = Number.POSITIVE_INFINITY;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (held.length < ENVELOPE_BYTES && length >= ENVELOPE_BYTES) {
      held = Buffer.concat(chunks);
      end = ENVELOPE_BYTES + held.readUInt32BE(1);
    }
    // There is another one, or this one is too large: the rest is left unread.
    if (length > end || isTooLarge(end)) break;
  }
  held = Buffer.concat(chunks);
  // Cut short or too large is for Connect to say, which decodes neither.
  if (length < end || isTooLarge(end)) {
    yield held;
    return;
  }
  const isCompressed = ((held[0] ?? 0) & COMPRESSED) !== 0;
  await look(held.subarray(ENVELOPE_BYTES, end), isCompressed ? encoding : null, refuse);
  yield held.subarray(0, end);
  // Connect says that there is one too many, also of an empty one, and need not decode what is in it.
  if (length > end) yield EMPTY_ENVELOPE;
}

function isTooLarge(end: number): boolean {
  return Number.isFinite(end) && end > ENVELOPE_BYTES + limits.messageBytes;
}

/** Nothing is refused that cannot be decompressed: Connect says why. */
async function look(message: Uint8Array, encoding: string | null, refuse: Refuse): Promise<void> {
  const plain = encoding === null || encoding === "identity" ? message : await decompressed(message, encoding);
  if (plain !== undefined) refuse(plain);
}

async function decompressed(message: Uint8Array, encoding: string): Promise<Uint8Array | undefined> {
  try {
    return await COMPRESSION.find(({ name }) => name === encoding)?.decompress(message, limits.messageBytes);
  } catch {
    return undefined;
  }
}
