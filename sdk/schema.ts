// Any validator that speaks Standard Schema, such as those of zod, valibot and arktype: a value checked by one, and
// what is wrong with it told as an error of the SDK.

import type { StandardSchemaV1 } from "@standard-schema/spec";
import { DroverError, type FieldViolation } from "./errors.js";

export type Schema = StandardSchemaV1;
/** What a caller gives. */
export type Given<S extends Schema> = StandardSchemaV1.InferInput<S>;
/** What a reader gets, with the schema's defaults and conversions. */
export type Seen<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/** The value as the schema makes it; INVALID_ARGUMENT, with a violation for each fault, if it refuses. */
export async function checked<S extends Schema>(schema: S, value: unknown, field: string): Promise<Seen<S>> {
  const checking = schema["~standard"].validate(value);
  const result = checking instanceof Promise ? await checking : checking;
  if (result.issues === undefined) return result.value as Seen<S>;
  const violations = result.issues.map((issue) => violationOf(issue, field));
  const message = violations.map((violation) => `${violation.field}: ${violation.description}`).join("; ");
  throw new DroverError("INVALID_ARGUMENT", message, { violations });
}

function violationOf({ path = [], message }: StandardSchemaV1.Issue, field: string): FieldViolation {
  const names = path.map((segment) => (typeof segment === "object" ? segment.key : segment));
  return { field: [field, ...names].map(String).join("."), description: message };
}

/** Takes nothing: a job without input. */
export interface NothingSchema extends StandardSchemaV1<void, undefined> {}

export const nothing: NothingSchema = schemaOf((value) =>
  value === undefined ? { value } : { issues: [{ message: "this job takes no input" }] },
);

/** Takes whatever there is, unchecked. */
export interface AnythingSchema extends StandardSchemaV1<unknown, unknown> {}

export const anything: AnythingSchema = schemaOf((value) => ({ value }));

function schemaOf<Input, Output>(
  validate: (value: unknown) => StandardSchemaV1.Result<Output>,
): StandardSchemaV1<Input, Output> {
  return { "~standard": { version: 1, vendor: "drover", validate } };
}
