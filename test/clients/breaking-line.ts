// The way between a runner and the gRPC door of a server, which breaks where the conversation says: when a text passes
// that a client sends, so that the answer to it is lost, or when a text passes that a server sends. Each breaks it once.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Texts, as they stand in messages. */
export interface Breaks {
  /** The call that carries it reaches the server, and its answer is lost with the connection. */
  readonly loseAnswerTo: readonly string[];
  /** The connection is closed instead of passing it on. */
  readonly breakAt: readonly string[];
}

export interface BreakingLine {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  /** The texts that broke it, in turn. */
  readonly broken: readonly string[];
  close(): Promise<void>;
}

/** @param to `HOST:PORT` of the server. */
export async function startBreakingLine(to: string, { loseAnswerTo, breakAt }: Breaks): Promise<BreakingLine> {
  const broken: string[] = [];
  const open = new Set<Socket>();
  const [host = "", port] = to.split(":");

  const server = createServer((client) => {
    const upstream = connect(Number(port), host);
    const asked = new Watched(loseAnswerTo);
    const told = new Watched(breakAt);
    const answers = new Answers();
    let lost: string | undefined;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    const breakBy = (text: string) => {
      broken.push(text);
      end();
    };
    client.on("data", (bytes) => {
      lost ??= asked.find(bytes, broken);
      upstream.write(bytes);
    });
    upstream.on("data", (bytes) => {
      const answered = answers.in(bytes);
      const found = told.find(bytes, broken);
      if (lost !== undefined && answered) breakBy(lost);
      else if (found !== undefined) breakBy(found);
      else client.write(bytes);
    });
    for (const socket of [client, upstream]) {
      open.add(socket.setNoDelay(true));
      // Either end may go at any time; then so does the other.
      socket.on("error", end).on("close", () => {
        open.delete(socket);
        end();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    broken,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Finds texts in bytes that come in pieces. */
class Watched {
  readonly #texts: readonly string[];
  #end = "";

  constructor(texts: readonly string[]) {
    this.#texts = texts;
  }

  /** The first that is not among `used`. */
  find(bytes: Buffer, used: readonly string[]): string | undefined {
    const seen = this.#end + bytes.toString("latin1");
    this.#end = seen.slice(-100);
    return this.#texts.find((text) => seen.includes(text) && !used.includes(text));
  }
}

const FRAME_HEAD = 9;
const DATA_FRAME = 0;
const HEADERS_FRAME = 1;

/** Follows the frames of HTTP/2 that a server sends, in pieces. */
class Answers {
  #head = Buffer.alloc(0);
  #rest = 0;

  /** Whether a frame of an answer begins in these bytes, and not only what keeps a connection going. */
  in(bytes: Buffer): boolean {
    let found = false;
    let left = bytes;
    while (left.length > 0) {
      const inFrame = left.subarray(0, this.#rest);
      this.#rest -= inFrame.length;
      left = left.subarray(inFrame.length);
      const missing = FRAME_HEAD - this.#head.length;
      this.#head = Buffer.concat([this.#head, left.subarray(0, missing)]);
      left = left.subarray(missing);
      if (this.#head.length < FRAME_HEAD) return found;
      this.#rest = this.#head.readUIntBE(0, 3);
      found ||= this.#head[3] === DATA_FRAME || this.#head[3] === HEADERS_FRAME;
      this.#head = Buffer.alloc(0);
    }
    return found;
  }
}
