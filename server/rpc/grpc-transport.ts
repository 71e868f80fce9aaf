// What @grpc/grpc-js decides of a call before any handler sees it, where that is wrong: mistakes of the caller that it
// calls INTERNAL, requests that are no gRPC, time-outs that overflow its arithmetic, and requests and connections that
// it takes without a bound.

import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { type Server, type ServerInterceptingCall, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import { limits } from "../core/limits.js";
import { LargeRequests } from "./large-requests.js";
import { isBeyondTimers } from "./timeouts.js";
import { NOT_DECOMPRESSED, notAMessage } from "./wire.js";

/**
 * An interceptor. grpc-js answers by the same method as handlers do, so that one place sees both; a handler's own
 * errors have other texts. One function for all calls: with a closure for each, a call cost 3 µs more of 54.
 */
export function blamingTheCaller(_method: unknown, call: ServerInterceptingCallInterface): ServerInterceptingCall {
  call.sendStatus = sendStatus;
  return call as ServerInterceptingCall;
}

type Said = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

function sendStatus(this: ServerInterceptingCallInterface, said: Said): void {
  Object.getPrototypeOf(this).sendStatus.call(this, answerOf(said));
}

function answerOf(said: Said): Said {
  // It says "OK" in words, too, where the protocol has no message.
  if (said.code === status.OK) return { ...said, details: "" };
  const details = said.code === status.INTERNAL ? callersMistake(said.details ?? "") : undefined;
  return details === undefined ? said : { ...said, code: status.INVALID_ARGUMENT, details };
}

function callersMistake(details: string): string | undefined {
  if (details.startsWith("Invalid grpc-timeout value"))
    return "grpc-timeout must be 1 to 8 digits and one of H M S m u n";
  return details === "Failed to decompress message" ? notAMessage(NOT_DECOMPRESSED).rawMessage : undefined;
}

/**
 * Whether nobody waits for the answer any more. Where a call's time is up between its message and its end, grpc-js says so
 * to the call beneath alone, before a handler can listen; and the handler runs all the same.
 */
export function isOver(call: { readonly cancelled: boolean }): boolean {
  const { call: beneath } = call as { readonly call?: { readonly cancelled?: boolean } };
  return call.cancelled || beneath?.cancelled === true;
}

/**
 * To be called once it listens. grpc-js reads a stream's headers as soon as it begins, so these listeners come before
 * its own; they are not public, and nothing else leads there in time.
 */
export function withBounds(server: Server): void {
  const { http2Servers } = server as unknown as { readonly http2Servers: ReadonlyMap<Http2Server, unknown> };
  for (const http2 of http2Servers.keys()) {
    http2.maxConnections = limits.connections;
    http2.prependListener("session", (session) => {
      const large = new LargeRequests();
      session.prependListener("stream", (stream: ServerHttp2Stream) => large.watch(stream));
    });
    http2.prependListener("stream", (_stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      // A time-out that no timer holds is none. grpc-js cuts it to 32 bits: 30 days would be over at once.
      if (isBeyondTimers(headers["grpc-timeout"])) delete headers["grpc-timeout"];
      // It looks at no method, and at the first half of the type only. Without a type it answers with 415.
      if (headers[":method"] !== "POST" || !isProtobuf(headers["content-type"])) delete headers["content-type"];
    });
  }
}

function isProtobuf(contentType = ""): boolean {
  return /^application\/grpc(?:\+proto)?(?:;|$)/.test(contentType);
}
