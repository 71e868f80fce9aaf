// A streamed answer, read frame by frame: newline-delimited JSON, or server-sent events whose data is the same JSON.
// Knows what frames mean, not what becomes of them.

import { limits } from "../core/limits.js";
import { type Frame, readFrame } from "./frame.js";
import { Lines, type StreamFault } from "./lines.js";

export type StreamFormat = "ndjson" | "sse";

/** Reads one stream. Says what is wrong with it as soon as that is known; nothing may be pushed after that. */
export class FrameReader {
  readonly #onFrame: (frame: Frame) => void;
  readonly #lines: Lines;
  /** The lines of data of the event that is being read; undefined before its first. */
  #data: string | undefined;

  constructor(format: StreamFormat, onFrame: (frame: Frame) => void) {
    this.#onFrame = onFrame;
    this.#lines =
      format === "ndjson"
        ? new Lines("LF", (line) => this.#read(line))
        : new Lines("LF, CR or CRLF", (line) => this.#eventLine(line));
  }

  push(piece: Uint8Array): StreamFault {
    return this.#lines.push(piece);
  }

  /** The stream ended as it should. A last frame without its line end counts: half of a JSON object is never one. */
  end(): StreamFault {
    return this.#lines.end() ?? this.#dispatch();
  }

  /** One line of the event stream format (WHATWG HTML, section 9.2.6). */
  #eventLine(line: string): StreamFault {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    if (field !== "data") return undefined; // A comment, or event, id or retry, which mean nothing here.
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    // Characters are at least as many bytes: what is larger in characters is surely larger in bytes.
    if (this.#data.length > limits.frameBytes) return `an event is longer than ${limits.frameBytes} bytes`;
    return undefined;
  }

  #dispatch(): StreamFault {
    const data = this.#data;
    this.#data = undefined;
    return data === undefined ? undefined : this.#read(data);
  }

  #read(text: string): StreamFault {
    if (text.trim() === "") return undefined;
    const frames = readFrame(text);
    if (typeof frames === "string") return frames;
    for (const frame of frames) this.#onFrame(frame);
    return undefined;
  }
}
