// For pages: the attempt that a request is, and what a page may tell about it. A page that answers 202 reports and
// ends through here; one that answers with its result needs none of this.

import { type Client, createClient as createConnectClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { encodeBody } from "./body.js";
import { type CallOptions, Channel, type ChannelOptions, type WireOptions } from "./channel.js";
import { dateOf, duration, shownJob } from "./convert.js";
import { DroverError, invalid } from "./errors.js";
import { AttemptService } from "./gen/drover/v1/attempt_service_pb.js";
import type { Job } from "./job.js";

/** The attempt that a request from Drover is. */
export interface PageAttempt {
  readonly jobId: string;
  /** 1-based. */
  readonly attempt: number;
  /** Rises with each claim of the job: tells a later attempt from an earlier one. */
  readonly fence: number;
  readonly queue: string;
  readonly kind: string;
  /** Lets its bearer report on this attempt, as long as the attempt holds the job. Not to be logged. */
  readonly token: string;
  /** Base address of the server's HTTP door. */
  readonly service: string;
  /** When this attempt will be given up, by the server's clock. */
  readonly deadline: Date;
}

/** The headers of a request: of fetch, or `req.headers` of Node. */
export type RequestHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Reads the attempt from the headers of a request. INVALID_ARGUMENT, naming the header, for a request that does not
 * come from Drover. Proves nothing: where others can reach the page, check the signature first.
 */
export function attemptFrom(headers: RequestHeaders): PageAttempt {
  const find = headers instanceof Headers ? (name: string) => headers.get(name) : finderIn(headers);
  const need = (name: string) => {
    const value = find(name);
    if (!value) throw invalid(name, "is missing: the request does not come from Drover");
    return value;
  };
  const count = (name: string) => {
    const value = Number(need(name));
    if (!Number.isSafeInteger(value) || value < 0) throw invalid(name, "must be a whole number");
    return value;
  };
  const deadline = new Date(need("job-deadline"));
  if (Number.isNaN(deadline.getTime())) throw invalid("job-deadline", "must be a time");
  return {
    jobId: need("job-id"),
    attempt: count("job-attempt"),
    fence: count("job-fence"),
    queue: find("job-queue") ?? "",
    kind: decodedKind(find("job-kind") ?? ""),
    token: need("job-token"),
    service: need("job-service"),
    deadline,
  };
}

export interface ProgressReport {
  /** Units done, 0 or more. */
  readonly done?: number | undefined;
  /** Units in all, 0 or more. */
  readonly total?: number | undefined;
  /** At most 1,024 characters. */
  readonly message?: string | undefined;
}

export interface Reported {
  /** The job is to be cancelled: stop, and end the attempt. */
  readonly cancelRequested: boolean;
  /** Report again before then, by the server's clock, or the job is given to another attempt. */
  readonly leaseExpireTime: Date | undefined;
}

export interface FailOptions extends CallOptions {
  /** True: try again, after `retryDelayMs` or the job's backoff. False: FAILED for good. Default: true. */
  readonly retryable?: boolean | undefined;
  /** 0 to 7 days. Default: the job's backoff. */
  readonly retryDelayMs?: number | undefined;
}

export interface AttemptClientOptions extends Pick<ChannelOptions, "timeoutMs" | "retry"> {
  /** Any transport of Connect, instead of fetch to `attempt.service`. */
  readonly transport?: Transport | undefined;
}

/**
 * Reports on one attempt. Calls are repeated like those of DroverClient. FAILED_PRECONDITION with reason LEASE_LOST
 * says that the attempt no longer holds the job: stop, nothing that it does counts any more. PERMISSION_DENIED with
 * reason TOKEN_INVALID: the token is not from this service.
 */
export class AttemptClient {
  readonly attempt: PageAttempt;
  readonly #channel: Channel;
  readonly #attempts: Client<typeof AttemptService>;

  constructor(attempt: PageAttempt, options: AttemptClientOptions = {}) {
    const { transport = createConnectTransport({ baseUrl: attempt.service }), ...rest } = options;
    this.attempt = attempt;
    this.#channel = new Channel(transport, () => undefined, {
      ...rest,
      headers: { authorization: `Bearer ${attempt.token}` },
    });
    this.#attempts = createConnectClient(AttemptService, transport);
  }

  /**
   * Shows progress and renews the lease; without progress, only renews. INVALID_ARGUMENT for counts below 0 and for a
   * message that is too long; LEASE_LOST.
   */
  async report(progress?: ProgressReport, options?: CallOptions): Promise<Reported> {
    const request = progress === undefined ? {} : { progress: progressOf(progress) };
    const answer = await this.#call((wire) => this.#attempts.reportProgress(request, wire), options);
    return { cancelRequested: answer.cancelRequested, leaseExpireTime: dateOf(answer.leaseExpireTime) };
  }

  /**
   * Ends the attempt, and with it the job, with success. The result is at most 256 KiB and becomes bytes as a job's
   * payload does. Repeating is fine. INVALID_ARGUMENT for one that is larger; LEASE_LOST.
   */
  async complete(result?: unknown, options: CallOptions & { readonly contentType?: string } = {}): Promise<Job> {
    const body = encodeBody(result, options.contentType, "result");
    const request = { result: body.bytes, contentType: body.contentType };
    return shownJob(await this.#call((wire) => this.#attempts.completeAttempt(request, wire), options));
  }

  /**
   * Ends the attempt as a failure; the message is for a person and at most 1,024 characters. Repeating is fine.
   * INVALID_ARGUMENT for one that is longer; LEASE_LOST.
   */
  async fail(message: string, options: FailOptions = {}): Promise<Job> {
    const { retryable = true, retryDelayMs } = options;
    const request = {
      message,
      retryable,
      ...(retryDelayMs !== undefined && { retryDelay: duration(retryDelayMs, "retry_delay") }),
    };
    return shownJob(await this.#call((wire) => this.#attempts.failAttempt(request, wire), options));
  }

  #call<T>(send: (wire: WireOptions) => Promise<T>, options: CallOptions | undefined): Promise<T> {
    return this.#channel.call(send, options);
  }
}

function progressOf({ done, total, message = "" }: ProgressReport) {
  return { message, ...(done !== undefined && { done }), ...(total !== undefined && { total }) };
}

function finderIn(headers: Exclude<RequestHeaders, Headers>): (name: string) => string | undefined {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => {
    const value = byName.get(name);
    return typeof value === "string" ? value : value?.[0];
  };
}

/** A kind may hold any characters and header values may not, so Drover sends it encoded. */
function decodedKind(value: string): string {
  try {
    return decodeURI(value);
  } catch (cause) {
    throw new DroverError("INVALID_ARGUMENT", "job-kind: must be URI-encoded", {
      violations: [{ field: "job-kind", description: "must be URI-encoded" }],
      cause,
    });
  }
}
