// A page as a function from Request to Response, for any server that has them. Checks who calls and with what, runs
// the handler, and says how it ended. How answers look is answer-stream's.

import { createConnectTransport } from "@connectrpc/connect-web";
import { answerOf, type Handler } from "./answer.js";
import { AnswerStream, told } from "./answer-stream.js";
import { AttemptClient, attemptFrom, type PageAttempt, type ProgressReport } from "./attempt.js";
import { BatchHandle } from "./batch-handle.js";
import { Batches } from "./batches.js";
import { decodeBody } from "./body.js";
import { pollForCancel } from "./cancel-poll.js";
import { Channel } from "./channel.js";
import type { JobDefinition } from "./define-job.js";
import { DroverError, invalid } from "./errors.js";
import { limits } from "./limits.js";
import type { PageJob } from "./page-job.js";
import { readAtMost } from "./read-body.js";
import { Signatures } from "./signature.js";
import { submitBatch } from "./submit-batch.js";

export interface EndpointOptions {
  /**
   * `whsec_…`, as the server has it; several while one is replaced by another. Left out, whoever reaches the page can
   * call it; given but undefined, such as a setting that is missing, every call is answered with 500.
   */
  readonly secret?: string | readonly string[] | undefined;
  /** Where the pages of children are. Default: the origin of the request, which is where this page is. */
  readonly pages?: string | undefined;
  /** Base address of Drover's HTTP door, seen from the page. Default: what Drover says of itself. */
  readonly service?: string | undefined;
}

export interface Page<D extends JobDefinition = JobDefinition> {
  (request: Request): Promise<Response>;
  readonly definition: D;
  readonly handler: Handler<D>;
}

/**
 * The page of a job. What the handler returns is the job's result; `throw later(…)` and `throw never(…)` say that it is
 * not for now, or not at all; anything else that it throws is a failure, after which the job is tried again. Requests
 * that are not signed, not from Drover or not what the definition says are refused before the handler is called, and the
 * job has FAILED: any method but POST is 405, a body above 256 KiB 413, a signature that is missing, wrong or more than
 * five minutes off 401, a request without Drover's headers 400, an input that is not as defined 422. A secret that is
 * given and undefined is 500 for all. An answer that shows progress, or takes more than 2 s, is a stream with status 200.
 * INVALID_ARGUMENT for a secret that is none.
 */
export function endpoint<D extends JobDefinition>(
  definition: D,
  handler: Handler<D>,
  options: EndpointOptions = {},
): Page<D> {
  const { secret } = options;
  const signatures = secret === undefined ? undefined : new Signatures([secret].flat());
  const unset = secret === undefined && "secret" in options;

  const page = async (request: Request): Promise<Response> => {
    if (unset) return told(500, "this page is to check signatures, and its secret is not set");
    if (request.method !== "POST") return told(405, "this page takes POST", { allow: "POST" });
    const body = await readAtMost(request.body, limits.payloadBytes);
    if (body === undefined) return told(413, `a payload has at most ${limits.payloadBytes} bytes`);
    if (signatures !== undefined && !(await signatures.verify(request.headers, body, Date.now()))) {
      return told(401, "the signature is missing, old or wrong");
    }
    let attempt: PageAttempt;
    try {
      attempt = attemptFrom(request.headers);
    } catch (error) {
      return told(400, DroverError.from(error).message);
    }
    // Else a signature that somebody was given for one job would do for any.
    if (signatures !== undefined && request.headers.get("webhook-id") !== `${attempt.jobId}.${attempt.fence}`) {
      return told(401, "the signature is that of another call");
    }
    const call = new PageCall(request, attempt, options);
    const payload = decodeBody(body, request.headers.get("content-type") ?? "");
    void answerOf(definition, handler, payload, call.job).then((answer) => call.end(answer));
    return call.answer.response;
  };
  return Object.assign(page, { definition, handler });
}

/** One call of a page, from the request to the last word. */
class PageCall {
  readonly answer: AnswerStream;
  readonly job: PageJob;
  readonly #controller = new AbortController();
  readonly #request: Request;
  readonly #stopPolling: () => void;
  readonly #onGone = () => this.#stop(new DroverError("CANCELLED", "Drover closed the call"));

  constructor(request: Request, attempt: PageAttempt, { service = attempt.service, pages }: EndpointOptions) {
    this.#request = request;
    this.answer = new AnswerStream(this.#onGone);
    // JSON would make a third more of the bytes of children.
    const transport = createConnectTransport({ baseUrl: service, useBinaryFormat: true });
    const { signal } = this.#controller;
    this.job = {
      ...attempt,
      headers: request.headers,
      signal,
      progress: (report) => this.answer.showProgress(checkedProgress(report)),
      log: (line) => this.answer.showLog(String(line)),
      batch: async (key, children, options = {}) => {
        const headers = { authorization: `Bearer ${attempt.token}` };
        const channel = new Channel(transport, () => undefined, { headers });
        const plan = { key, options, pages: pages ?? new URL(request.url).origin, ofMaster: true };
        const { id, existing } = await submitBatch(channel, plan, children, { signal });
        return new BatchHandle(new Batches(channel), id, existing);
      },
    };
    this.#stopPolling = pollForCancel(
      () => new AttemptClient(attempt, { transport, retry: { tries: 1 } }),
      (reason) => this.#stop(reason),
    );
    request.signal.addEventListener("abort", this.#onGone);
    if (request.signal.aborted) this.#onGone();
  }

  end(answer: Parameters<AnswerStream["end"]>[0]): void {
    this.#release();
    this.answer.end(answer);
  }

  #stop(reason: DroverError): void {
    this.#release();
    this.#controller.abort(reason);
  }

  #release(): void {
    this.#stopPolling();
    this.#request.signal.removeEventListener("abort", this.#onGone);
  }
}

/** What Drover would refuse would end the whole attempt: better that the line at fault hears of it. */
function checkedProgress(report: ProgressReport): ProgressReport {
  for (const name of ["done", "total"] as const) {
    const value = report[name];
    if (value !== undefined && !(typeof value === "number" && value >= 0 && Number.isFinite(value)))
      throw invalid(name, "must be 0 or more");
  }
  const { done, total, message } = report;
  if (message !== undefined && typeof message !== "string") throw invalid("message", "must be a string");
  // And nothing else that it may hold, which may have no JSON.
  return {
    ...(done !== undefined && { done }),
    ...(total !== undefined && { total }),
    ...(message !== undefined && { message }),
  };
}
