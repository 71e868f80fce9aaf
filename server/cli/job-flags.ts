// The flags that say how a job is run, for every command that submits some, and what they make of a job.

import type { JobInput } from "@drover/sdk";
import type { Command } from "commander";
import { parseDuration } from "../core/duration.js";
import { invalid } from "../core/errors.js";

export interface JobFlags {
  readonly method?: string;
  readonly header?: readonly string[];
  readonly queue?: string;
  readonly kind?: string;
  readonly delay?: string;
  readonly priority?: string;
  readonly maxAttempts?: string;
}

const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** Adds these flags to a command. */
export function jobCommand(command: Command): Command {
  return command
    .option("--method <name>", "GET, POST, PUT, PATCH or DELETE (default POST)")
    .option("--header <name:value>", "sent with each call; may be repeated", collect)
    .option("--queue <name>", "default: default")
    .option("--kind <text>", "what sort of job, for people and filters")
    .option("--delay <time>", "start after so long, such as 90s or 2h")
    .option("--priority <number>", "-1000 to 1000, higher first")
    .option("--max-attempts <count>", "1 to 1000 (default 10)");
}

/** A job as the flags describe it; what was not given is left out. REFUSED, naming the flag, for what says nothing. */
export function jobOf(url: string, flags: JobFlags): JobInput {
  const input: Record<string, unknown> = { url, method: flags.method, queue: flags.queue, kind: flags.kind };
  if (flags.header !== undefined) input.headers = headersOf(flags.header);
  if (flags.priority !== undefined) input.priority = numberOf("priority", flags.priority);
  if (flags.maxAttempts !== undefined) input.maxAttempts = numberOf("max-attempts", flags.maxAttempts);
  if (flags.delay !== undefined) {
    input.delayMs = parseDuration(flags.delay);
    if (input.delayMs === undefined)
      throw invalid([{ field: "delay", description: "must be a length of time such as 90s" }]);
  }
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as unknown as JobInput;
}

export function numberOf(field: string, text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw invalid([{ field, description: "must be a whole number" }]);
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw invalid([{ field: "header", description: `${JSON.stringify(line)} is not NAME:VALUE` }]);
    headers[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  return headers;
}
