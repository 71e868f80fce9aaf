// A file of JSON lines, or standard input, read a piece at a time: memory holds no more than a line and a piece. What
// is no JSON is refused by the number of its line.

import { isUtf8 } from "node:buffer";
import { createReadStream, statSync } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { DroverError } from "@drover/sdk";
import { limits } from "../core/limits.js";

const NEWLINE = 10;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Whether it is there in full and can be read again; a pipe, or standard input, cannot. */
export function canBeReadTwice(file: string): boolean {
  try {
    return file !== "-" && statSync(file).isFile();
  } catch (error) {
    throw unreadable(file, error);
  }
}

/**
 * The lines in order, each as it was written, without its line end. INVALID_ARGUMENT names the line that is empty (but
 * for those at the end), no JSON, or larger than a payload may be. The signal ends it with an error.
 */
export async function* jsonLines(file: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let number = 0;
  let empty: number | undefined;
  for await (const line of linesOf(piecesOf(file, signal))) {
    number += 1;
    if (line.length > limits.payloadBytes) throw wrong(number, `is longer than ${limits.payloadBytes} bytes`);
    const bytes = withoutEnds(line, number);
    if (bytes.length === 0) {
      empty ??= number;
      continue;
    }
    if (empty !== undefined) throw wrong(empty, "is empty");
    checkJson(bytes, number);
    yield bytes;
  }
}

function checkJson(bytes: Buffer, number: number): void {
  if (!isUtf8(bytes)) throw wrong(number, "is not UTF-8");
  try {
    JSON.parse(bytes.toString());
  } catch (error) {
    throw wrong(number, `is not JSON: ${(error as Error).message}`);
  }
}

function withoutEnds(line: Buffer, number: number): Buffer {
  const start = number === 1 && line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  return line.subarray(start, line.at(-1) === 13 ? -1 : undefined);
}

/** A line that is far too long comes in part, so that nobody has to hold it. */
async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      const rest = piece.subarray(start, end);
      yield held.length === 0 ? rest : Buffer.concat([held, rest]);
      held = Buffer.alloc(0);
      start = end + 1;
    }
    held = Buffer.concat([held, piece.subarray(start)]);
    if (held.length > limits.payloadBytes + 1) yield held;
  }
  if (held.length > 0) yield held;
}

async function* piecesOf(file: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const stream: Readable = file === "-" ? process.stdin : createReadStream(file);
  if (signal !== undefined) addAbortSignal(signal, stream);
  try {
    for await (const piece of stream) yield piece;
  } catch (error) {
    throw signal?.aborted ? signal.reason : unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): Error {
  const name = file === "-" ? "standard input" : file;
  return new DroverError("INVALID_ARGUMENT", `${name} cannot be read: ${(error as Error).message}`);
}

function wrong(line: number, why: string): Error {
  return new DroverError("INVALID_ARGUMENT", `line ${line}: ${why}`);
}
