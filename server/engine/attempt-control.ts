// What the page of a running job tells about it, by the attempt token of its call.

import { invalid, leaseLost, notFound } from "../core/errors.js";
import type { Job } from "../core/job.js";
import { limits } from "../core/limits.js";
import { type SettledOutcome, settlementOf } from "../core/retry.js";
import { shortText } from "../core/short-text.js";
import type { Holding, JobStore } from "../core/store.js";
import type { AttemptControl } from "./api.js";
import type { AttemptTokens } from "./attempt-token.js";
import type { DueTimes } from "./due-times.js";
import type { Settler } from "./settler.js";

export interface PageReportsOptions {
  readonly store: JobStore;
  readonly settler: Settler;
  readonly tokens: AttemptTokens;
  readonly dueTimes: DueTimes;
  readonly random: () => number;
  readonly leaseMs: number;
}

export class PageReports implements AttemptControl {
  readonly #options: PageReportsOptions;

  constructor(options: PageReportsOptions) {
    this.#options = options;
  }

  async report(
    token: string,
    progress: { done?: number; total?: number; message: string } | undefined,
  ): Promise<{ cancelRequested: boolean; leaseExpireTime: number }> {
    const { settler, tokens, leaseMs } = this.#options;
    const holding = tokens.verify(token);
    if (progress !== undefined) checkProgress(progress);
    const shown = progress === undefined ? {} : { progress: { ...progress, message: shortText(progress.message) } };
    const result = await settler.report({ ...holding, leaseMs, ...shown });
    if (result.kind !== "held") throw leaseLost(holding.jobId);
    return result;
  }

  async complete(token: string, result: Uint8Array, contentType: string): Promise<Job> {
    const holding = this.#options.tokens.verify(token);
    const violations = [];
    if (result.length > limits.resultBytes) {
      violations.push({ field: "result", description: `must be at most ${limits.resultBytes} bytes` });
    }
    if (contentType.length > limits.contentTypeChars) {
      violations.push({ field: "content_type", description: `must be at most ${limits.contentTypeChars} characters` });
    }
    if (violations.length > 0) throw invalid(violations);
    return this.#end(holding, { kind: "succeeded", result, contentType: contentType || "application/json" });
  }

  async fail(token: string, failure: { message: string; retryable: boolean; retryDelayMs?: number }): Promise<Job> {
    const holding = this.#options.tokens.verify(token);
    const { message, retryable, retryDelayMs } = failure;
    const violations = [];
    if (message.length > limits.messageChars) {
      violations.push({ field: "message", description: `must be at most ${limits.messageChars} characters` });
    }
    if (retryDelayMs !== undefined && !(retryDelayMs >= 0 && retryDelayMs <= limits.retryAfterMaxMs)) {
      violations.push({ field: "retry_delay", description: `must be 0 to ${limits.retryAfterMaxMs} ms` });
    }
    if (violations.length > 0) throw invalid(violations);
    const kind = retryable ? "failed" : "rejected";
    return this.#end(holding, {
      kind,
      reason: "REPORTED",
      message: shortText(message),
      ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
    });
  }

  async #end(holding: Holding, outcome: SettledOutcome): Promise<Job> {
    const { store, settler, dueTimes, random } = this.#options;
    const settlement = settlementOf(await this.#read(holding.jobId), holding.token, outcome, random);
    const result = await settler.settle(settlement);
    if (result === "lost") throw leaseLost(holding.jobId);
    if (result === "settled" && settlement.next.state === "PENDING") dueTimes.add(settlement.next.delayMs);
    const [job] = await store.get([holding.jobId], "FULL");
    if (job === undefined) throw notFound("job", holding.jobId);
    // Only a repeat may be told that all is well: an attempt that ended in another way keeps that end.
    const ended = job.attempts.at(-1)?.outcome;
    if (result === "already" && ended !== settlement.attempt.outcome) throw leaseLost(holding.jobId);
    return job;
  }

  /** A job that is gone has been pruned: long ended, so the lease is lost. */
  async #read(jobId: string): Promise<Job> {
    const [job] = await this.#options.store.get([jobId], "BASIC");
    if (job === undefined) throw leaseLost(jobId);
    return job;
  }
}

function checkProgress(progress: { done?: number; total?: number; message: string }): void {
  const violations = [];
  for (const name of ["done", "total"] as const) {
    const value = progress[name];
    if (value !== undefined && !(value >= 0 && Number.isFinite(value))) {
      violations.push({ field: `progress.${name}`, description: "must be 0 or more" });
    }
  }
  if (progress.message.length > limits.messageChars) {
    violations.push({ field: "progress.message", description: `must be at most ${limits.messageChars} characters` });
  }
  if (violations.length > 0) throw invalid(violations);
}
