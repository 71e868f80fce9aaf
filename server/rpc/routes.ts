// The services that both doors serve, as handlers that know neither door. Here is where their errors become errors of
// the wire, and where open streams are counted.

import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { AttemptService } from "@drover/sdk/gen/drover/v1/attempt_service_pb";
import { JobService } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { QueueService } from "@drover/sdk/gen/drover/v1/queue_service_pb";
import { DroverError } from "../core/errors.js";
import { limits } from "../core/limits.js";
import type { Log } from "../core/observer.js";
import type { Engine } from "../engine/api.js";
import { attemptService } from "./attempt-service.js";
import { toConnectError } from "./errors.js";
import { jobService } from "./job-service.js";
import { queueService } from "./queue-service.js";

export type Request = MessageShape<DescMessage>;
export type Response = MessageInitShape<DescMessage>;

/** What a door needs of a method: it fails with ConnectErrors only. */
export type Handler =
  | { readonly kind: "unary"; readonly run: (request: Request, context: HandlerContext) => Promise<Response> }
  | {
      readonly kind: "server_streaming";
      readonly run: (request: Request, context: HandlerContext) => AsyncIterable<Response>;
    }
  | {
      readonly kind: "bidi_streaming";
      readonly run: (requests: AsyncIterable<Request>, context: HandlerContext) => AsyncIterable<Response>;
    };

export interface Route {
  readonly service: DescService;
  /** By the method's local name. A method that is absent answers UNIMPLEMENTED. */
  readonly handlers: ReadonlyMap<string, Handler>;
}

/** Streams that are open, up to a bound. One count for all doors of a server. */
export class OpenStreams {
  readonly #max: number;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  /** Returns how to give the place back; that may be called twice. */
  take(): () => void {
    if (this.#count >= this.#max) {
      throw new DroverError("RESOURCE_EXHAUSTED", `${this.#max} streams are open, and this server takes no more`);
    }
    this.#count += 1;
    let held = true;
    return () => {
      if (held) this.#count -= 1;
      held = false;
    };
  }
}

export function routesOf(engine: Engine, log: Log, streams = new OpenStreams(limits.watches)): Route[] {
  return [
    route(JobService, jobService(engine, log), log, streams),
    route(AttemptService, attemptService(engine), log, streams),
    route(QueueService, queueService(engine), log, streams),
  ];
}

export function route<S extends DescService>(
  service: S,
  impl: Partial<ServiceImpl<S>>,
  log: Log,
  streams: OpenStreams,
): Route {
  const handlers = new Map<string, Handler>();
  for (const method of service.methods) {
    const run = (impl as Readonly<Record<string, unknown>>)[method.localName];
    if (typeof run === "function") handlers.set(method.localName, guarded(method, run as never, log, streams));
  }
  return { service, handlers };
}

/** Which kind a method is and what its implementation takes agree by the types of `ServiceImpl`. */
function guarded(
  method: DescMethod,
  run: (request: never, context: HandlerContext) => never,
  log: Log,
  streams: OpenStreams,
): Handler {
  const guard = method.methodKind === "unary" ? guardedCall(run, log) : guardedStream(run, log, streams);
  return { kind: method.methodKind, run: guard } as unknown as Handler;
}

function guardedCall(run: (request: never, context: HandlerContext) => Promise<Response>, log: Log) {
  return async (request: never, context: HandlerContext): Promise<Response> => {
    try {
      return await run(request, context);
    } catch (error) {
      throw toConnectError(error, log);
    }
  };
}

function guardedStream(
  run: (request: never, context: HandlerContext) => AsyncIterable<Response>,
  log: Log,
  streams: OpenStreams,
) {
  return async function* (request: never, context: HandlerContext): AsyncGenerator<Response> {
    let release: (() => void) | undefined;
    try {
      release = streams.take();
      // A stream whose reader left while it waited to write is never asked for its next message: the signal tells.
      context.signal.addEventListener("abort", release, { once: true });
      yield* run(request, context);
    } catch (error) {
      // After an abort its reason is the answer: what else fails then fails because of it.
      throw context.signal.aborted
        ? ConnectError.from(context.signal.reason, Code.Canceled)
        : toConnectError(error, log);
    } finally {
      release?.();
    }
  };
}
