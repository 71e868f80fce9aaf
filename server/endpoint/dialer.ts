// Opens connections to pages, to allowed addresses only. The guard judges every address before it is dialled: literals
// here, since sockets look up no literals; names when they have resolved, so that no second look-up can differ.

import type { LookupAddress } from "node:dns";
import { type LookupFunction, Socket } from "node:net";
import { buildConnector } from "undici";
import { DroverError } from "../core/errors.js";
import type { AddressGuard, Destination } from "./address-guard.js";
import { parseAddress } from "./address-ranges.js";

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/**
 * Who asks for the same name at the same time shares one look-up. libuv makes few at a time for the whole process, and a
 * name server that is silent holds each for ten seconds and more: a page whose name does not resolve would take them all.
 */
export function shared(resolve: Resolve): Resolve {
  const underWay = new Map<string, ReturnType<Resolve>>();
  return (hostname) => {
    const found = underWay.get(hostname) ?? resolve(hostname).finally(() => underWay.delete(hostname));
    underWay.set(hostname, found);
    return found;
  };
}

interface DialerOptions {
  readonly guard: AddressGuard;
  readonly resolve: Resolve;
  readonly timeoutMs: number;
}

export class Dialer {
  readonly #options: DialerOptions;
  /** Connected, or being connected. */
  readonly #sockets = new Set<Socket>();

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Connects to one destination, again and again; TLS sessions are kept between. */
  connectorFor(destination: Destination): buildConnector.connector {
    const { guard, timeoutMs } = this.#options;
    const open = buildConnector({ timeout: timeoutMs, lookup: this.#lookupFor(destination) });
    return (options, callback) => {
      if (parseAddress(destination.hostname) !== undefined) {
        const refusal = guard.dialRefusal(destination, destination.hostname);
        if (refusal !== undefined) return callback(refused(refusal), null);
      }
      const dialled: unknown = open(options, (error, socket) => {
        if (error !== null) return callback(error, null);
        // The last word: the address that the connection really has. A socket that is closed already has none.
        const refusal = socket.destroyed ? undefined : guard.dialRefusal(destination, socket.remoteAddress ?? "");
        if (refusal === undefined) return callback(null, socket);
        socket.destroy();
        callback(refused(refusal), null);
      });
      if (dialled instanceof Socket) this.#keep(dialled);
    };
  }

  /** Ends every connection, those being made included, and the calls that wait for one. */
  async close(): Promise<void> {
    const closed = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    for (const socket of this.#sockets) socket.destroy(new DroverError("UNAVAILABLE", "this server is stopping"));
    await Promise.all(closed);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  /** Answers with the allowed addresses of a name; fails if it has others only. */
  #lookupFor(destination: Destination): LookupFunction {
    const { guard, resolve } = this.#options;
    return (hostname, options, callback) => {
      resolve(hostname).then(
        (addresses) => {
          const judged = addresses.map((found) => ({ found, refusal: guard.dialRefusal(destination, found.address) }));
          const allowed = judged.filter(({ refusal }) => refusal === undefined).map(({ found }) => found);
          const [first] = allowed;
          if (first === undefined) callback(refused(judged[0]?.refusal ?? `${hostname} has no address`), []);
          else if (options.all === true) callback(null, allowed);
          else callback(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, []),
      );
    };
  }
}

function refused(why: string): DroverError {
  return new DroverError("PERMISSION_DENIED", why, { reason: "ENDPOINT_NOT_ALLOWED" });
}
