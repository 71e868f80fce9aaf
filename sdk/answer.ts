// How a page's work can end, in words: a result, later, never. What each becomes on the wire is the endpoint's.

import type { BatchSummary } from "./batch.js";
import type { JobDefinition, PageInput, PageResult } from "./define-job.js";
import { DroverError, invalid } from "./errors.js";
import { limits } from "./limits.js";
import type { PageJob } from "./page-job.js";
import { checked } from "./schema.js";

/** Does the work of one job. What it throws is a failure, after which the job is tried again. */
export type Handler<D extends JobDefinition> = (
  input: PageInput<D>,
  job: PageJob,
) => PageResult<D> | Promise<PageResult<D>>;

export type Answer<Result = unknown> =
  | {
      readonly word: "done";
      readonly result: Result;
      /** As it is sent; undefined if the page returned nothing. */
      readonly json: string | undefined;
    }
  /** Nothing is wrong with the job, only with the moment: tried again, without using an attempt. */
  | { readonly word: "later"; readonly message: string; readonly delayMs: number | undefined }
  /** No further attempt would help: FAILED for good. */
  | { readonly word: "never"; readonly message: string }
  /** Something went wrong: tried again after the job's backoff, until its attempts are used up. */
  | { readonly word: "failed"; readonly message: string; readonly error: unknown };

/** What `later` and `never` make, to be thrown. */
export class PageAnswer extends Error {
  readonly answer: Extract<Answer, { word: "later" | "never" }>;

  constructor(answer: Extract<Answer, { word: "later" | "never" }>) {
    super(answer.message);
    this.name = "PageAnswer";
    this.answer = answer;
  }
}

/**
 * `throw later("the printer is out of paper", { delayMs: 60_000 })`: the job is tried again after so long, at most
 * 7 days; without it, or with 0, after its backoff. Uses no attempt; after 1,000 times, or at the job's deadline, it
 * has failed.
 */
export function later(message: string, options: { readonly delayMs?: number } = {}): PageAnswer {
  const { delayMs } = options;
  if (delayMs !== undefined && !(delayMs >= 0 && Number.isFinite(delayMs)))
    throw invalid("delayMs", "must be 0 or more");
  return new PageAnswer({ word: "later", message, delayMs });
}

/** `throw never("no such user")`: the job has FAILED, and is not tried again. */
export function never(message: string): PageAnswer {
  return new PageAnswer({ word: "never", message });
}

/**
 * Checks the input, runs the handler and checks its result, as whoever waits for it will see it. Never rejects. An
 * input that is refused is "never", a result that is refused has "failed".
 */
export async function answerOf<D extends JobDefinition>(
  definition: D,
  handler: Handler<D>,
  payload: unknown,
  job: PageJob,
): Promise<Answer<PageResult<D>>> {
  let input: PageInput<D>;
  try {
    input = (await pageInputOf(definition, payload)) as PageInput<D>;
  } catch (error) {
    // What a validator throws by itself, such as a look-up that failed, says nothing of the input.
    return error instanceof DroverError ? { word: "never", message: textOf(error.message) } : failed(error);
  }
  try {
    const result = await handler(input, job);
    const json: string | undefined = JSON.stringify(result);
    await checked(definition.result, json === undefined ? undefined : JSON.parse(json), "result");
    return { word: "done", result, json };
  } catch (error) {
    if (error instanceof PageAnswer) return { ...error.answer, message: textOf(error.answer.message) };
    return failed(error);
  }
}

async function pageInputOf(definition: JobDefinition, payload: unknown): Promise<unknown> {
  if (definition.role === "job") return checked(definition.input, payload, "input");
  if (typeof payload !== "object" || payload === null || !("batch" in payload)) {
    throw invalid("batch", "is missing: this page is called when a batch has ended");
  }
  const { batch, input } = payload as { batch: BatchSummary; input?: unknown };
  return { batch, input: await checked(definition.input, input ?? undefined, "input") };
}

function failed(error: unknown): Extract<Answer, { word: "failed" }> {
  return { word: "failed", message: textOf(error instanceof Error ? error.message || error.name : error), error };
}

/** What JavaScript throws is anything, and this must not throw in turn. */
function textOf(thrown: unknown): string {
  try {
    return shortened(String(thrown));
  } catch {
    return "what was thrown has no text";
  }
}

/** As long as a message may be. */
export function shortened(message: string): string {
  return message.slice(0, limits.messageChars);
}
