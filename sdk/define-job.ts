// A kind of job, written down once for both sides: who submits it and the page that does it. Holds names, schemas and
// settings, and does nothing by itself.

import { baseUrlOf } from "./address.js";
import type { BatchSummary } from "./batch.js";
import { decodeBody, encodeBody } from "./body.js";
import { invalid } from "./errors.js";
import type { JobInput } from "./job.js";
import {
  type AnythingSchema,
  anything,
  checked,
  type Given,
  type NothingSchema,
  nothing,
  type Schema,
  type Seen,
} from "./schema.js";

/** What all jobs of a kind have in common, unless one says otherwise. */
export type JobDefaults = Pick<
  JobInput,
  "queue" | "priority" | "headers" | "labels" | "maxAttempts" | "backoff" | "attemptTimeoutMs" | "retentionMs"
>;

/** What one job may say of itself. */
export interface DefinedJobOptions
  extends JobDefaults,
    Pick<JobInput, "id" | "scheduleTime" | "delayMs" | "deadlineTime"> {
  /** Where its page is: `https://app.example`, with a path before that of the definition if there is one. */
  readonly pages?: string;
  /**
   * In a batch of a master: which child it is, 1 to 128 of `A-Z a-z 0-9 . _ : -`. Default: from its kind, path and input.
   */
  readonly childKey?: string;
}

export interface JobSettings<In extends Schema, Out extends Schema> extends JobDefaults {
  /** 1 to 128 of `A-Z a-z 0-9 . _ : -`. */
  readonly kind: string;
  /** Of the page, beginning with `/`. */
  readonly path: string;
  /** Of what the page gets. Checked before a job is submitted and again in the page. Default: no input. */
  readonly input?: In;
  /** Of what the page returns. Checked in the page and again by `result()`. Default: anything that JSON can say. */
  readonly result?: Out;
}

/** "completion": a job that runs when a batch has ended, and is told its counts. */
export type Role = "job" | "completion";

/** What a definition says. Apart from the class, or a job and its definition would be types of each other. */
export interface Definition<In extends Schema = Schema, Out extends Schema = Schema, R extends Role = Role> {
  readonly role: R;
  readonly kind: string;
  readonly path: string;
  readonly input: In;
  readonly result: Out;
  readonly defaults: JobDefaults;
}

export class JobDefinition<In extends Schema = Schema, Out extends Schema = Schema, R extends Role = Role>
  implements Definition<In, Out, R>
{
  readonly role: R;
  readonly kind: string;
  readonly path: string;
  readonly input: In;
  readonly result: Out;
  readonly defaults: JobDefaults;

  constructor(role: R, input: In, result: Out, { kind, path, ...defaults }: JobSettings<Schema, Schema>) {
    if (kind === "") throw invalid("kind", "must not be empty");
    if (!path.startsWith("/")) throw invalid("path", "must begin with /");
    const { input: _input, result: _result, ...rest } = defaults;
    this.role = role;
    this.kind = kind;
    this.path = path;
    this.input = input;
    this.result = result;
    this.defaults = rest;
  }

  /** One such job, to be submitted or to be a child of a batch. Does nothing yet; the input is checked when it is sent. */
  job(input: Given<In>, options: DefinedJobOptions = {}): DefinedJob<In, Out, R> {
    return { definition: this, input, options };
  }
}

/** One job of a definition. */
export interface DefinedJob<In extends Schema = Schema, Out extends Schema = Schema, R extends Role = "job"> {
  readonly definition: Definition<In, Out, R>;
  readonly input: Given<In>;
  readonly options: DefinedJobOptions;
}

/** What the page of a definition gets. */
export type PageInput<D extends JobDefinition> =
  D extends JobDefinition<infer In, Schema, infer R>
    ? R extends "completion"
      ? { readonly batch: BatchSummary; readonly input: Seen<In> }
      : Seen<In>
    : never;

/** What the page of a definition returns. */
export type PageResult<D extends JobDefinition> = D extends JobDefinition<Schema, infer Out, Role> ? Given<Out> : never;

/**
 * Defines a kind of job. The types of `input` and `result`, by any validator of Standard Schema, hold for who submits
 * such a job, for its page and for who waits for its result. INVALID_ARGUMENT for an empty kind or a relative path.
 */
export function defineJob<In extends Schema = NothingSchema, Out extends Schema = AnythingSchema>(
  settings: JobSettings<In, Out>,
): JobDefinition<In, Out, "job"> {
  const { input = nothing as Schema as In, result = anything as Schema as Out } = settings;
  return new JobDefinition("job", input, result, settings);
}

/**
 * Defines a job that runs when a batch has ended: its page gets `{ batch, input }`, where `batch` tells the state and
 * the counts. For the option `onComplete` of a batch; it cannot be submitted by itself.
 */
export function defineCompletion<In extends Schema = NothingSchema, Out extends Schema = AnythingSchema>(
  settings: JobSettings<In, Out>,
): JobDefinition<In, Out, "completion"> {
  const { input = nothing as Schema as In, result = anything as Schema as Out } = settings;
  return new JobDefinition("completion", input, result, settings);
}

export function isDefined<R extends Role>(
  job: JobInput | DefinedJob<Schema, Schema, R>,
): job is DefinedJob<Schema, Schema, R> {
  return "definition" in job;
}

/**
 * The job as it is sent. The input is checked as its page will see it, after a way through JSON. INVALID_ARGUMENT if
 * its schema refuses it, or if nobody said where the pages are.
 */
export async function jobInputOf(job: DefinedJob<Schema, Schema, Role>, pages: string | undefined): Promise<JobInput> {
  const { definition, options } = job;
  const { pages: own = pages, childKey: _childKey, ...rest } = options;
  if (own === undefined) throw invalid("pages", `must say where the page ${definition.path} is`);
  const { bytes, contentType } = encodeBody(job.input, undefined, "input");
  await checked(definition.input, decodeBody(bytes, contentType), "input");
  return {
    ...definition.defaults,
    ...rest,
    kind: definition.kind,
    url: baseUrlOf(own) + definition.path,
    ...(bytes.length > 0 && { payload: bytes, contentType: contentType || "application/json" }),
  };
}
