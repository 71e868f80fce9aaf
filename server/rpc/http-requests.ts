// What Connect is about to decode on the HTTP door, looked at before: Connect takes any number of messages within
// messages. A body that is refused fails when Connect reads it, which says so in the form of its protocol.

import type { DescMessage } from "@bufbuild/protobuf";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { limits } from "../core/limits.js";
import { refuseCrowded, refuseCrowdedJson } from "./crowded-requests.js";

/** What requests and answers may be compressed with. */
export const COMPRESSION = [compressionGzip, compressionBrotli];

/** Of a stream: one byte of flags, the first of which says that the message is compressed, and its length. */
const ENVELOPE_BYTES = 5;
const COMPRESSED = 1;

/** The same bytes, once all of them are there and are found fit. */
export async function* fitBody(
  body: AsyncIterable<Uint8Array>,
  header: Headers,
  input: DescMessage,
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    // Too large, which is Connect's to say: it reads no further.
    if (length > limits.messageBytes + ENVELOPE_BYTES) yield chunk;
    else {
      chunks.push(chunk);
      length += chunk.length;
      if (length > limits.messageBytes + ENVELOPE_BYTES) yield* chunks.splice(0);
    }
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > 0) {
    await refuseUnfit(bytes, header, input);
    yield bytes;
  }
}

async function refuseUnfit(bytes: Buffer, header: Headers, input: DescMessage): Promise<void> {
  const type = header.get("content-type") ?? "";
  const refuse = type.includes("json") ? refuseCrowdedJson : (message: Uint8Array) => refuseCrowded(input, message);
  if (/^application\/(proto|json)\b/.test(type)) {
    const message = await plain(bytes, header.get("content-encoding"));
    if (message !== undefined) refuse(message);
    return;
  }
  const encoding = header.get("connect-content-encoding") ?? header.get("grpc-encoding");
  for (let at = 0; at + ENVELOPE_BYTES <= bytes.length; ) {
    const start = at + ENVELOPE_BYTES;
    at = start + bytes.readUInt32BE(at + 1);
    const isCompressed = ((bytes[start - ENVELOPE_BYTES] ?? 0) & COMPRESSED) !== 0;
    const message = await plain(bytes.subarray(start, at), isCompressed ? encoding : null);
    if (message !== undefined) refuse(message);
  }
}

/** Undefined for what cannot be decompressed: Connect says why. */
async function plain(bytes: Uint8Array, encoding: string | null): Promise<Uint8Array | undefined> {
  if (encoding === null || encoding === "identity") return bytes;
  const compression = COMPRESSION.find(({ name }) => name === encoding);
  try {
    return await compression?.decompress(bytes, limits.messageBytes);
  } catch {
    return undefined;
  }
}
