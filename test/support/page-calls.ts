// Calls of pages for tests of the endpoint: a caller that may reach this machine, and requests with everything filled
// in but what a test is about.

import type { CallOutcome, CallRequest } from "../../server/core/caller.js";
import { AddressGuard } from "../../server/endpoint/address-guard.js";
import { UndiciCaller } from "../../server/endpoint/undici-caller.js";

export function localCaller(given: { answerRestMs?: number } = {}): UndiciCaller {
  return new UndiciCaller({ guard: new AddressGuard({ allow: [], allowLoopback: true }), ...given });
}

export type ShownProgress = Parameters<CallRequest["onProgress"]>[0];

export interface Call {
  readonly outcome: Promise<CallOutcome>;
  readonly progress: ShownProgress[];
  readonly abort: () => void;
}

export function startCall(caller: UndiciCaller, url: string, given: Partial<CallRequest> = {}): Call {
  const progress: ShownProgress[] = [];
  const calling = caller.call({
    url,
    method: "POST",
    headers: { "job-id": "j1", "content-type": "application/json" },
    body: given.method === "GET" ? new Uint8Array() : new TextEncoder().encode('{"n":1}'),
    timeoutMs: 20_000,
    mayBeSent: () => true,
    onProgress: (shown) => progress.push(shown),
    ...given,
  });
  return { outcome: calling.outcome, progress, abort: () => calling.abort() };
}

export function call(caller: UndiciCaller, url: string, given: Partial<CallRequest> = {}): Promise<CallOutcome> {
  return startCall(caller, url, given).outcome;
}

/** The result of a call as text; fails if it did not succeed. */
export function resultText(outcome: CallOutcome): string {
  if (outcome.kind !== "succeeded") throw new Error(`expected a success, got ${JSON.stringify(outcome)}`);
  return new TextDecoder().decode(outcome.result);
}
