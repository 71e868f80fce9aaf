// What a step can ask for. Each operation gives an answer in JSON; one that fails throws.

import {
  createRegistry,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromJson,
  type JsonValue as ProtobufJson,
  toJson,
} from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createClient, type DroverClient } from "@drover/sdk";
import { AttemptService } from "@drover/sdk/gen/drover/v1/attempt_service_pb";
import { JobService } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { QueueService } from "@drover/sdk/gen/drover/v1/queue_service_pb";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@drover/sdk/gen/google/rpc/error_details_pb";
import { batchJobsOf, jobInputOf, sightOf } from "./jobs.js";
import { decode, difference, isObject, type Json, type JsonObject } from "./json.js";
import type { Pages } from "./pages.js";

const METHODS = [JobService, AttemptService, QueueService].flatMap(({ name, methods }) =>
  methods.map((method) => [`${name}/${method.name}`, method] as const),
);
const DETAILS = createRegistry(BadRequestSchema, ErrorInfoSchema, RetryInfoSchema);
/** Of a sight, what an answer tells. */
const TOLD = ["state", "stateReason", "attemptCount", "progress", "result", "failure", "revision"];

export class Operations {
  readonly #pages: Pages;
  readonly #client: DroverClient;
  readonly #transport: Transport;

  constructor(grpc: string, pages: Pages) {
    this.#pages = pages;
    this.#client = createClient({ address: grpc });
    this.#transport = createGrpcTransport({ baseUrl: `http://${grpc}` });
  }

  async do(name: string, given: JsonObject): Promise<Json> {
    switch (name) {
      case "call":
        return this.#call(given);
      case "stream":
        return this.#stream(given);
      case "submit": {
        const { id, existing } = await this.#client.submit(jobInputOf(given.job as JsonObject));
        return { id, existing };
      }
      case "batch": {
        const jobs = batchJobsOf(given.job as JsonObject, Number(given.count));
        const { id, existing } = await this.#client.batch(jobs, { key: String(given.key) });
        return { id, existing };
      }
      case "watch":
        return this.#watch(given);
      case "called": {
        const { attempt, queue, kind, token } = await this.#pages.called(String(given.job), Number(given.call ?? 1));
        return { attempt, queue, kind, token };
      }
      case "open":
        this.#pages.open(String(given.gate));
        return {};
      case "post": {
        const { status } = await fetch(String(given.url), { method: "POST", body: String(given.body) });
        return { status };
      }
      default:
        throw new Error(`there is no operation ${name}`);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #call({ method: name, request, token }: JsonObject): Promise<Json> {
    const method = methodOf(name) as DescMethodUnary;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const message = fromJson(method.input, request as ProtobufJson);
    const response = await this.#transport.unary(method, undefined, undefined, headers, message);
    return toJson(method.output, response.message, { registry: DETAILS }) as Json;
  }

  async #stream({ method: name, request, field }: JsonObject): Promise<Json> {
    const method = methodOf(name) as DescMethodServerStreaming;
    async function* input() {
      yield fromJson(method.input, request as ProtobufJson);
    }
    const response = await this.#transport.stream(method, undefined, undefined, {}, input());
    let last: Json = {};
    for await (const message of response.message) {
      const json = toJson(method.output, message, { registry: DETAILS }) as JsonObject;
      const value = json[String(field)];
      if (value !== undefined) last = { [String(field)]: value };
    }
    return last;
  }

  async #watch({ job: id, after, until, along = [] }: JsonObject): Promise<Json> {
    const entries = along as unknown as readonly {
      readonly see: Json;
      readonly do: string;
      readonly with: JsonObject;
    }[];
    let revision = after === undefined ? -1 : Number(after);
    let rising = true;
    let next = 0;
    let last: JsonObject = {};
    const options = after === undefined ? {} : { afterRevision: revision };
    for await (const job of this.#client.watch(String(id), options)) {
      // Before the first sight, the revision is one that was seen before and is not to be shown again.
      rising &&= isObject(last) && Object.keys(last).length > 0 ? job.revision >= revision : job.revision > revision;
      revision = job.revision;
      last = decode(sightOf(job)) as JsonObject;
      for (let entry = entries[next]; entry !== undefined; entry = entries[next]) {
        if (difference(entry.see, last) !== undefined) break;
        await this.do(entry.do, entry.with);
        next += 1;
      }
      if (until !== undefined && difference(until, last) === undefined) break;
    }
    const told = Object.fromEntries(Object.entries(last).filter(([key]) => TOLD.includes(key)));
    return { last: told, along: next, rising };
  }
}

function methodOf(name: Json | undefined) {
  const found = METHODS.find(([known]) => known === name)?.[1];
  if (found === undefined) throw new Error(`there is no method ${String(name)}`);
  return found;
}
