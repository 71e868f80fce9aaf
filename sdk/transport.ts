// How a client in Node reaches a server: gRPC over one HTTP/2 connection that is kept alive by pings. More are opened
// only for watches beyond what one connection should carry, since a server allows so many streams on each and every
// further call would wait for one of them to end.

import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { baseUrlOf } from "./address.js";
import { limits } from "./limits.js";
import { Session } from "./session.js";

/** A transport that belongs to a client and is closed with it. */
export interface OwnTransport extends Transport {
  /** Closes its connections and with them all calls. Idempotent. */
  close(): void;
}

interface Connection {
  readonly transport: Transport;
  readonly session: Session;
  streams: number;
}

/** Connects with the first call. Default: http://127.0.0.1:7070. Throws INVALID_ARGUMENT for what is no address. */
export function openTransport(address = "http://127.0.0.1:7070"): OwnTransport {
  const baseUrl = baseUrlOf(address);
  const first = connect(baseUrl);
  const connections = [first];
  return {
    unary: first.transport.unary,
    async stream(method, signal, timeoutMs, header, input, contextValues) {
      let connection = connections.find(({ streams }) => streams < limits.watchesPerConnection);
      if (connection === undefined) {
        connection = connect(baseUrl);
        connections.push(connection);
      }
      const release = countStream(connection);
      signal?.addEventListener("abort", release, { once: true });
      try {
        const response = await connection.transport.stream(method, signal, timeoutMs, header, input, contextValues);
        return { ...response, message: andThen(response.message, release) };
      } catch (error) {
        release();
        throw error;
      }
    },
    close() {
      for (const { session } of connections) session.abort();
    },
  };
}

function connect(baseUrl: string): Connection {
  const session = new Session(baseUrl, {
    pingIntervalMs: limits.pingIntervalMs,
    pingTimeoutMs: limits.pingTimeoutMs,
  });
  const transport = createGrpcTransport({
    baseUrl,
    sessionManager: session,
    readMaxBytes: limits.answerBytes,
    // Nothing is saved on the way to a server nearby, and both sides would pay for it.
    acceptCompression: [],
  });
  return { transport, session, streams: 0 };
}

/** Counts one until what it returns is called, however often that is. */
function countStream(connection: Connection): () => void {
  let open = true;
  connection.streams += 1;
  return () => {
    if (open) connection.streams -= 1;
    open = false;
  };
}

async function* andThen<T>(messages: AsyncIterable<T>, end: () => void): AsyncIterable<T> {
  try {
    yield* messages;
  } finally {
    end();
  }
}
