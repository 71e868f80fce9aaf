// Calls that no sound client makes, byte by byte, to both doors, and what may be answered to them. Knows the envelopes
// of gRPC, gRPC-Web and Connect, but nothing of what is in them.

import { Agent, request } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";

/** What came back, as the protocol says it. */
export interface Said {
  /** The HTTP status; undefined if the stream or connection ended without one. */
  readonly http: number | undefined;
  /** The number of the gRPC code; undefined where the answer holds none. */
  readonly code: number | undefined;
  readonly message: string;
}

export type Headers = Readonly<Record<string, string | readonly string[]>>;

const CODE_NAMES = [
  ...["ok", "canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists"],
  ...["permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented"],
  ...["internal", "unavailable", "data_loss", "unauthenticated"],
];

/** One message in the envelope that gRPC, gRPC-Web and Connect's streams share; `length` may lie. */
export function envelope(message: Uint8Array, flags = 0, length = message.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** Calls over HTTP/2 in plain text. Opens another connection if an attack cost it the last. */
export class GrpcCaller {
  readonly #url: string;
  #session: ClientHttp2Session | undefined;
  calls = 0;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}`;
  }

  call(path: string, body: Uint8Array, headers: Headers = {}): Promise<Said> {
    this.calls += 1;
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(this.#url).on("error", () => {});
    }
    const sent = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers };
    const stream = this.#session.request(sent as Record<string, string>);
    return new Promise((resolve) => {
      const all: Record<string, unknown> = {};
      stream.on("response", (header) => Object.assign(all, header));
      stream.on("trailers", (header) => Object.assign(all, header));
      stream.on("error", () => {});
      stream.on("close", () => {
        const status = all["grpc-status"];
        const message = status === undefined ? `stream closed by ${stream.rstCode}` : text(all["grpc-message"]);
        resolve({
          http: all[":status"] as number | undefined,
          code: status === undefined ? undefined : Number(status),
          message,
        });
      });
      stream.resume();
      stream.end(body);
    });
  }

  close(): void {
    this.#session?.destroy();
  }
}

/** Calls over HTTP/1.1, on connections that are kept. */
export class HttpCaller {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });
  calls = 0;

  constructor(port: number) {
    this.#port = port;
  }

  call(path: string, body: Uint8Array | string, headers: Headers, method = "POST"): Promise<Said> {
    this.calls += 1;
    return new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port: this.#port, path, method, agent: this.#agent };
      const length = method === "GET" ? {} : { "content-length": Buffer.byteLength(body) };
      const sent = request({ ...options, headers: { ...length, ...headers } as Record<string, string> });
      sent.on("error", reject);
      sent.on("response", (response) => {
        const pieces: Buffer[] = [];
        response.on("data", (piece) => pieces.push(piece));
        response.on("error", reject);
        response.on("end", () => resolve(saidOverHttp(response.statusCode, response.headers, Buffer.concat(pieces))));
      });
      sent.end(method === "GET" ? undefined : body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** By the form of the answer: the end of a stream, or one JSON error. */
function saidOverHttp(http: number | undefined, headers: Record<string, unknown>, body: Buffer): Said {
  const type = String(headers["content-type"] ?? "");
  if (type.startsWith("application/grpc-web")) {
    const trailer = http === 200 ? lastEnvelope(body).toString() : "";
    const header = headers["grpc-status"];
    const status = /^grpc-status: ?(\d+)/m.exec(trailer)?.[1] ?? header;
    const message = /^grpc-message: ?(.*)/m.exec(trailer)?.[1] ?? headers["grpc-message"];
    return { http, code: status === undefined ? undefined : Number(status), message: text(message) };
  }
  if (http === 200 && type.startsWith("application/connect+")) {
    const { error } = JSON.parse(lastEnvelope(body).toString());
    return { http, code: CODE_NAMES.indexOf(error?.code ?? "ok"), message: error?.message ?? "" };
  }
  if (http === 200) return { http, code: 0, message: "" };
  if (!type.startsWith("application/json")) return { http, code: undefined, message: body.toString().slice(0, 200) };
  const { code, message = "" } = JSON.parse(body.toString());
  return { http, code: CODE_NAMES.indexOf(code), message };
}

function lastEnvelope(body: Buffer): Buffer {
  let at = 0;
  let last: Buffer = Buffer.alloc(0);
  while (at + 5 <= body.length) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    last = body.subarray(at + 5, end);
    at = end;
  }
  return last;
}

function text(value: unknown): string {
  const said = String(value ?? "");
  try {
    return decodeURIComponent(said);
  } catch {
    return said;
  }
}
