// The same calls through three clients, in one shape: a raw @grpc/grpc-js client on the gRPC door, the SDK, and the
// program curl with JSON on the HTTP door. What they return can be compared.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  createRegistry,
  type DescMessage,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { createClient, DroverError, type Job as SdkJob } from "@drover/sdk";
import { JobService } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { QueueService } from "@drover/sdk/gen/drover/v1/queue_service_pb";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@drover/sdk/gen/google/rpc/error_details_pb";
import { StatusSchema } from "@drover/sdk/gen/google/rpc/status_pb";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";

/** What of a job every client shows alike. */
export interface ShownJob {
  readonly id: string;
  readonly state: string;
  readonly stateReason: string;
  readonly attemptCount: number;
  readonly queue: string;
  readonly result: string;
}

/** What of an error every client shows alike. */
export class ShownError extends Error {
  readonly code: string;
  readonly fields: readonly string[];
  readonly reason: string;

  constructor(code: string, message: string, fields: readonly string[], reason: string) {
    super(message);
    this.code = code;
    this.fields = fields;
    this.reason = reason;
  }
}

export interface DoorClient {
  submit(job: {
    id: string;
    url: string;
    payload?: JsonValue;
    queue?: string;
    delay?: string;
  }): Promise<{ existing: boolean }>;
  get(id: string): Promise<ShownJob>;
  watch(id: string): Promise<ShownJob[]>;
  list(queue: string): Promise<string[]>;
  cancel(id: string): Promise<ShownJob>;
  retry(id: string): Promise<{ id: string; existing: boolean }>;
  pause(queue: string): Promise<boolean>;
  resume(queue: string): Promise<boolean>;
  purge(queue: string): Promise<number>;
  close(): void | Promise<void>;
}

const REGISTRY = createRegistry(BadRequestSchema, ErrorInfoSchema, RetryInfoSchema);
const methodsOf = (name: string): DescMethod => {
  const method = [...JobService.methods, ...QueueService.methods].find((one) => one.name === name);
  if (method === undefined) throw new Error(`no method ${name}`);
  return method;
};

/** Calls one method with JSON, and returns all messages of the answer as JSON. */
type Call = (method: string, request: JsonValue) => Promise<JsonValue[]>;

function overCalls(call: Call, close: () => void): DoorClient {
  // biome-ignore lint/suspicious/noExplicitAny: answers are JSON of several shapes, and `shown` reads them.
  const one = async (method: string, request: JsonValue) => (await call(method, request))[0] as any;
  return {
    async submit({ id, url, payload, queue, delay }) {
      const bytes = payload === undefined ? {} : { payload: Buffer.from(JSON.stringify(payload)).toString("base64") };
      const job = {
        id,
        endpoint: { url },
        ...bytes,
        ...(queue === undefined ? {} : { queue }),
        ...(delay === undefined ? {} : { delay }),
      };
      return { existing: ((await one("SubmitJob", { job })).existing ?? false) as boolean };
    },
    get: async (jobId) => shown((await one("GetJob", { jobId })).job),
    watch: async (jobId) =>
      (await call("WatchJob", { jobId })).flatMap((message) => {
        const { job } = message as { job?: JsonValue };
        return job === undefined ? [] : [shown(job)];
      }),
    list: async (queue) => (((await one("ListJobs", { queue })).jobs ?? []) as { id: string }[]).map(({ id }) => id),
    cancel: async (jobId) => shown((await one("CancelJob", { jobId })).job),
    async retry(jobId) {
      const { job, existing = false } = (await one("RetryJob", { jobId })) as {
        job: { id: string };
        existing?: boolean;
      };
      return { id: job.id, existing };
    },
    pause: async (queue) =>
      ((await one("PauseQueue", { queue })) as { queue: { paused?: boolean } }).queue.paused ?? false,
    resume: async (queue) =>
      ((await one("ResumeQueue", { queue })) as { queue: { paused?: boolean } }).queue.paused ?? false,
    purge: async (queue) => Number((await one("PurgeQueue", { queue })).cancelledCount ?? 0),
    close,
  };
}

function shown(job: JsonValue | undefined): ShownJob {
  const { id, state, stateReason, attemptCount = 0, queue, result = "" } = job as Record<string, string>;
  return {
    id: id ?? "",
    state: (state ?? "").replace("JOB_STATE_", ""),
    stateReason: (stateReason ?? "").replace("JOB_STATE_REASON_", ""),
    attemptCount: Number(attemptCount),
    queue: queue ?? "",
    result: Buffer.from(result, "base64").toString(),
  };
}

