// Reads the body of an answer, by its form, to the outcome of the call. Knows neither time nor connections: it is told
// what arrives, and whether that was all.

import type { Progress } from "../core/attempt.js";
import type { CallOutcome } from "../core/caller.js";
import { limits } from "../core/limits.js";
import { shortText } from "../core/short-text.js";
import { type AnswerHeaders, headerOf } from "./answer-headers.js";
import { ByteBuffer } from "./byte-buffer.js";
import { failureOutcome, formOf, isEncoded, resultOutcome, resultTooLarge } from "./classify.js";
import type { Frame } from "./frame.js";
import { FrameReader, type StreamFormat } from "./frames.js";

export type Failed = Extract<CallOutcome, { kind: "failed" }>;
type OnProgress = (progress: Omit<Progress, "updateTime">) => void;

export interface AnswerReader {
  /** The status already tells the outcome: what follows is worth only a short wait. */
  readonly known: boolean;
  /** The outcome, as soon as what has arrived tells it. */
  push(piece: Uint8Array): CallOutcome | undefined;
  /** The answer is complete. */
  end(): CallOutcome;
  /** The answer stops before it is complete; `failed` says why. */
  broken(failed: Failed): CallOutcome;
}

/** How to read the body, or the outcome if there is no need to. */
export function readAnswer(status: number, headers: AnswerHeaders, onProgress: OnProgress): AnswerReader | CallOutcome {
  const form = formOf(status, headers);
  switch (form) {
    case "accepted":
      return { kind: "accepted", httpStatus: status };
    case "failure":
      return new FailureReader(status, headers);
    case "result":
      if (Number(headerOf(headers, "content-length")) > limits.resultBytes) return resultTooLarge(status);
      return new ResultReader(status, headers);
    default:
      return isEncoded(headers)
        ? badStream(status, "it is compressed, which nobody asked for")
        : new StreamReader(status, form, onProgress);
  }
}

class ResultReader implements AnswerReader {
  readonly known = false;
  readonly #body = new ByteBuffer(limits.resultBytes);

  constructor(
    private readonly status: number,
    private readonly headers: AnswerHeaders,
  ) {}

  push(piece: Uint8Array): CallOutcome | undefined {
    return this.#body.append(piece) ? undefined : resultTooLarge(this.status);
  }

  end(): CallOutcome {
    return resultOutcome(this.status, this.headers, this.#body.take());
  }

  broken(failed: Failed): CallOutcome {
    return { ...failed, httpStatus: this.status };
  }
}

class FailureReader implements AnswerReader {
  readonly known = true;
  /** A message holds no more characters than this, and none is less than a byte. */
  readonly #body = new ByteBuffer(limits.messageChars);

  constructor(
    private readonly status: number,
    private readonly headers: AnswerHeaders,
  ) {}

  push(piece: Uint8Array): CallOutcome | undefined {
    if (this.#body.append(piece)) return undefined;
    this.#body.append(piece.subarray(0, limits.messageChars - this.#body.length));
    return this.end();
  }

  end(): CallOutcome {
    return failureOutcome(this.status, this.headers, this.#body.take(), Date.now());
  }

  /** Whatever came of its message, the page has said that it failed. */
  broken(): CallOutcome {
    return this.end();
  }
}

class StreamReader implements AnswerReader {
  readonly known = false;
  readonly #frames: FrameReader;
  #outcome: CallOutcome | undefined;
  #progress: Omit<Progress, "updateTime"> = { message: "" };

  constructor(
    private readonly status: number,
    format: StreamFormat,
    private readonly onProgress: OnProgress,
  ) {
    this.#frames = new FrameReader(format, (frame) => this.#take(frame));
  }

  push(piece: Uint8Array): CallOutcome | undefined {
    return this.#judge(this.#frames.push(piece));
  }

  end(): CallOutcome {
    return this.#judge(this.#frames.end()) ?? badStream(this.status, "it ended without result or error");
  }

  broken(failed: Failed): CallOutcome {
    if (failed.reason === "TIMEOUT") return { ...failed, httpStatus: this.status };
    return badStream(this.status, `it was cut short: ${failed.message}`);
  }

  /** Result and error end the stream: what follows them, faults included, counts no more. */
  #judge(fault: string | undefined): CallOutcome | undefined {
    return this.#outcome ?? (fault === undefined ? undefined : badStream(this.status, fault));
  }

  #take(frame: Frame): void {
    if (this.#outcome !== undefined) return;
    switch (frame.kind) {
      case "progress":
        this.#progress = { ...frame.progress, message: shortText(frame.progress.message) };
        this.onProgress(this.#progress);
        break;
      case "log":
        // A line of a log says nothing of how far it is: that stays.
        this.#progress = { ...this.#progress, message: shortText(frame.message) };
        this.onProgress(this.#progress);
        break;
      case "result":
        this.#outcome = this.#resultOf(frame.json);
        break;
      case "error":
        this.#outcome = this.#failureOf(frame);
        break;
      default:
        frame satisfies never;
    }
  }

  #failureOf(frame: Extract<Frame, { kind: "error" }>): CallOutcome {
    const message = shortText(frame.message) || "the page reported a failure";
    const httpStatus = this.status;
    if (!frame.retryable) return { kind: "rejected", reason: "REPORTED", httpStatus, message };
    const { retryDelayMs } = frame;
    const wait = retryDelayMs === undefined ? {} : { retryDelayMs: Math.min(retryDelayMs, limits.retryAfterMaxMs) };
    if (frame.busy) return { kind: "busy", httpStatus, message, ...wait };
    return { kind: "failed", reason: "REPORTED", httpStatus, message, ...wait };
  }

  #resultOf(json: string): CallOutcome {
    const result = new TextEncoder().encode(json);
    if (result.length > limits.resultBytes) return resultTooLarge(this.status);
    return { kind: "succeeded", httpStatus: this.status, result, contentType: "application/json" };
  }
}

function badStream(status: number, fault: string): CallOutcome {
  return { kind: "failed", reason: "BAD_STREAM", httpStatus: status, message: shortText(`bad stream: ${fault}`) };
}
