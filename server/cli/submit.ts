// `drover submit URL`: hands one job to the service, and waits for its end if asked to.

import { readFileSync } from "node:fs";
import type { JobInput } from "@drover/sdk";
import { Command } from "commander";
import { parseDuration } from "../config.js";
import { invalid } from "../core/errors.js";
import { type ClientFlags, clientCommand, print, printJson, withClient } from "./common.js";
import { followToEnd } from "./watch.js";

interface SubmitFlags extends ClientFlags {
  readonly data?: string;
  readonly method?: string;
  readonly header?: readonly string[];
  readonly queue?: string;
  readonly kind?: string;
  readonly id?: string;
  readonly delay?: string;
  readonly priority?: string;
  readonly maxAttempts?: string;
  readonly wait?: boolean;
}

const collect = (value: string, before: readonly string[] = []) => [...before, value];

export function submitCommand(): Command {
  return clientCommand(new Command("submit"))
    .description("submit a job: the page that is to be called")
    .argument("<url>", "the page")
    .option("--data <json>", "the body of the call: JSON, or @FILE for a file as it is (@- is standard input)")
    .option("--method <name>", "GET, POST, PUT, PATCH or DELETE (default POST)")
    .option("--header <name:value>", "sent with each call; may be repeated", collect)
    .option("--queue <name>", "default: default")
    .option("--kind <text>", "what sort of job, for people and filters")
    .option("--id <id>", "submitting the same id again is harmless")
    .option("--delay <time>", "start after so long, such as 90s or 2h")
    .option("--priority <number>", "-1000 to 1000, higher first")
    .option("--max-attempts <count>", "1 to 1000 (default 10)")
    .option("--wait", "follow the job to its end and print its result; exit code 1 unless it succeeded")
    .action((url: string, flags: SubmitFlags) =>
      withClient(flags, async (client) => {
        const job = await client.submit(inputOf(url, flags));
        if (flags.wait) return followToEnd(client, job.id, flags);
        if (flags.output === "json") printJson({ id: job.id, existing: job.existing });
        else print(job.id);
      }),
    );
}

function inputOf(url: string, flags: SubmitFlags): JobInput {
  const input: Record<string, unknown> = {
    url,
    method: flags.method,
    queue: flags.queue,
    kind: flags.kind,
    id: flags.id,
  };
  if (flags.header !== undefined) input.headers = headersOf(flags.header);
  if (flags.priority !== undefined) input.priority = numberOf("priority", flags.priority);
  if (flags.maxAttempts !== undefined) input.maxAttempts = numberOf("max-attempts", flags.maxAttempts);
  if (flags.delay !== undefined) {
    input.delayMs = parseDuration(flags.delay);
    if (input.delayMs === undefined)
      throw invalid([{ field: "delay", description: "must be a length of time such as 90s" }]);
  }
  if (flags.data !== undefined) Object.assign(input, payloadOf(flags.data));
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as unknown as JobInput;
}

/** JSON text is sent as it was written, so that a repeat has the same content. */
function payloadOf(data: string): { payload: Uint8Array; contentType: string } {
  if (data.startsWith("@")) {
    const file = data.slice(1);
    try {
      return { payload: readFileSync(file === "-" ? 0 : file), contentType: "application/json" };
    } catch (error) {
      throw invalid([{ field: "data", description: `${file} cannot be read: ${(error as Error).message}` }]);
    }
  }
  try {
    JSON.parse(data);
  } catch {
    throw invalid([{ field: "data", description: "must be JSON, or @FILE" }]);
  }
  return { payload: Buffer.from(data), contentType: "application/json" };
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

function numberOf(field: string, text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw invalid([{ field, description: "must be a whole number" }]);
}
