// The port to a job's page: one HTTP call, and the policy that says which addresses may be called.

import type { Outcome, Progress } from "./attempt.js";

export interface CallRequest {
  readonly url: string;
  readonly method: string;
  /** Drover's and the job's own, in the order in which they are sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty with GET. */
  readonly body: Uint8Array;
  readonly timeoutMs: number;
  /** Asked right before the request is written, which may be long after the call began: false gives the call up. */
  readonly mayBeSent: () => boolean;
  /** A frame of a streamed answer: progress, or a log line as a message. Never called after the call has returned. */
  readonly onProgress: (progress: Omit<Progress, "updateTime">) => void;
}

/** A call under way. An AbortSignal would do the same at five times the cost. */
export interface Calling {
  readonly outcome: Promise<CallOutcome>;
  /** Ends the call; what it comes to then is of no interest. */
  abort(): void;
}

/** What a call can come to by itself. */
export type CallOutcome = Extract<Outcome, { kind: "succeeded" | "accepted" | "failed" | "rejected" | "busy" }>;

export interface EndpointCaller {
  /** Sends at most one request, follows no redirect, never throws: every end is an outcome. */
  call(request: CallRequest): Calling;
  /** Closes connections. Idempotent. */
  close(): Promise<void>;
}

/** Which addresses may be called. */
export interface EndpointPolicy {
  /** Why this URL may not be called, as far as can be told without asking DNS; undefined if it may. */
  refusal(url: string): string | undefined;
}

/** Headers that prove to a page who calls it: the Standard Webhooks scheme, over id, time and body. */
export type Signer = (messageId: string, timeSeconds: number, body: Uint8Array) => Readonly<Record<string, string>>;
