// Requests that a client sends over one HTTP/1.1 connection without waiting for answers ("pipelining") are answered one
// after the other. Node hands them out all at once: 64 KiB on one connection began 400 calls, and held a GiB of answers
// that nobody read.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests of one connection that wait for their turn. Clients that do this at all send a few ahead, not hundreds. */
const MOST_AHEAD = 16;

export class Turns {
  readonly #connections = new WeakMap<Socket, { last: ServerResponse; ahead: number }>();

  /** Resolves with whether to answer: not if the client has left meanwhile, or has been cut off. */
  async take({ socket }: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      this.#connections.set(socket, { last: response, ahead: 0 });
      return true;
    }
    const { last: before } = connection;
    connection.last = response;
    if (before.closed || before.writableFinished) return true;
    if (connection.ahead === MOST_AHEAD) socket.destroy();
    connection.ahead += 1;
    await new Promise((resolve) => before.once("close", resolve));
    connection.ahead -= 1;
    return !socket.destroyed;
  }
}
