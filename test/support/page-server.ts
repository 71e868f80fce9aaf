// Pages for tests: a real HTTP server whose answers the test programs, and a raw one that writes whatever bytes it is
// told to. Both record what reaches them. Know nothing of Drover.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from "node:net";

export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Which connection it came over, counted from 1. */
  readonly connection: number;
}

export type PageHandler = (request: RecordedRequest, response: ServerResponse) => void | Promise<void>;

/** What both servers have in common: where they are, and who is connected. */
class Listening {
  readonly origin: string;
  readonly port: number;
  connectionCount = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #waiting: (() => void)[] = [];

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.origin = `http://127.0.0.1:${this.port}`;
  }

  accept(socket: Socket): number {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.changed();
    });
    this.connectionCount++;
    this.changed();
    return this.connectionCount;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Resolves as soon as the condition holds; looked at whenever something reaches the server or leaves it. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export class PageServer extends Listening {
  readonly requests: RecordedRequest[] = [];
  handler: PageHandler = (_request, response) => void response.end();
}

/** Answers every request with `handler`, which a test may replace at any time. */
export async function startPageServer(handler?: PageHandler): Promise<PageServer> {
  const numbers = new WeakMap<Socket, number>();
  const server = createServer({ keepAliveTimeout: 60_000 });
  await listen(server);
  const page = new PageServer(server);
  if (handler !== undefined) page.handler = handler;
  server.on("connection", (socket) => numbers.set(socket, page.accept(socket)));
  server.on("request", async (incoming, response) => {
    const request = await record(incoming, numbers.get(incoming.socket) ?? 0);
    page.requests.push(request);
    page.changed();
    await page.handler(request, response);
  });
  return page;
}

export class RawPage extends Listening {
  /** What arrived, by connection: `received[0]` came over the first. */
  readonly received: string[] = [];

  /** How many requests arrived, over all connections. */
  get requestCount(): number {
    return this.received.join("").split(" HTTP/1.1\r\n").length - 1;
  }
}

/**
 * Calls `answer` whenever a request is complete, with its number on its connection, counted from 1. Only for requests
 * that end with their headers, or with a body that ends in `}`.
 */
export async function startRawPage(
  answer: (socket: Socket, request: number, connection: number) => void,
): Promise<RawPage> {
  const server = createRawServer();
  await listen(server);
  const page = new RawPage(server);
  server.on("connection", (socket) => {
    const connection = page.accept(socket);
    let seen = 0;
    page.received[connection - 1] = "";
    socket.on("data", (bytes) => {
      page.received[connection - 1] += bytes.toString("latin1");
      page.changed();
      if (/(\r\n\r\n|\})$/.test(bytes.toString("latin1"))) answer(socket, ++seen, connection);
    });
  });
  return page;
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}

async function record(incoming: IncomingMessage, connection: number): Promise<RecordedRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece);
  return {
    method: incoming.method ?? "",
    url: incoming.url ?? "",
    headers: incoming.headers,
    body: Buffer.concat(pieces),
    connection,
  };
}
