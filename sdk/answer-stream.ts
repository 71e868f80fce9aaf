// A page's answer on its way: held back at first, so that what ends soon ends with a status of its own; then a stream
// of NDJSON frames. Holds one frame for a slow reader, the newest. Knows no jobs, only words and frames.

import { type Answer, shortened } from "./answer.js";
import type { ProgressReport } from "./attempt.js";
import { limits } from "./limits.js";

/** What is to be shown: both count, the log line last. */
interface News {
  readonly progress?: ProgressReport;
  readonly log?: string;
}

const encoder = new TextEncoder();

export class AnswerStream {
  /** Resolves as soon as the status is known. */
  readonly response: Promise<Response>;
  readonly #onGone: () => void;
  #respond: (response: Response) => void = () => undefined;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  #news: News | undefined;
  #timer: ReturnType<typeof setTimeout>;
  #ended = false;

  /** @param onGone called when the reader left before the end. */
  constructor(onGone: () => void) {
    this.#onGone = onGone;
    this.response = new Promise((resolve) => {
      this.#respond = resolve;
    });
    this.#timer = setTimeout(() => this.#open(), limits.answerHeadMs);
  }

  showProgress(progress: ProgressReport): void {
    const { message, ...counts } = progress;
    this.#show({ progress: message === undefined ? counts : { ...counts, message: shortened(message) } });
  }

  showLog(log: string): void {
    this.#show({ ...this.#news, log: shortened(log) });
  }

  /** Sends what is left, and the last word. */
  end(answer: Answer): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    if (this.#stream === undefined) return this.#respond(plainAnswer(answer));
    this.#sendNews(this.#stream);
    this.#stream.enqueue(encoder.encode(lastFrame(answer)));
    this.#stream.close();
  }

  #show(news: News): void {
    if (this.#ended) return;
    this.#news = news;
    this.#open();
    if (this.#stream !== undefined && wantsMore(this.#stream)) this.#sendNews(this.#stream);
  }

  #open(): void {
    if (this.#stream !== undefined) return;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
      },
      pull: (controller) => this.#sendNews(controller),
      cancel: () => {
        this.#ended = true;
        clearTimeout(this.#timer);
        this.#onGone();
      },
    });
    this.#keepAlive();
    // Proxies that gather answers before they pass them on are asked not to.
    const headers = { "content-type": "application/x-ndjson", "cache-control": "no-store", "x-accel-buffering": "no" };
    this.#respond(new Response(body, { headers }));
  }

  #sendNews(stream: ReadableStreamDefaultController<Uint8Array>): void {
    if (this.#news === undefined) return;
    const line = `${JSON.stringify(this.#news)}\n`;
    this.#news = undefined;
    stream.enqueue(encoder.encode(line));
    this.#keepAlive();
  }

  /** An empty line once nothing was sent for a while. */
  #keepAlive(): void {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#timer = setTimeout(() => {
      if (this.#stream !== undefined && wantsMore(this.#stream)) this.#stream.enqueue(encoder.encode("\n"));
      this.#keepAlive();
    }, limits.answerKeepAliveMs);
  }
}

function wantsMore(stream: ReadableStreamDefaultController<Uint8Array>): boolean {
  return (stream.desiredSize ?? 0) > 0;
}

function plainAnswer(answer: Answer): Response {
  switch (answer.word) {
    case "done": {
      if (answer.json === undefined) return new Response(null, { status: 204 });
      return new Response(answer.json, { headers: { "content-type": "application/json" } });
    }
    case "later": {
      const { delayMs } = answer;
      return told(503, answer.message, delayMs === undefined ? {} : { "retry-after": `${Math.ceil(delayMs / 1_000)}` });
    }
    case "never":
      return told(422, answer.message);
    case "failed":
      return told(500, answer.message);
  }
}

/** An answer that is a status and a line for people. */
export function told(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(message, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers } });
}

function lastFrame(answer: Answer): string {
  switch (answer.word) {
    case "done": {
      const { json = "null" } = answer;
      // For good: it would be as large the next time.
      if (encoder.encode(json).length > limits.payloadBytes) {
        return errorFrame({ message: `the result is larger than ${limits.payloadBytes} bytes`, retryable: false });
      }
      return `{"result":${json}}\n`;
    }
    case "later": {
      const { message, delayMs } = answer;
      return errorFrame({
        message,
        retryable: true,
        busy: true,
        ...(delayMs !== undefined && { retryDelayMs: delayMs }),
      });
    }
    case "never":
      return errorFrame({ message: answer.message, retryable: false });
    case "failed":
      return errorFrame({ message: answer.message, retryable: true });
  }
}

function errorFrame(error: object): string {
  return `${JSON.stringify({ error })}\n`;
}
