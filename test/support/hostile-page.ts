// A page server on raw sockets whose paths misbehave, each in its own way, once a request's headers have arrived. Counts
// the requests of each path. What a path does is for the test to say; here is only what takes some writing.

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** Called for each request, with which one of its path it is, counted from 1. */
export type Misbehaviour = (socket: Socket, request: number) => void;

export class HostilePages {
  readonly origin: string;
  readonly port: number;
  /** By path. */
  readonly requests = new Map<string, number>();
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.origin = `http://127.0.0.1:${port}`;
    this.#close = close;
  }

  static async start(paths: Readonly<Record<string, Misbehaviour>>): Promise<HostilePages> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).once("close", () => sockets.delete(socket));
      let head = "";
      socket.on("data", (bytes) => {
        head += bytes.toString("latin1");
        const path = /^[A-Z]+ (\S+) HTTP\/1\.1\r\n[\s\S]*?\r\n\r\n/.exec(head)?.[1];
        if (path === undefined) return;
        head = "";
        const count = (pages.requests.get(path) ?? 0) + 1;
        pages.requests.set(path, count);
        paths[path]?.(socket, count);
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const pages = new HostilePages((server.address() as AddressInfo).port, async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    });
    return pages;
  }

  close(): Promise<void> {
    return this.#close();
  }
}

/** Writes this again and again, as fast as the other side takes it, until the connection is gone. */
export function forEver(socket: Socket, bytes: string | Uint8Array): void {
  const more = () => {
    if (socket.writable) socket.write(bytes, () => setImmediate(more));
  };
  more();
}

/** Writes one of these at a time, so far apart. */
export function drip(socket: Socket, pieces: Iterable<string>, everyMs: number): void {
  const iterator = pieces[Symbol.iterator]();
  const timer = setInterval(() => {
    const { value, done } = iterator.next();
    if (done === true) clearInterval(timer);
    else socket.write(value);
  }, everyMs);
  socket.once("close", () => clearInterval(timer));
}

export function* endless(piece: string): Generator<string> {
  for (;;) yield piece;
}
