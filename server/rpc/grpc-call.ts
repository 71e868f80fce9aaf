// Lets @grpc/grpc-js call Connect-style handlers: bytes in, context made, messages or errors out. One function for each
// kind of method; knows nothing of what the methods do.

import type { DescMethod } from "@bufbuild/protobuf";
import { toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { StatusSchema } from "@drover/sdk/gen/google/rpc/status_pb";
import type { handleBidiStreamingCall, handleServerStreamingCall, handleUnaryCall, Metadata } from "@grpc/grpc-js";
import type { Log } from "../core/observer.js";
import { statusOf, toConnectError } from "./errors.js";
import { headersOf, metadataOf } from "./grpc-metadata.js";
import { isOver } from "./grpc-transport.js";
import { type LargeAnswers, largestAnswer } from "./large-answers.js";
import type { Handler, Response } from "./routes.js";
import { decode, encode } from "./wire.js";

/** What the calls of grpc-js have in common. */
interface Call {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  getPath(): string;
  sendMetadata(metadata: Metadata): void;
  on(event: "cancelled", listener: () => void): unknown;
}

interface OutgoingCall extends Call {
  write(bytes: Buffer, done: () => void): boolean;
  end(trailer?: Metadata): void;
  emit(event: "error", error: unknown): boolean;
}

type KindOf<K extends Handler["kind"]> = Extract<Handler, { kind: K }>;

/** What all calls of a door share. `stopping` is aborted with the error that open streams end with. */
export interface CallOptions {
  readonly log: Log;
  readonly stopping: AbortSignal;
  readonly largeAnswers: LargeAnswers;
}

export function unaryCall(
  method: DescMethod,
  handler: KindOf<"unary">,
  { log, largeAnswers }: CallOptions,
): handleUnaryCall<Buffer, Buffer> {
  const answerBytes = largestAnswer(method);
  return async (call, callback) => {
    const context = new CallContext(method, call);
    try {
      if (answerBytes > 0) await largeAnswers.begin(call, answerBytes);
      const response = await handler.run(decode(method.input, call.request), context);
      const bytes = encode(method.output, response);
      context.sendHeader();
      callback(null, asBuffer(bytes), context.trailer);
    } catch (error) {
      callback(wireError(error, context, log));
    }
  };
}

export function serverStream(
  method: DescMethod,
  handler: KindOf<"server_streaming">,
  options: CallOptions,
): handleServerStreamingCall<Buffer, Buffer> {
  return (call) =>
    void answer(method, call, options, (context) => handler.run(decode(method.input, call.request), context));
}

export function bidiStream(
  method: DescMethod,
  handler: KindOf<"bidi_streaming">,
  options: CallOptions,
): handleBidiStreamingCall<Buffer, Buffer> {
  return (call) =>
    void answer(method, call, options, (context) => {
      const requests = async function* () {
        // Without the option the end of the requests would destroy the stream, answers and all.
        for await (const bytes of call.iterator({ destroyOnReturn: false })) yield decode(method.input, bytes);
      };
      return handler.run(requests(), context);
    });
}

/** Writes what a handler yields, no faster than the caller reads; ends the handler when the caller leaves. */
async function answer(
  method: DescMethod,
  call: OutgoingCall,
  { log, stopping }: CallOptions,
  run: (context: HandlerContext) => ReturnType<KindOf<"server_streaming">["run"]>,
): Promise<void> {
  const context = new CallContext(method, call);
  const stop = () => context.end(() => stopping.reason);
  stopping.addEventListener("abort", stop, { once: true });
  if (stopping.aborted) stop();
  try {
    for await (const response of run(context)) {
      context.sendHeader();
      await written(call, encodedOnce(method, response), context.signal);
      context.signal.throwIfAborted();
    }
    context.sendHeader();
    call.end(context.trailer);
  } catch (error) {
    call.emit("error", wireError(error, context, log));
  } finally {
    stopping.removeEventListener("abort", stop);
    context.end(() => undefined);
  }
}

/**
 * Until the message is on its way, or the caller has left. Waiting for each keeps one in memory for a caller that does
 * not read; the stream by itself takes 16 before it asks to wait.
 */
function written(call: OutgoingCall, bytes: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      signal.removeEventListener("abort", done);
      resolve();
    };
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", done, { once: true });
    call.write(bytes, done);
  });
}

const encoded = new WeakMap<Response, Buffer>();

/** Many callers may be sent the same message. */
function encodedOnce(method: DescMethod, response: Response): Buffer {
  const known = encoded.get(response);
  if (known !== undefined) return known;
  const bytes = asBuffer(encode(method.output, response));
  encoded.set(response, bytes);
  return bytes;
}

/** Made for every call, so what few handlers read is made when it is read. */
class CallContext implements HandlerContext {
  readonly method: DescMethod;
  readonly protocolName = "grpc";
  readonly requestMethod = "POST";
  readonly #call: Call;
  #controller: AbortController | undefined;
  /** Present once the call is over: makes what its signal is aborted with. */
  #reason: (() => unknown) | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;
  #values: ContextValues | undefined;

  constructor(method: DescMethod, call: Call) {
    this.method = method;
    this.#call = call;
    // Also told of a call that has been answered.
    const leave = () => this.end(() => new ConnectError("the caller left, or its time is up", Code.Canceled));
    if (isOver(call)) leave();
    else call.on("cancelled", leave);
  }

  get service() {
    return this.method.parent;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason());
    }
    return this.#controller.signal;
  }

  get url(): string {
    return this.#call.getPath();
  }

  get values(): ContextValues {
    this.#values ??= createContextValues();
    return this.#values;
  }

  get requestHeader(): Headers {
    this.#requestHeader ??= headersOf(this.#call.metadata);
    return this.#requestHeader;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  /** The same as grpc-js takes it, if the handler asked for it. */
  get trailer(): Metadata | undefined {
    return this.#responseTrailer === undefined ? undefined : metadataOf(this.#responseTrailer);
  }

  readonly timeoutMs = (): number | undefined => {
    const left = Number(this.#call.getDeadline()) - Date.now();
    return Number.isFinite(left) ? left : undefined;
  };

  /** The first reason counts. */
  end(reason: () => unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason());
  }

  /** Sends what the handler set, once. */
  sendHeader(): void {
    const header = this.#responseHeader;
    if (header === undefined) return;
    this.#responseHeader = undefined;
    this.#call.sendMetadata(metadataOf(header));
  }
}

/** Sends the header first, if the handler set one. */
function wireError(
  error: unknown,
  context: CallContext,
  log: Log,
): { code: number; details: string; metadata: Metadata } {
  const known = toConnectError(error, log);
  context.sendHeader();
  const metadata = metadataOf(known.metadata);
  const { trailer } = context;
  if (trailer !== undefined) metadata.merge(trailer);
  metadata.set("grpc-status-details-bin", asBuffer(toBinary(StatusSchema, statusOf(known))));
  return { code: known.code, details: known.rawMessage, metadata };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
