// HTTP/2 as no client speaks it: frames written byte by byte on a socket, in any number and order, and what the server
// makes of them. Headers are written without compression, so that a frame is what it looks like.

import { connect, type Socket } from "node:net";

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
const ACKNOWLEDGED = 0x1;
const HEAD_BYTES = 9;
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** Of SETTINGS. */
export const INITIAL_WINDOW_SIZE = 4;

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function settings(...pairs: (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [index, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return frame(FRAME.settings, 0, 0, payload);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A block of headers, each as a literal that is not remembered. */
export function headerBlock(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  const literal = (text: string) => Buffer.concat([prefixed(Buffer.byteLength(text), 7), Buffer.from(text)]);
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

/** An integer of HPACK after a prefix of so many bits, whose upper bits are zero. */
function prefixed(value: number, bits: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([value]);
  const bytes = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

export function callHeaders(path: string, ...more: (readonly [string, string])[]): Buffer {
  const pseudo = [":method", "POST"] as const;
  return headerBlock([
    pseudo,
    [":scheme", "http"],
    [":path", path],
    [":authority", "127.0.0.1"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...more,
  ]);
}

export class RawHttp2 {
  readonly socket: Socket;
  /** Frames that came, by type. */
  readonly seen = new Map<number, number>();
  closed = false;
  #pending: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  /** Error code of GOAWAY. */
  goAwayCode: number | undefined;

  private constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.closed = true;
      this.#changed();
    });
    this.socket.on("data", (bytes) => this.#read(bytes));
  }

  /** Says the preface, and these settings. */
  static async open(port: number, ...pairs: (readonly [number, number])[]): Promise<RawHttp2> {
    const connection = new RawHttp2(port);
    await connection.write(Buffer.concat([Buffer.from(PREFACE), settings(...pairs)]));
    await connection.until(() => connection.count(FRAME.settings) > 0);
    return connection;
  }

  /** Bytes that are no HTTP/2, or not yet. */
  static raw(port: number): RawHttp2 {
    return new RawHttp2(port);
  }

  count(type: number): number {
    return this.seen.get(type) ?? 0;
  }

  /** Resolves when the system took the bytes, or the connection is gone. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.closed || !this.socket.writable) return Promise.resolve();
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  /** Resolves when the condition holds or the connection is closed. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.closed) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Whether the server still answers on this connection. */
  async answersPing(): Promise<boolean> {
    const before = this.count(FRAME.ping);
    await this.write(frame(FRAME.ping, 0, 0, Buffer.alloc(8, 7)));
    await this.until(() => this.count(FRAME.ping) > before);
    return !this.closed;
  }

  end(): void {
    this.socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < end) break;
      this.#take({
        type: this.#pending.readUInt8(3),
        flags: this.#pending.readUInt8(4),
        stream: this.#pending.readUInt32BE(5) & 0x7fffffff,
        payload: this.#pending.subarray(HEAD_BYTES, end),
      });
      this.#pending = this.#pending.subarray(end);
    }
    this.#changed();
  }

  #take({ type, flags, payload }: Frame): void {
    this.seen.set(type, this.count(type) + 1);
    if (type === FRAME.goAway) this.goAwayCode = payload.readUInt32BE(4);
    if (type === FRAME.settings && (flags & ACKNOWLEDGED) === 0) {
      this.socket.write(frame(FRAME.settings, ACKNOWLEDGED, 0));
    }
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
