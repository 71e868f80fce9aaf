// One call of a page, from the request to its outcome: the time it may take, how it is given up, and what becomes of
// its connection. Written against undici's dispatch: at 128 calls at a time it made 20,000 to 44,000 a second where
// request(), which makes a stream of each body, made 12,000 to 28,000 in the same runs.

import type { Dispatcher } from "undici";
import type { Calling, CallOutcome, CallRequest } from "../core/caller.js";
import { limits } from "../core/limits.js";
import type { AnswerHeaders } from "./answer-headers.js";
import { type AnswerReader, type Failed, readAnswer } from "./answer-reader.js";
import { describeError } from "./network-error.js";

const UNKNOWN = "whether the page did its work is not known";

export class PageCall implements Calling, Dispatcher.DispatchHandler {
  readonly outcome: Promise<CallOutcome>;
  readonly #request: CallRequest;
  readonly #restMs: number;
  #resolve: (outcome: CallOutcome) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #controller: Dispatcher.DispatchController | undefined;
  #reader: AnswerReader | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settled = false;
  /** Nothing of the answer is to come. */
  #ended = false;
  /** Bytes that came after the outcome. */
  #restBytes = 0;

  /** @param restMs how long the rest of an answer is read once its meaning is known. */
  constructor(request: CallRequest, restMs: number) {
    this.#request = request;
    this.#restMs = restMs;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  start(dispatcher: Dispatcher, origin: string, path: string): void {
    const { method, headers, body, timeoutMs } = this.#request;
    this.#timer = setTimeout(this.#onTime, timeoutMs);
    const sent = { origin, path, method, headers, body: body.length === 0 ? null : body };
    // Never idempotent for undici, GET neither: it repeats idempotent requests by itself when a connection breaks.
    dispatcher.dispatch({ ...sent, idempotent: false }, this);
  }

  /** Right before the request is written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) this.#drop();
    else if (!this.#request.mayBeSent()) this.abort();
  }

  /** Also called for interim answers (1xx), which mean nothing here. */
  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (status < 200 || this.#settled) return;
    const answer = this.#read(() => readAnswer(status, headers, this.#showProgress));
    if (answer === undefined) return;
    if ("kind" in answer) return this.#settle(answer);
    this.#reader = answer;
    if (answer.known) this.#setTimer(this.#restMs);
  }

  onResponseData(_controller: Dispatcher.DispatchController, piece: Uint8Array): void {
    if (this.#settled) {
      this.#restBytes += piece.length;
      if (this.#restBytes > limits.resultBytes) this.#drop();
      return;
    }
    const outcome = this.#read(() => this.#reader?.push(piece));
    if (outcome !== undefined) this.#settle(outcome);
  }

  onResponseEnd(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    if (this.#settled) return;
    const outcome = this.#read(() => this.#reader?.end());
    if (outcome !== undefined) this.#settle(outcome);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#ended = true;
    clearTimeout(this.#timer);
    if (this.#settled) return;
    const { message, refused } = describeError(error);
    if (refused) return this.#settle({ kind: "rejected", reason: "ENDPOINT_NOT_ALLOWED", message });
    const sent = this.#controller !== undefined;
    this.#settle(
      this.#broken({ kind: "failed", reason: "NETWORK", message: sent ? `${message}; ${UNKNOWN}` : message }),
    );
  }

  abort(): void {
    this.#settle({ kind: "failed", reason: "NETWORK", message: "the call was given up" });
    this.#drop();
  }

  readonly #onTime = (): void => {
    if (!this.#settled) {
      const within = `within ${this.#request.timeoutMs} ms`;
      const sent = this.#controller !== undefined;
      const message = sent ? `no answer ${within}; ${UNKNOWN}` : `no connection ${within}; the page was not called`;
      this.#settle(this.#broken({ kind: "failed", reason: "TIMEOUT", message }));
    }
    this.#drop();
  };

  readonly #showProgress: CallRequest["onProgress"] = (progress) => {
    if (!this.#settled) this.#request.onProgress(progress);
  };

  #broken(failed: Failed): CallOutcome {
    return this.#read(() => this.#reader?.broken(failed)) ?? failed;
  }

  /** What the reader throws is a defect, and the call's end all the same: no call may be without one. */
  #read<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.#settled = true;
      this.#reject(error);
      this.#drop();
      return undefined;
    }
  }

  /** The call returns now. The rest of the answer is read for a while, so that the connection can be used again. */
  #settle(outcome: CallOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve(outcome);
    if (this.#ended) return;
    const unfit = "reason" in outcome && (outcome.reason === "RESULT_TOO_LARGE" || outcome.reason === "BAD_STREAM");
    if (unfit) this.#drop();
    else this.#setTimer(this.#restMs);
  }

  #setTimer(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onTime, ms);
  }

  /** Closes the connection; before there is one, the request is not sent when it comes. */
  #drop(): void {
    clearTimeout(this.#timer);
    this.#controller?.abort(new Error("dropped"));
  }
}