export function rawGrpcClient(address: string): DoorClient {
  const client = new Client(address, credentials.createInsecure());
  const encode = (schema: DescMessage) => (json: JsonValue) => Buffer.from(toBinary(schema, fromJson(schema, json)));
  const decode = (schema: DescMessage) => (bytes: Buffer) =>
    toJson(schema, fromBinary(schema, bytes), { registry: REGISTRY }) as JsonValue;
  return overCalls(
    (name, request) => {
      const method = methodsOf(name);
      const path = `/${method.parent.typeName}/${method.name}`;
      return new Promise((resolve, reject) => {
        const fail = (error: ServiceError) => reject(fromGrpc(error));
        if (method.methodKind === "unary") {
          client.makeUnaryRequest(path, encode(method.input), decode(method.output), request, (error, answer) => {
            if (error !== null) fail(error);
            else resolve([answer as JsonValue]);
          });
          return;
        }
        const messages: JsonValue[] = [];
        const stream = client.makeServerStreamRequest(path, encode(method.input), decode(method.output), request);
        stream.on("data", (message: JsonValue) => messages.push(message));
        stream.on("error", fail);
        stream.on("end", () => resolve(messages));
      });
    },
    () => client.close(),
  );
}

function fromGrpc(error: ServiceError): ShownError {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const json =
    bytes === undefined ? {} : toJson(StatusSchema, fromBinary(StatusSchema, bytes as Buffer), { registry: REGISTRY });
  const { details = [] } = json as { details?: Record<string, never>[] };
  return shownError(status[error.code] ?? "", error.details, details);
}

function shownError(code: string, message: string, details: readonly Record<string, unknown>[]): ShownError {
  const fields = details.flatMap((detail) =>
    ((detail.fieldViolations ?? []) as { field: string }[]).map(({ field }) => field),
  );
  const reason = details.map((detail) => detail.reason).find((found) => found !== undefined) ?? "";
  return new ShownError(code, message, fields, String(reason));
}

const run = promisify(execFile);

/** The program curl, with JSON. A stream is asked for as Connect has it: length-prefixed messages of JSON. */
export function curlClient(address: string): DoorClient {
  return overCalls(
    async (name, request) => {
      const method = methodsOf(name);
      const url = `http://${address}/${method.parent.typeName}/${method.name}`;
      const streams = method.methodKind !== "unary";
      const body = Buffer.from(JSON.stringify(request));
      const type = streams ? "application/connect+json" : "application/json";
      const args = [
        "--silent",
        "--show-error",
        "--request",
        "POST",
        url,
        "--header",
        `content-type: ${type}`,
        "--data-binary",
        "@-",
      ];
      const running = run("curl", args, { encoding: "buffer", maxBuffer: 16 * 1024 * 1024 });
      running.child.stdin?.end(streams ? framed(body) : body);
      const { stdout } = await running;
      const messages = streams ? unframed(stdout) : [JSON.parse(stdout.toString())];
      const error = messages
        .map((message) => (streams ? message.error : message.code === undefined ? undefined : message))
        .find(Boolean);
      if (error !== undefined) throw fromConnect(error);
      return streams ? messages.filter((message) => Object.keys(message).length > 0) : messages;
    },
    () => {},
  );
}

function fromConnect(error: {
  code: string;
  message: string;
  details?: { debug: Record<string, unknown> }[];
}): ShownError {
  return shownError(
    error.code.toUpperCase(),
    error.message,
    (error.details ?? []).map(({ debug }) => debug),
  );
}

function framed(body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function unframed(bytes: Buffer): Record<string, never>[] {
  const messages: Record<string, never>[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    messages.push(JSON.parse(bytes.subarray(at + 5, at + 5 + length).toString()));
    at += 5 + length;
  }
  return messages;
}

export function sdkClient(address: string): DoorClient {
  const client = createClient({ address });
  const show = (job: SdkJob): ShownJob => ({
    id: job.id,
    state: job.state,
    stateReason: job.stateReason ?? "",
    attemptCount: job.attemptCount,
    queue: job.queue,
    result: job.result === undefined ? "" : JSON.stringify(job.result),
  });
  const translated = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      if (!(error instanceof DroverError)) throw error;
      throw new ShownError(
        error.code,
        error.message,
        error.violations.map(({ field }) => field),
        error.reason ?? "",
      );
    });
  return {
    submit: ({ delay, ...job }) =>
      translated(
        client.submit({ ...job, ...(delay === undefined ? {} : { delayMs: Number.parseFloat(delay) * 1_000 }) }),
      ),
    get: async (id) => show(await translated(client.get(id))),
    async watch(id) {
      const seen: ShownJob[] = [];
      const all = async () => {
        for await (const job of client.watch(id)) seen.push(show(job));
      };
      await translated(all());
      return seen;
    },
    async list(queue) {
      const ids: string[] = [];
      for await (const job of client.list({ queue })) ids.push(job.id);
      return ids;
    },
    cancel: async (id) => show(await translated(client.cancel(id))),
    retry: async (id) => translated(client.retry(id)),
    pause: async (queue) => (await translated(client.queues.pause(queue))).paused,
    resume: async (queue) => (await translated(client.queues.resume(queue))).paused,
    purge: (queue) => translated(client.queues.purge(queue)),
    close: () => client.close(),
  };
}
