// The HTTP door: the handlers by Connect, gRPC-Web and plain JSON over HTTP/1.1, beside /healthz and /metrics, with
// every bound that Node and Connect leave open by default.

import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import type { DescService, Registry } from "@bufbuild/protobuf";
import { Code, ConnectError, createConnectRouter, type ServiceImpl } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { limits } from "../core/limits.js";
import type { Log } from "../core/observer.js";
import type { Engine } from "../engine/api.js";
import { refusalOf } from "./browser-check.js";
import { withoutInternalDecodeErrors } from "./decode-errors.js";
import { DETAIL_TYPES, toConnectError } from "./errors.js";
import { answers } from "./health.js";
import { COMPRESSION, fitBody } from "./http-requests.js";
import { requestOf, send } from "./node-http.js";
import type { Route } from "./routes.js";
import { Turns } from "./turns.js";
import { READ_OPTIONS } from "./wire.js";

export interface HttpDoorOptions {
  readonly routes: readonly Route[];
  /** For /healthz. */
  readonly engine: Pick<Engine, "ping">;
  /** The page of /metrics. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly log: Log;
  readonly host: string;
  readonly port: number;
  /** What may be in an Any, so that JSON can say it. Default: the details of errors. */
  readonly types?: Registry;
}

export class HttpDoor {
  readonly #options: HttpDoorOptions;
  readonly #server: Server;
  readonly #handlers: ReadonlyMap<string, UniversalHandler>;
  readonly #onLoopback: boolean;
  readonly #stopping = new AbortController();
  readonly #turns = new Turns();
  #left = false;
  #stopped: Promise<void> | undefined;

  constructor(options: HttpDoorOptions) {
    const { host, routes, types = DETAIL_TYPES } = options;
    this.#options = options;
    // Each call under way listens to it, and stops listening when it ends: many are no leak.
    setMaxListeners(0, this.#stopping.signal);
    this.#onLoopback = host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
    this.#handlers = handlersOf(routes, types, this.#stopping.signal);
    this.#server = createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersReceiveMs,
      requestTimeout: limits.requestReceiveMs,
      keepAliveTimeout: limits.connectionKeepMs,
      noDelay: true,
    });
    this.#server.maxConnections = limits.connections;
    this.#server.on("request", (request, response) => void this.#answer(request, response));
  }

  /** Where it listens: with port 0 the system picks one. */
  async start(): Promise<{ host: string; port: number }> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    return { host, port: (this.#server.address() as AddressInfo).port };
  }

  /** Says by /healthz that no new work should come here. Calls are still answered. Idempotent. */
  leave(): void {
    this.#left = true;
  }

  /** Ends streams with UNAVAILABLE, so that watchers go elsewhere, and waits for short calls. Idempotent. */
  stop(graceMs: number): Promise<void> {
    this.leave();
    this.#stopped ??= new Promise((resolve) => {
      this.#stopping.abort(new ConnectError("the server stops; connect again", Code.Unavailable));
      const timer = setTimeout(() => this.#server.closeAllConnections(), graceMs);
      this.#server.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return this.#stopped;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Without a listener an error of a connection that broke would end the process.
    response.on("error", () => response.destroy());
    try {
      if (!(await this.#turns.take(request, response))) return;
      const refusal = refusalOf(request.headers.origin, request.headers.host, this.#onLoopback);
      if (refusal !== undefined) return sayJson(response, 403, "permission_denied", refusal);
      const path = request.url?.split("?", 1)[0] ?? "";
      const handler = this.#handlers.get(path);
      if (handler !== undefined) await call(handler, request, response);
      else if (path === "/healthz") await this.#health(response);
      else if (path === "/metrics") await this.#metrics(response);
      else sayJson(response, 404, "unimplemented", `there is nothing at ${path.slice(0, limits.idChars)}`);
    } catch (error) {
      // A client that left before its answer is no news.
      if (response.closed || response.destroyed) return;
      const { code, rawMessage } = toConnectError(error, this.#options.log);
      if (response.headersSent) response.destroy();
      else if (code === Code.Unavailable) sayJson(response, 503, "unavailable", rawMessage);
      else sayJson(response, 500, "internal", rawMessage);
    }
  }

  async #health(response: ServerResponse): Promise<void> {
    const said = this.#left
      ? "the server leaves"
      : (await answers(this.#options.engine))
        ? "ok"
        : "the store does not answer";
    say(response, said === "ok" ? 200 : 503, "text/plain; charset=utf-8", said);
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const { contentType, body } = await this.#options.metrics();
    say(response, 200, contentType, body);
  }
}

function handlersOf(
  routes: readonly Route[],
  registry: Registry,
  shutdownSignal: AbortSignal,
): Map<string, UniversalHandler> {
  const router = createConnectRouter({
    // gRPC itself needs HTTP/2: it has its own door.
    grpc: false,
    readMaxBytes: limits.messageBytes,
    writeMaxBytes: limits.messageBytes,
    acceptCompression: COMPRESSION,
    binaryOptions: READ_OPTIONS,
    jsonOptions: { recursionLimit: limits.nestedMessages, registry },
    shutdownSignal,
  });
  for (const { service, handlers } of routes) {
    const impl: Record<string, unknown> = {};
    for (const [name, handler] of handlers) impl[name] = handler.run;
    router.service(service, impl as Partial<ServiceImpl<DescService>>);
  }
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}

async function call(handler: UniversalHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let universal: ReturnType<typeof requestOf>;
  try {
    universal = requestOf(request, response);
  } catch {
    return sayJson(response, 400, "invalid_argument", "the request names no host, or no valid address");
  }
  const fit = { ...universal, body: fitBody(universal.body, universal.header, handler.method.input) };
  await send(await withoutInternalDecodeErrors(await handler(fit)), response);
}

function sayJson(response: ServerResponse, status: number, code: string, message: string): void {
  say(response, status, "application/json", JSON.stringify({ code, message }));
}

function say(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { "content-type": contentType, "x-content-type-options": "nosniff" });
  response.end(body);
}
