// How many large requests one gRPC connection may have under way. grpc-js keeps what has arrived of each message, and a
// connection may have a thousand streams: without this one client that begins messages and never ends them fills the
// memory. What waits is left to HTTP/2's flow control, so that it stays with the sender, and small calls pass it by.

import type { ServerHttp2Stream } from "node:http2";
import { limits } from "../core/limits.js";

/** What a stream may send before it must be read; no fewer bytes can be held back. */
const SMALL_BYTES = 64 * 1024;
const AT_ONCE = (limits.connectionMebibytes * 1024 * 1024) / limits.messageBytes;

export class LargeRequests {
  #reading = 0;
  /** Sets are in order: the first that came goes on first. */
  readonly #waiting = new Set<() => void>();

  /** Before anybody else reads the stream. */
  watch(stream: ServerHttp2Stream): void {
    let bytes = 0;
    const count = (piece: Uint8Array) => {
      bytes += piece.length;
      if (bytes <= SMALL_BYTES) return;
      stream.off("data", count);
      this.#admit(stream);
    };
    stream.on("data", count);
  }

  #admit(stream: ServerHttp2Stream): void {
    let reading = false;
    const read = () => {
      this.#waiting.delete(read);
      this.#reading += 1;
      reading = true;
      stream.resume();
    };
    if (this.#reading < AT_ONCE) read();
    else {
      this.#waiting.add(read);
      stream.pause();
    }
    // Until its answer: a handler holds the message too.
    stream.once("close", () => {
      this.#waiting.delete(read);
      if (!reading) return;
      this.#reading -= 1;
      const [next] = this.#waiting;
      next?.();
    });
  }
}
