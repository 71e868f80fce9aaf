// A page's handler run by a test, without a server and without HTTP: what it answers, what it showed, which children it
// made.

import { type Answer, answerOf, type Handler } from "./answer.js";
import type { PageAttempt, ProgressReport } from "./attempt.js";
import type { BatchOptions, BatchSummary } from "./batch.js";
import { type BatchCalls, BatchHandle } from "./batch-handle.js";
import { type DefinedJob, isDefined, type JobDefinition, jobInputOf, type Role } from "./define-job.js";
import { DroverError } from "./errors.js";
import type { PageJob } from "./page-job.js";
import { checked, type Given, type Schema, type Seen } from "./schema.js";
import type { BatchJob } from "./submit-batch.js";

/** What is given to the page: the input; for a completion also the batch that has ended. */
export type RunInput<D extends JobDefinition> =
  D extends JobDefinition<infer In, Schema, infer R>
    ? R extends "completion"
      ? { readonly batch: BatchSummary; readonly input: Given<In> }
      : Given<In>
    : never;

/** Without what is not said here: attempt 1 of a job `test`, which nobody cancels. */
export interface RunOptions extends Partial<PageAttempt> {
  readonly headers?: HeadersInit;
  /** Stands for a cancel or a lost lease. */
  readonly signal?: AbortSignal;
}

/** A batch that the page made. */
export interface MadeBatch {
  readonly key: string;
  readonly children: readonly BatchJob[];
  readonly options: BatchOptions;
}

export interface PageRun<D extends JobDefinition> {
  /** In words; `result` as whoever waits for it gets it. */
  readonly answer:
    | { readonly word: "done"; readonly result: ResultOf<D> }
    | Extract<Answer, { readonly word: "later" | "never" }>;
  /** Every report, oldest first. */
  readonly progress: readonly ProgressReport[];
  readonly log: readonly string[];
  readonly batches: readonly MadeBatch[];
}

type ResultOf<D extends JobDefinition> = D extends JobDefinition<Schema, infer Out, Role> ? Seen<Out> : never;

/**
 * Runs a page, as `endpoint` made it, or a definition with a handler. Throws what the handler throws, other than
 * `later` and `never`, and INVALID_ARGUMENT for a result that the definition refuses. Children are recorded, whole; their
 * inputs are checked.
 */
export async function runPage<D extends JobDefinition>(
  page: { readonly definition: D; readonly handler: Handler<D> },
  input: RunInput<D>,
  options: RunOptions = {},
): Promise<PageRun<D>> {
  const { definition, handler } = page;
  const progress: ProgressReport[] = [];
  const log: string[] = [];
  const batches: MadeBatch[] = [];
  const { headers, signal = new AbortController().signal, ...attempt } = options;
  const job: PageJob = {
    ...attemptOf(definition, attempt),
    headers: new Headers(headers),
    signal,
    progress: (report) => void progress.push(report),
    log: (line) => void log.push(line),
    async batch(key, children, given = {}) {
      const all: BatchJob[] = [];
      for await (const child of children) {
        if (isDefined(child)) await jobInputOf(child as DefinedJob, "http://localhost");
        all.push(child);
      }
      batches.push({ key, children: all, options: given });
      return new BatchHandle(NO_SERVER, key);
    },
  };
  const json: string | undefined = JSON.stringify(input);
  const payload: unknown = input instanceof Uint8Array ? input : json === undefined ? undefined : JSON.parse(json);
  const answer = await answerOf(definition, handler, payload, job);
  if (answer.word === "failed") throw answer.error;
  if (answer.word !== "done") return { answer, progress, log, batches };
  const value: unknown = answer.json === undefined ? undefined : JSON.parse(answer.json);
  const result = (await checked(definition.result, value, "result")) as ResultOf<D>;
  return { answer: { word: "done", result }, progress, log, batches };
}

function attemptOf({ kind, defaults }: JobDefinition, given: Partial<PageAttempt>): PageAttempt {
  return {
    jobId: "test",
    attempt: 1,
    fence: 1,
    queue: defaults.queue ?? "default",
    kind,
    token: "none",
    service: "http://localhost",
    deadline: new Date(Date.now() + (defaults.attemptTimeoutMs ?? 900_000)),
    ...given,
  };
}

const noServer = () => new DroverError("UNIMPLEMENTED", "a page that is run by itself has no server to ask");
const NO_SERVER: BatchCalls = {
  get: () => Promise.reject(noServer()),
  // biome-ignore lint/correctness/useYield: it has nothing to show.
  async *watch() {
    throw noServer();
  },
  cancel: () => Promise.reject(noServer()),
  retry: () => Promise.reject(noServer()),
};
