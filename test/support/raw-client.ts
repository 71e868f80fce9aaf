// The service as a client without our SDK reaches it: bytes by @grpc/grpc-js, JSON by fetch and by curl. All three
// speak the JSON form of the messages to a test, so that their answers can be compared.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  createRegistry,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { AttemptService } from "@drover/sdk/gen/drover/v1/attempt_service_pb";
import { JobService } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { QueueService } from "@drover/sdk/gen/drover/v1/queue_service_pb";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@drover/sdk/gen/google/rpc/error_details_pb";
import { StatusSchema } from "@drover/sdk/gen/google/rpc/status_pb";
import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";

export interface Answer {
  /** `OK`, or the name of the error's code. */
  readonly code: string;
  readonly message: string;
  /** The fields at fault. */
  readonly fields: readonly string[];
  /** ErrorInfo.reason. */
  readonly reason: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: JSON whose shape the test knows
  readonly body: any;
}

/** One way to say something to the service: `say("JobService/GetJob", { jobId })`. */
export type Say = (method: string, request: JsonObject, token?: string) => Promise<Answer>;

const SERVICES = [JobService, AttemptService, QueueService];
const DETAILS = createRegistry(BadRequestSchema, ErrorInfoSchema, RetryInfoSchema);
const run = promisify(execFile);

export function methodOf(name: string): DescMethod {
  const [service, method] = name.split("/");
  const found = SERVICES.find((it) => it.name === service)?.methods.find((it) => it.name === method);
  if (found === undefined) throw new Error(`there is no method ${name}`);
  return found;
}

export class RawClient {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  readonly say: Say = async (name, request, token) => {
    const method = methodOf(name);
    return this.sayBytes(name, toBinary(method.input, fromJson(method.input, request)), token);
  };

  /** Any bytes, sound or not. */
  sayBytes(name: string, bytes: Uint8Array, token?: string): Promise<Answer> {
    const method = methodOf(name);
    return new Promise((resolve) => {
      const path = `/${method.parent.typeName}/${method.name}`;
      const done = (error: ServiceError | null, answer?: Buffer) =>
        resolve(error === null ? ok(shown(method, answer as Buffer)) : failed(error));
      this.#client.makeUnaryRequest(path, Buffer.from, Buffer.from, Buffer.from(bytes), bearer(token), done);
    });
  }

  /** The messages of a stream in JSON; ends with it, rejects with a ServiceError, cancels it when left. */
  async *watch(request: JsonObject, name = "JobService/WatchJob"): AsyncGenerator<JsonObject> {
    const { output } = methodOf(name);
    const stream = this.openWatch(request, name);
    try {
      for await (const bytes of stream) yield toJson(output, fromBinary(output, bytes)) as JsonObject;
    } finally {
      stream.on("error", () => {});
      stream.cancel();
    }
  }

  openWatch(request: JsonObject, name = "JobService/WatchJob"): ClientReadableStream<Buffer> {
    const { input, parent, name: method } = methodOf(name);
    const bytes = Buffer.from(toBinary(input, fromJson(input, request)));
    return this.#client.makeServerStreamRequest(`/${parent.typeName}/${method}`, Buffer.from, Buffer.from, bytes);
  }

  close(): void {
    this.#client.close();
  }
}

/** JSON over HTTP, by fetch. */
export function sayByFetch(address: string): Say {
  return async (name, request, token) => {
    const response = await postJson(address, name, JSON.stringify(request), token);
    return fromHttp(response.status, await response.text());
  };
}

/** Any text, sound or not. */
export function postJson(address: string, name: string, body: string, token?: string): Promise<Response> {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  return fetch(`http://${address}/drover.v1.${name}`, { method: "POST", headers, body });
}

/** JSON over HTTP, by a process of curl for each call. */
export function sayByCurl(address: string): Say {
  return async (name, request) => {
    const args = ["-s", "-w", "\n%{http_code}", "-H", "content-type: application/json", "-d", JSON.stringify(request)];
    const { stdout } = await run("curl", [...args, `http://${address}/drover.v1.${name}`]);
    const cut = stdout.lastIndexOf("\n");
    return fromHttp(Number(stdout.slice(cut + 1)), stdout.slice(0, cut));
  };
}

/** A watch over HTTP: Connect's stream of JSON, in frames of five bytes and a message. */
export async function* watchByFetch(address: string, request: JsonObject): AsyncGenerator<JsonObject> {
  const message = Buffer.from(JSON.stringify(request));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  const response = await fetch(`http://${address}/drover.v1.JobService/WatchJob`, {
    method: "POST",
    headers: { "content-type": "application/connect+json" },
    body: Buffer.concat([head, message]),
  });
  let bytes = Buffer.alloc(0);
  for await (const piece of response.body ?? []) {
    bytes = Buffer.concat([bytes, piece]);
    for (let end = 5 + sizeOf(bytes); bytes.length >= end; end = 5 + sizeOf(bytes)) {
      const frame = JSON.parse(bytes.subarray(5, end).toString());
      const isLast = ((bytes[0] ?? 0) & 2) !== 0;
      bytes = bytes.subarray(end);
      if (!isLast) yield frame;
      else if (frame.error !== undefined)
        throw Object.assign(new Error(frame.error.message), { code: frame.error.code });
    }
  }
}

function sizeOf(bytes: Buffer): number {
  return bytes.length < 5 ? Number.POSITIVE_INFINITY : bytes.readUInt32BE(1);
}

function ok(body: JsonValue): Answer {
  return { code: "OK", message: "", fields: [], reason: undefined, body };
}

export function fromHttp(httpStatus: number, text: string): Answer {
  const body = JSON.parse(text);
  if (httpStatus === 200) return ok(body);
  const details = (body.details ?? []) as { type: string; value: string }[];
  const find = (name: string) => details.find(({ type }) => type === `google.rpc.${name}`)?.value;
  const [request, info] = [find("BadRequest"), find("ErrorInfo")];
  const violations = request && fromBinary(BadRequestSchema, Buffer.from(request, "base64")).fieldViolations;
  const reason = info && fromBinary(ErrorInfoSchema, Buffer.from(info, "base64")).reason;
  const fields = (violations || []).map(({ field }) => field);
  return { code: body.code.toUpperCase(), message: body.message, fields, reason: reason || undefined, body };
}

function failed(error: ServiceError): Answer {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const details = Buffer.isBuffer(bytes)
    ? (toJson(StatusSchema, fromBinary(StatusSchema, bytes), { registry: DETAILS }) as JsonObject)
    : {};
  // biome-ignore lint/suspicious/noExplicitAny: google.rpc details in JSON
  const list = (details.details ?? []) as any[];
  const fields = list.flatMap((it) => it.fieldViolations ?? []).map((it) => it.field as string);
  const reason = list.find((it) => it.reason !== undefined)?.reason;
  return { code: status[error.code] ?? "", message: error.details, fields, reason, body: details };
}

function bearer(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  return metadata;
}

function shown(method: DescMethod, bytes: Uint8Array): JsonValue {
  return toJson(method.output, fromBinary(method.output, bytes), { registry: DETAILS });
}
