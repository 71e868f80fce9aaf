// Connect answers bytes that are no message with INTERNAL. They are the caller's mistake, so such an answer is written
// anew: INVALID_ARGUMENT, in the words of the gRPC door. Each of Connect's three ways to say an error has its own form.

import { Code, type ConnectError } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { NOT_DECOMPRESSED, notAMessage } from "./wire.js";

/** How connect-es begins the text of such an error. */
const PREFIX = "parse binary: ";
/** Its other texts of an INTERNAL that is the caller's: data cut short, and a compressed message with no encoding. */
const NOT_COMPRESSED = ["decompression failed", "received compressed envelope, but do not know how to decompress"];
/** Flags of an envelope that ends a stream: Connect's and gRPC-Web's. */
const CONNECT_END = 0b10;
const GRPC_WEB_END = 0b1000_0000;
const ENVELOPE_BYTES = 5;

/** A request that cannot be decoded has no other answer, so that the first chunk tells, and is all there is. */
export async function withoutInternalDecodeErrors(response: UniversalServerResponse): Promise<UniversalServerResponse> {
  const type = response.header?.get("content-type") ?? "";
  // Only what is longer than such an error is compressed.
  if (response.body === undefined || response.header?.has("content-encoding")) return response;
  if (response.status !== 200 && type === "application/json") return unaryAnswer(response, response.body);
  if (!type.startsWith("application/connect+") && !type.startsWith("application/grpc-web")) return response;
  return { ...response, body: streamAnswer(response.body) };
}

async function unaryAnswer(
  response: UniversalServerResponse,
  body: AsyncIterable<Uint8Array>,
): Promise<UniversalServerResponse> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const error = decodeErrorOf(bytes.toString());
  if (error === undefined) return { ...response, body: one(bytes) };
  const text = Buffer.from(JSON.stringify({ code: "invalid_argument", message: error.rawMessage }));
  const header = new Headers(response.header);
  header.set("content-length", String(text.length));
  return { ...response, status: 400, header, body: one(text) };
}

async function* streamAnswer(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of body) {
    yield first ? (rewritten(chunk) ?? chunk) : chunk;
    first = false;
  }
}

/** The envelope that says it anew; undefined if this one says something else. */
function rewritten(chunk: Uint8Array): Uint8Array | undefined {
  const flags = chunk[0];
  const content = Buffer.from(chunk).subarray(ENVELOPE_BYTES).toString();
  if (flags === CONNECT_END) {
    const end: { error?: unknown } = JSON.parse(content);
    const error = decodeErrorOf(JSON.stringify(end.error ?? {}));
    if (error === undefined) return undefined;
    return envelope(flags, JSON.stringify({ ...end, error: { code: "invalid_argument", message: error.rawMessage } }));
  }
  if (flags === GRPC_WEB_END) {
    const trailer = new Map(content.split("\r\n").map((line) => line.split(": ", 2) as [string, string]));
    const message = decodeURIComponent(trailer.get("grpc-message") ?? "");
    const error = trailer.get("grpc-status") === String(Code.Internal) ? callersMistake(message) : undefined;
    if (error === undefined) return undefined;
    const said = encodeURIComponent(error.rawMessage);
    return envelope(flags, `grpc-status: ${Code.InvalidArgument}\r\ngrpc-message: ${said}\r\n`);
  }
  return undefined;
}

function decodeErrorOf(json: string): ConnectError | undefined {
  const { code, message }: { code?: string; message?: string } = JSON.parse(json);
  return code === "internal" ? callersMistake(message ?? "") : undefined;
}

function callersMistake(message: string): ConnectError | undefined {
  if (message.startsWith(PREFIX)) return notAMessage(message.slice(PREFIX.length));
  return NOT_COMPRESSED.includes(message) ? notAMessage(NOT_DECOMPRESSED) : undefined;
}

function envelope(flags: number, content: string): Uint8Array {
  const text = Buffer.from(content);
  const head = Buffer.alloc(ENVELOPE_BYTES);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, text]);
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
