// HTTP/1.1 as no client speaks it: any bytes on a socket, and the answers that come back, cut apart by their own
// lengths. Knows nothing of what is asked.

import { connect, type Socket } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

export class RawHttp1 {
  readonly socket: Socket;
  closed = false;
  #received = "";
  #waiting: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("data", (bytes) => {
      this.#received += bytes.toString("latin1");
      this.#changed();
    });
    this.socket.on("close", () => {
      this.closed = true;
      this.#changed();
    });
  }

  send(bytes: string | Uint8Array): this {
    if (this.socket.writable) this.socket.write(bytes);
    return this;
  }

  /** Whole answers so far, interim ones (1xx) apart. */
  get answers(): RawAnswer[] {
    const found: RawAnswer[] = [];
    let rest = this.#received;
    for (;;) {
      const head = /^HTTP\/1\.1 (\d{3})[^\r]*\r\n([\s\S]*?\r\n)?\r\n/.exec(rest);
      if (head === null) return found;
      const [whole, status, headers = ""] = head;
      const length = Number(/^content-length: (\d+)\r$/im.exec(headers)?.[1] ?? 0);
      if (rest.length < whole.length + length) return found;
      const body = rest.slice(whole.length, whole.length + length);
      rest = rest.slice(whole.length + length);
      if (Number(status) >= 200) found.push({ status: Number(status), body });
    }
  }

  get received(): string {
    return this.#received;
  }

  /** Resolves with what came when there are so many answers, or the connection is closed. */
  async until(count: number): Promise<RawAnswer[]> {
    while (this.answers.length < count && !this.closed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.answers;
  }

  async untilClosed(): Promise<RawAnswer[]> {
    return this.until(Number.POSITIVE_INFINITY);
  }

  end(): void {
    this.socket.destroy();
  }

  #changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
