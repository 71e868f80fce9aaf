// A page under Node's own HTTP server, and under whatever is built on it, such as Express and Fastify: from its request
// and response to those of the web, and back.

import type { IncomingMessage, ServerResponse } from "node:http";
import { limits } from "./limits.js";
import { readAtMost } from "./read-body.js";

/** `createServer(nodeListener(page))`, or `app.post(path, nodeListener(page))` in Express. */
export type NodeListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * The body must not have been read as JSON before: a signature is of its bytes. Put the page before such middleware; a
 * body that was read as bytes (`express.raw()`) is fine. Never rejects: what goes wrong is answered with 500.
 */
export function nodeListener(page: (request: Request) => Promise<Response>): NodeListener {
  return async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    try {
      const body = await bodyOf(incoming);
      if (body === undefined) return refuse(outgoing, 413, `a payload has at most ${limits.payloadBytes} bytes`);
      await send(await page(requestOf(incoming, body, gone.signal)), outgoing, gone.signal);
    } catch (error) {
      refuse(outgoing, 500, error instanceof Error ? error.message : String(error));
    }
  };
}

/** Undefined if it is larger than a payload may be. */
async function bodyOf(incoming: IncomingMessage & { body?: unknown }): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (incoming.body instanceof Uint8Array) return Uint8Array.from(incoming.body);
  if (incoming.readableEnded) throw new Error("the body was read before it came to the page: let it come first");
  // Without the option, a body that is too large would cost the connection before the answer is sent.
  return readAtMost(incoming.iterator({ destroyOnReturn: false }), limits.payloadBytes);
}

function requestOf(incoming: IncomingMessage, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Request {
  const scheme = "encrypted" in incoming.socket ? "https" : "http";
  // Express cuts off of `url` what a router was mounted at.
  const { originalUrl: path = incoming.url ?? "/" } = incoming as { originalUrl?: string };
  const origin = `${scheme}://${incoming.headers.host ?? "localhost"}`;
  const url = path.startsWith("/") ? origin + path : path;
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const one of [value].flat()) if (one !== undefined) headers.append(name, one);
  }
  const { method = "GET" } = incoming;
  const bare = method === "GET" || method === "HEAD";
  return new Request(url, { method, headers, signal, ...(!bare && { body }) });
}

/** Writes no faster than the reader reads, and lets go of the answer when the reader leaves. */
async function send(response: Response, outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  const reader = response.body?.getReader();
  const leave = () => void reader?.cancel(gone.reason).catch(() => undefined);
  gone.addEventListener("abort", leave, { once: true });
  if (gone.aborted) leave();
  for (let next = await reader?.read(); next !== undefined && !next.done; next = await reader?.read()) {
    if (!outgoing.write(next.value)) await drained(outgoing, gone);
    if (gone.aborted) return;
  }
  gone.removeEventListener("abort", leave);
  outgoing.end();
}

function drained(outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      gone.removeEventListener("abort", done);
      resolve();
    };
    outgoing.once("drain", done);
    gone.addEventListener("abort", done, { once: true });
    if (gone.aborted) done();
  });
}

function refuse(outgoing: ServerResponse, status: number, message: string): void {
  if (outgoing.headersSent) return void outgoing.destroy();
  outgoing.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(message);
}
