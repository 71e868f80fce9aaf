// `drover watch ID`: follows a job to its end. On a terminal one live line with a progress bar, else a line for each
// change that was seen.

import { type DroverClient, isTerminal, type Job } from "@drover/sdk";
import { Command } from "commander";
import { type ClientFlags, clientCommand, note, print, printJson, withClient } from "./common.js";
import { LiveLine } from "./live-line.js";
import { ExitCode } from "./outcome.js";

export function watchCommand(): Command {
  return clientCommand(new Command("watch"))
    .description("follow a job to its end; exit code 1 unless it succeeded")
    .argument("<id>", "the job")
    .action((id: string, flags: ClientFlags) => withClient(flags, (client) => followToEnd(client, id, flags)));
}

/** Prints as the job goes, at the end its result; sets the exit code. */
export async function followToEnd(client: DroverClient, id: string, flags: ClientFlags): Promise<void> {
  const live = new LiveLine(process.stdout);
  for await (const job of client.watch(id)) {
    if (flags.output === "json") printJson(job);
    else live.show(line(job));
    if (!isTerminal(job.state)) continue;
    live.end();
    if (flags.output !== "json" && job.result !== undefined) print(textOf(job.result));
    if (job.state !== "SUCCEEDED") process.exitCode = ExitCode.NOT_SUCCEEDED;
  }
}

function line(job: Job): string {
  return `${job.id}  ${job.state}  attempt ${job.attemptCount + (job.state === "RUNNING" ? 1 : 0)}  ${note(job)}`.trimEnd();
}

function textOf(result: unknown): string {
  if (typeof result === "string") return result;
  if (result instanceof Uint8Array) return `(${result.length} bytes)`;
  return JSON.stringify(result);
}
