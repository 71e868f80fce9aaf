// The conformance suite's service, as handlers that either door can serve: each request says what to answer, and each
// answer says what was received. Client streams are absent: Drover's API has none, and neither have its doors.

import { setTimeout as sleep } from "node:timers/promises";
import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { type Any, anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type { ErrorAnswer, Header, StreamAnswer, StreamRequest, Suite, UnaryRequest } from "./messages.js";

const REQUEST_INFO = "connectrpc.conformance.v1.ConformancePayload.RequestInfo";

export function conformanceService({ service, types }: Suite): Partial<ServiceImpl<typeof service>> {
  const requestInfo = types.getMessage(REQUEST_INFO) as DescMessage;

  function received(requests: Any[], context: HandlerContext): Message {
    const timeoutMs = context.timeoutMs();
    const query = context.requestMethod === "GET" ? new URL(context.url).searchParams : new URLSearchParams();
    const queryParams = [...query.keys()].map((name) => ({ name, value: query.getAll(name) }));
    return create(requestInfo, {
      requestHeaders: [...context.requestHeader].map(([name, value]) => ({ name, value: value.split(", ") })),
      requests,
      ...(timeoutMs === undefined ? {} : { timeoutMs: BigInt(Math.max(0, Math.round(timeoutMs))) }),
      ...(queryParams.length === 0 ? {} : { connectGetInfo: { queryParams } }),
    });
  }

  function errorOf(error: ErrorAnswer, info: Message | undefined): ConnectError {
    const details = error.details.map((any) => {
      const value = anyUnpack(any, types);
      if (value === undefined) throw new Error(`the suite has no message ${any.typeUrl}`);
      return { desc: types.getMessage(value.$typeName) as DescMessage, value };
    });
    if (info !== undefined) details.push({ desc: requestInfo, value: info });
    return new ConnectError(error.message ?? "", error.code, undefined, details);
  }

  const unary = (request: DescMessage) => async (message: UnaryRequest, context: HandlerContext) => {
    const { responseDefinition: answer } = message;
    const info = received([anyPack(request, message)], context);
    if (answer === undefined) return { payload: { requestInfo: info } };
    addAll(answer, context);
    await pause(answer.responseDelayMs, context);
    if (answer.response.case === "error") throw errorOf(answer.response.value, info);
    const data = answer.response.case === "responseData" ? answer.response.value : new Uint8Array();
    return { payload: { data, requestInfo: info } };
  };

  /** Answers from `from` on, and what comes after them. */
  async function* rest(answer: StreamAnswer, from: number, requests: Any[], context: HandlerContext) {
    for (let index = from; index < answer.responseData.length; index += 1) {
      await pause(answer.responseDelayMs, context);
      const info = index === 0 ? { requestInfo: received(requests, context) } : {};
      yield { payload: { data: answer.responseData[index], ...info } };
    }
    const first = answer.responseData.length === 0;
    if (answer.error !== undefined) throw errorOf(answer.error, first ? received(requests, context) : undefined);
  }

  const serverStream = (request: DescMessage) =>
    async function* (message: StreamRequest, context: HandlerContext) {
      const { responseDefinition: answer } = message;
      if (answer === undefined) return;
      addAll(answer, context);
      yield* rest(answer, 0, [anyPack(request, message)], context);
    };

  const bidiStream = (request: DescMessage) =>
    async function* (messages: AsyncIterable<StreamRequest>, context: HandlerContext) {
      let answer: StreamAnswer | undefined;
      let answered = 0;
      let requests: Any[] = [];
      let fullDuplex: boolean | undefined;
      for await (const message of messages) {
        requests.push(anyPack(request, message));
        if (fullDuplex === undefined) {
          fullDuplex = message.fullDuplex ?? false;
          answer = message.responseDefinition;
          if (answer !== undefined) addAll(answer, context);
        }
        if (!fullDuplex) continue;
        const data = answer?.responseData[answered];
        if (answer === undefined || data === undefined) break;
        await pause(answer.responseDelayMs, context);
        yield { payload: { data, requestInfo: answered === 0 ? received(requests, context) : { requests } } };
        answered += 1;
        requests = [];
      }
      if (answer !== undefined) yield* rest(answer, answered, requests, context);
    };

  const kinds = { unary, server_streaming: serverStream, bidi_streaming: bidiStream };
  const handlers = service.methods.flatMap(({ name, localName, methodKind, input }) =>
    methodKind === "client_streaming" || name === "Unimplemented" ? [] : [[localName, kinds[methodKind](input)]],
  );
  return Object.fromEntries(handlers);
}

interface Metadata {
  readonly responseHeaders: Header[];
  readonly responseTrailers: Header[];
}

function addAll({ responseHeaders, responseTrailers }: Metadata, context: HandlerContext): void {
  for (const { name, value } of responseHeaders) for (const each of value) context.responseHeader.append(name, each);
  for (const { name, value } of responseTrailers) for (const each of value) context.responseTrailer.append(name, each);
}

/** Fails with the reason of the call's end, if that comes first. */
async function pause(delayMs: number, { signal }: HandlerContext): Promise<void> {
  if (delayMs === 0) return;
  const over = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await Promise.race([sleep(delayMs), over]);
  signal.throwIfAborted();
}
