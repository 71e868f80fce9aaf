// `drover batch watch ID`: follows a batch to its end. On a terminal one live line with a progress bar, else a line for
// each change that was seen.

import type { Batch, BatchWatchOptions, DroverClient } from "@drover/sdk";
import { Command, Option } from "commander";
import { type ClientFlags, clientCommand, jobLine, printJson, withClient } from "./common.js";
import { bar, LiveLine } from "./live-line.js";
import { ExitCode } from "./outcome.js";

export interface BatchWatchFlags extends ClientFlags {
  readonly members?: "none" | "failed" | "all";
}

export function batchWatchCommand(): Command {
  return clientCommand(new Command("watch"))
    .description("follow a batch to its end; exit code 1 unless it succeeded")
    .argument("<id>", "the batch")
    .addOption(new Option("--members <which>", "show its jobs too, as they change").choices(["none", "failed", "all"]))
    .action((id: string, flags: BatchWatchFlags) => withClient(flags, (client) => followBatch(client, id, flags)));
}

/** Prints as the batch goes; sets the exit code. */
export async function followBatch(client: DroverClient, id: string, flags: BatchWatchFlags): Promise<void> {
  const live = new LiveLine(process.stdout);
  // The id is long: beside it a terminal of 80 columns has no room for counts.
  const terminal = process.stdout.isTTY === true;
  if (terminal && flags.output !== "json") live.keep(id);
  const members = flags.members?.toUpperCase() as BatchWatchOptions["members"];
  let last: Batch | undefined;
  for await (const update of client.batches.watch(id, { members })) {
    last = update.batch;
    if (flags.output === "json") printJson(members === undefined ? last : { batch: last, members: update.members });
    else {
      for (const job of update.members) live.keep(jobLine(job));
      live.show(terminal ? stateLine(last) : batchLine(last));
    }
  }
  live.end();
  if (last?.state !== "SUCCEEDED") process.exitCode = ExitCode.NOT_SUCCEEDED;
}

/** One line: id, state, how far its jobs are. */
export function batchLine(batch: Batch): string {
  return `${batch.id}  ${stateLine(batch)}`;
}

function stateLine(batch: Batch): string {
  const { total, succeeded, failed, cancelled, running, waiting } = batch.counts;
  const parts = { running, waiting, failed, cancelled };
  const counts = Object.entries(parts).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []));
  return [batchState(batch), bar(succeeded + failed + cancelled, total), ...counts].filter(Boolean).join("  ");
}

/** The state, with the reason where that says more. */
export function batchState({ state, stateReason }: Batch): string {
  return stateReason === undefined || stateReason === "OK" || stateReason === state
    ? state
    : `${state}  ${stateReason}`;
}
