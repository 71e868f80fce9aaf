// Cuts a stream of bytes into lines, whatever pieces they arrive in. Lines are bounded, and decoded as strict UTF-8
// only when whole, so that a character may be split between two pieces.

import { limits } from "../core/limits.js";
import { ByteBuffer } from "./byte-buffer.js";

const LF = 0x0a;
const CR = 0x0d;

/** What is wrong with a stream, for a person; undefined while nothing is. */
export type StreamFault = string | undefined;

export class Lines {
  readonly #ends: "LF" | "LF, CR or CRLF";
  readonly #onLine: (line: string) => StreamFault;
  /** Also drops a byte order mark, with which some writers begin. */
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  readonly #pending = new ByteBuffer(limits.frameBytes);
  /** The last line ended in CR: an LF right after it belongs to the same end. */
  #skipLf = false;

  constructor(ends: "LF" | "LF, CR or CRLF", onLine: (line: string) => StreamFault) {
    this.#ends = ends;
    this.#onLine = onLine;
  }

  push(piece: Uint8Array): StreamFault {
    let start = 0;
    while (start < piece.length) {
      if (this.#skipLf) {
        this.#skipLf = false;
        if (piece[start] === LF) {
          start++;
          continue;
        }
      }
      const end = this.#endFrom(piece, start);
      const fits = this.#pending.append(piece.subarray(start, end < 0 ? piece.length : end));
      if (!fits) return `a line is longer than ${limits.frameBytes} bytes`;
      if (end < 0) return undefined;
      this.#skipLf = piece[end] === CR;
      start = end + 1;
      const fault = this.#line();
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** The stream is over: what is left is a line too. */
  end(): StreamFault {
    return this.#pending.length === 0 ? undefined : this.#line();
  }

  #line(): StreamFault {
    let line: string;
    try {
      line = this.#decoder.decode(this.#pending.take());
    } catch {
      return "a line is not UTF-8";
    }
    return this.#onLine(line);
  }

  #endFrom(piece: Uint8Array, start: number): number {
    const lf = piece.indexOf(LF, start);
    if (this.#ends === "LF") return lf;
    const cr = piece.subarray(start, lf < 0 ? piece.length : lf).indexOf(CR);
    return cr < 0 ? lf : start + cr;
  }
}
