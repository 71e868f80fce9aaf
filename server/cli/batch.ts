// `drover batch`: its sub-commands, and those of one call: `get`, `list`, `cancel`, `retry`.

import type { Batch, BatchState } from "@drover/sdk";
import { Command, InvalidArgumentError, Option } from "commander";
import { BATCH_STATES } from "../core/batch.js";
import { batchSubmitCommand } from "./batch-submit.js";
import { batchLine, batchState, batchWatchCommand } from "./batch-watch.js";
import { type ClientFlags, clientCommand, print, printJson, withClient } from "./common.js";
import { numberOf } from "./job-flags.js";

export function batchCommand(): Command {
  const batch = new Command("batch").description("submit many jobs as one, and follow, cancel or retry them together");
  const commands = [
    batchSubmitCommand(),
    getCommand(),
    listCommand(),
    batchWatchCommand(),
    cancelCommand(),
    retryCommand(),
  ];
  for (const command of commands) batch.addCommand(command.exitOverride());
  return batch;
}

function getCommand(): Command {
  return clientCommand(new Command("get"))
    .description("show a batch with its counts")
    .argument("<id>", "the batch")
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, async (client) => {
        const batch = await client.batches.get(id);
        if (flags.output === "json") printJson(batch);
        else print(batchText(batch));
      }),
    );
}

interface BatchListFlags extends ClientFlags {
  readonly state?: BatchState;
  readonly parent?: string;
  readonly limit: string;
  readonly oldestFirst?: boolean;
}

function listCommand(): Command {
  return clientCommand(new Command("list"))
    .description("list batches, newest first")
    .addOption(new Option("--state <state>", "only this state").choices(BATCH_STATES).argParser(stateOf))
    .option("--parent <id>", "only those of this master; not together with a state")
    .option("--limit <count>", "at most so many", "50")
    .option("--oldest-first", "oldest first")
    .action((flags: BatchListFlags) =>
      withClient(flags, async (client) => {
        const { state, parent: parentJobId, oldestFirst } = flags;
        let left = numberOf("limit", flags.limit);
        const pageSize = Math.max(1, Math.min(left, 1_000));
        for await (const batch of client.batches.list({ state, parentJobId, oldestFirst, pageSize })) {
          if (left-- <= 0) break;
          if (flags.output === "json") printJson(batch);
          else print(batchLine(batch));
        }
      }),
    );
}

function stateOf(text: string): BatchState {
  const state = BATCH_STATES.find((it) => it === text.toUpperCase());
  if (state === undefined) throw new InvalidArgumentError(`Allowed choices are ${BATCH_STATES.join(", ")}.`);
  return state;
}

function cancelCommand(): Command {
  return clientCommand(new Command("cancel"))
    .description("cancel a batch with all its jobs; running pages are told, and may still finish for ten seconds")
    .argument("<id>", "the batch")
    .option("--reason <text>", "for people", "")
    .action((id: string, flags: ClientFlags & { readonly reason: string }) =>
      withClient(flags, async (client) => {
        const batch = await client.batches.cancel(id, flags.reason);
        if (flags.output === "json") printJson(batch);
        else print(batchLine(batch));
      }),
    );
}

function retryCommand(): Command {
  return clientCommand(new Command("retry"))
    .description("make a new batch of the jobs that failed or were cancelled, and print its id")
    .argument("<id>", "the batch")
    .action((id: string, flags: ClientFlags) =>
      withClient(flags, async (client) => {
        const batch = await client.batches.retry(id);
        if (flags.output === "json") printJson({ id: batch.id, existing: batch.existing });
        else print(batch.id);
      }),
    );
}

/** All that a person asks of one batch. */
function batchText(batch: Batch): string {
  const { total, ...counts } = batch.counts;
  const some = Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
  const rows: [string, unknown][] = [
    ["id", batch.id],
    ["state", batchState(batch)],
    ["key", batch.key],
    ["jobs", [total, ...some].join("  ")],
    ["tolerates", toleranceOf(batch)],
    ["master", batch.parentJobId],
    ["on complete", batch.onCompleteJobId],
    ["created", batch.createTime?.toISOString()],
    ["sealed", batch.sealTime?.toISOString()],
    ["finished", batch.finishTime?.toISOString()],
    ["retry of", batch.retryOf],
    ["retried by", batch.retriedBy],
  ];
  return rows
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name.padEnd(13)}${value}`)
    .join("\n");
}

function toleranceOf({ failurePolicy = {} }: Batch): string {
  const { toleratedFailureCount: count = 0, toleratedFailureRatio: ratio = 0 } = failurePolicy;
  return [count > 0 ? `${count} failures` : "", ratio > 0 ? `${ratio * 100} % of all` : ""]
    .filter(Boolean)
    .join(", or ");
}
