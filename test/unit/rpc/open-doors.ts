// Both doors on free ports of 127.0.0.1 before a small engine, and ways to call them: generated clients for each
// protocol, and raw requests that no well-behaved client would send.

import { once } from "node:events";
import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import type { Log } from "../../../server/core/observer.js";
import { DETAIL_TYPES } from "../../../server/rpc/errors.js";
import { GrpcDoor } from "../../../server/rpc/grpc-door.js";
import { HttpDoor } from "../../../server/rpc/http-door.js";
import { OpenStreams, routesOf } from "../../../server/rpc/routes.js";
import { SmallEngine } from "./small-engine.js";

export const PROTOCOLS = ["grpc", "connect", "connect-json", "grpc-web"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export class RecordingLog implements Log {
  readonly lines: { level: string; message: string; fields: unknown }[] = [];
  readonly debug = (message: string, fields?: unknown) => this.lines.push({ level: "debug", message, fields });
  readonly info = (message: string, fields?: unknown) => this.lines.push({ level: "info", message, fields });
  readonly warn = (message: string, fields?: unknown) => this.lines.push({ level: "warn", message, fields });
  readonly error = (message: string, fields?: unknown) => this.lines.push({ level: "error", message, fields });
}

export interface OpenDoors {
  readonly engine: SmallEngine;
  readonly log: RecordingLog;
  readonly grpc: GrpcDoor;
  readonly http: HttpDoor;
  readonly streams: OpenStreams;
  readonly grpcUrl: string;
  readonly httpUrl: string;
  client<S extends DescService>(service: S, protocol: Protocol): Client<S>;
  close(): Promise<void>;
}

export async function openDoors(maxStreams = 100, connectionAgeMs?: number): Promise<OpenDoors> {
  const engine = new SmallEngine();
  const log = new RecordingLog();
  const streams = new OpenStreams(maxStreams);
  const common = { routes: routesOf(engine, log, streams), engine, log, host: "127.0.0.1", port: 0 };
  const metrics = async () => {
    if (engine.broken !== undefined) throw engine.broken;
    return { contentType: "text/plain", body: "drover_up 1\n" };
  };
  const grpc = new GrpcDoor({ ...common, ...(connectionAgeMs === undefined ? {} : { connectionAgeMs }) });
  const http = new HttpDoor({ ...common, metrics });
  const grpcUrl = `http://127.0.0.1:${(await grpc.start()).port}`;
  const httpUrl = `http://127.0.0.1:${(await http.start()).port}`;
  const transport = (protocol: Protocol) => {
    if (protocol === "grpc") return createGrpcTransport({ baseUrl: grpcUrl });
    const options = { baseUrl: httpUrl, httpVersion: "1.1" as const };
    if (protocol === "grpc-web") return createGrpcWebTransport(options);
    return createConnectTransport({
      ...options,
      useBinaryFormat: protocol === "connect",
      jsonOptions: { registry: DETAIL_TYPES },
    });
  };
  return {
    ...{ engine, log, grpc, http, streams, grpcUrl, httpUrl },
    client: (service, protocol) => createClient(service, transport(protocol)),
    close: async () => {
      await Promise.all([grpc.stop(0), http.stop(0)]);
    },
  };
}

export interface GrpcAnswer {
  readonly status: number;
  readonly message: string;
  readonly details: Buffer | undefined;
  readonly body: Buffer;
}

/** One gRPC call on a connection of its own or a given one, with any bytes as its body. */
export async function rawGrpc(
  session: ClientHttp2Session,
  path: string,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Promise<GrpcAnswer> {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let trailers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on("response", (header) => Object.assign(trailers, header));
  stream.on("trailers", (header) => {
    trailers = { ...trailers, ...header };
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.end(body);
  await once(stream, "close");
  const details = trailers["grpc-status-details-bin"];
  return {
    status: Number(trailers["grpc-status"]),
    message: decodeURIComponent(String(trailers["grpc-message"] ?? "")),
    details: details === undefined ? undefined : Buffer.from(String(details), "base64"),
    body: Buffer.concat(chunks),
  };
}

export function openSession(url: string): ClientHttp2Session {
  return connect(url);
}

/** A message in the envelope of gRPC, gRPC-Web and Connect's streams. */
export function enveloped(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly localPort: number;
}

/** One HTTP request; unlike fetch it may set any header and be sent in chunks. */
export async function rawHttp(
  url: string,
  options: {
    method?: string;
    headers?: Record<string, string>;
    body?: Uint8Array | string;
    agent?: Agent;
    chunked?: boolean;
  },
): Promise<HttpAnswer> {
  const { method = "POST", headers = {}, body = "", agent, chunked = false } = options;
  const length = chunked ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const sent = request(url, { method, headers: { ...length, ...headers }, ...(agent === undefined ? {} : { agent }) });
  sent.end(body);
  const [response] = await once(sent, "response");
  const localPort: number = response.socket.localPort;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks), localPort };
}
