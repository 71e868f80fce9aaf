// `drover get`, `list`, `cancel`, `retry`: one call each.

import type { JobFilter } from "@drover/sdk";
import { Command, InvalidArgumentError, Option } from "commander";
import { JOB_STATES, type JobState } from "../core/job.js";
import { type ClientFlags, clientCommand, jobLine, jobText, print, printJson, withClient } from "./common.js";
import { numberOf } from "./job-flags.js";

export function getCommand(): Command {
  return clientCommand(new Command("get"))
    .description("show a job with its history")
    .argument("<id>", "the job")
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, async (client) => {
        const job = await client.get(id);
        if (flags.output === "json") printJson(job);
        else print(jobText(job));
      }),
    );
}

interface ListFlags extends ClientFlags {
  readonly queue?: string;
  readonly state?: JobFilter["state"];
  readonly kind?: string;
  readonly label?: string;
  readonly batch?: string;
  readonly limit: string;
  readonly oldestFirst?: boolean;
}

export function listCommand(): Command {
  return clientCommand(new Command("list"))
    .description("list jobs, newest first; filters that go together: queue and state")
    .option("--queue <name>", "only this queue")
    .addOption(
      // `choices` comes with a parser of its own, which takes a state in capitals only.
      new Option("--state <state>", "only this state").choices(JOB_STATES).argParser(stateOf),
    )
    .option("--kind <text>", "only this kind")
    .option("--label <key=value>", "only with this label")
    .option("--batch <id>", "only jobs of this batch")
    .option("--limit <count>", "at most so many", "50")
    .option("--oldest-first", "oldest first")
    .action(({ output, limit, address, batch: batchId, ...filter }: ListFlags) =>
      withClient({ address, output } as ClientFlags, async (client) => {
        let left = numberOf("limit", limit);
        for await (const job of client.list({ ...filter, batchId, pageSize: Math.max(1, Math.min(left, 1_000)) })) {
          if (left-- <= 0) break;
          if (output === "json") printJson(job);
          else print(jobLine(job));
        }
      }),
    );
}

function stateOf(text: string): JobState {
  const state = JOB_STATES.find((it) => it === text.toUpperCase());
  if (state === undefined) throw new InvalidArgumentError(`Allowed choices are ${JOB_STATES.join(", ")}.`);
  return state;
}

export function cancelCommand(): Command {
  return clientCommand(new Command("cancel"))
    .description("cancel a job; a running page is told, and may still finish for ten seconds")
    .argument("<id>", "the job")
    .option("--reason <text>", "for people", "")
    .action((id: string, flags: ClientFlags & { readonly reason: string }) =>
      withClient(flags, async (client) => {
        const job = await client.cancel(id, flags.reason);
        if (flags.output === "json") printJson(job);
        else print(jobLine(job));
      }),
    );
}

export function retryCommand(): Command {
  return clientCommand(new Command("retry"))
    .description("make a new job of one that failed or was cancelled, and print its id")
    .argument("<id>", "the job")
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, async (client) => {
        const job = await client.retry(id);
        if (flags.output === "json") printJson({ id: job.id, existing: job.existing });
        else print(job.id);
      }),
    );
}
