// The runner of the conversation in TypeScript: does its steps in order, prints a line of JSON for each, and says in
// the last line how many passed. The format is told by the README of the folder above.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { DroverError } from "@drover/sdk";
import { at, decode, difference, isObject, type Json, type JsonObject, normalise, resolve } from "./json.js";
import { Operations } from "./operations.js";
import { Pages } from "./pages.js";

interface Step {
  readonly name: string;
  readonly do: string;
  readonly with: JsonObject;
  readonly expect?: Json;
  readonly save?: Readonly<Record<string, string>>;
  /** Beside that of the file. */
  readonly omit?: readonly string[];
}

interface Conversation {
  readonly omit: readonly string[];
  readonly mask: readonly string[];
  readonly steps: readonly Step[];
}

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { grpc: text, http: text, conversation: text, secret: text } });
const { grpc, conversation: file, secret } = values;
if (grpc === undefined || file === undefined || secret === undefined) {
  throw new Error("usage: --grpc HOST:PORT --http URL --conversation FILE --secret whsec_…");
}

const { steps, omit, mask } = JSON.parse(readFileSync(file, "utf8")) as Conversation;
const pages = await Pages.start(secret);
const operations = new Operations(grpc, pages);
const own = [
  ["page", pages.origin],
  ["run", `run-${randomBytes(6).toString("hex")}`],
] as const;
const named = new Map<string, string>(own);
const variables = new Map<string, string>(own);

let passed = 0;
for (const [index, step] of steps.entries()) {
  const answer = await answerTo(step);
  const why = wrong(step, answer);
  const line = {
    step: index + 1,
    name: step.name,
    ok: why === undefined,
    got: normalise(answer, { omit: [...omit, ...(step.omit ?? [])], mask, named }),
  };
  process.stdout.write(`${JSON.stringify(why === undefined ? line : { ...line, why })}\n`);
  if (why !== undefined) break;
  passed += 1;
}
await operations.close();
pages.close();
process.stdout.write(`${passed} of ${steps.length} steps passed\n`);
process.exitCode = passed === steps.length ? 0 : 1;

async function answerTo(step: Step): Promise<Json> {
  try {
    return decode(await operations.do(step.do, resolve(step.with, variables) as JsonObject));
  } catch (thrown) {
    const { code, reason, violations, message } = DroverError.from(thrown);
    process.stderr.write(`${step.name}: ${code}: ${message}\n`);
    const fields = violations.map(({ field }) => field).sort();
    return { error: { code, ...(reason && { reason }), ...(fields.length > 0 && { fields }) } };
  }
}

/** Saves what the step asks to save, and says what is not as it expects. */
function wrong({ expect = {}, save = {} }: Step, answer: Json): string | undefined {
  const expected = resolve(expect, variables);
  const failed = isObject(answer) && answer.error !== undefined;
  const expectsError = isObject(expected) && expected.error !== undefined;
  if (failed && !expectsError) return `it failed: ${JSON.stringify(answer.error)}`;
  const differs = difference(expected, answer);
  if (differs !== undefined) return differs;
  for (const [name, path] of Object.entries(save)) {
    const value = at(answer, path);
    if (value === undefined) return `there is nothing to save at ${path}`;
    variables.set(name, String(value));
  }
  return undefined;
}
