// `drover queues`, `pause`, `resume`, `purge`.

import type { DroverClient, Queue } from "@drover/sdk";
import { Command } from "commander";
import { type ClientFlags, clientCommand, print, printJson, withClient } from "./common.js";

export function queuesCommand(): Command {
  return clientCommand(new Command("queues"))
    .description("show all queues and what waits in them")
    .action((flags: ClientFlags) =>
      withClient(flags, async (client) => {
        for await (const queue of client.queues.list()) show(queue, flags);
      }),
    );
}

export const pauseCommand = () =>
  changing("pause", "start no more jobs of a queue; calls under way go on", (client, name) =>
    client.queues.pause(name),
  );

export const resumeCommand = () =>
  changing("resume", "start the jobs of a queue again", (client, name) => client.queues.resume(name));

export function purgeCommand(): Command {
  return clientCommand(new Command("purge"))
    .description("cancel all pending jobs of a queue")
    .argument("<queue>", "its name")
    .action((name: string, flags: ClientFlags) =>
      withClient(flags, async (client) => {
        const cancelledCount = await client.queues.purge(name);
        if (flags.output === "json") printJson({ cancelledCount });
        else print(`${cancelledCount} cancelled`);
      }),
    );
}

function changing(
  verb: string,
  description: string,
  change: (client: DroverClient, name: string) => Promise<Queue>,
): Command {
  return clientCommand(new Command(verb))
    .description(description)
    .argument("<queue>", "its name")
    .action((name: string, flags: ClientFlags) =>
      withClient(flags, async (client) => show(await change(client, name), flags)),
    );
}

function show(queue: Queue, flags: ClientFlags): void {
  if (flags.output === "json") return printJson(queue);
  const { pending, scheduled, running } = queue.counts;
  const oldest = queue.oldestAvailableTime;
  const waited =
    oldest === undefined ? "" : `  oldest waits ${Math.max(0, Math.round((Date.now() - oldest.getTime()) / 1_000))} s`;
  const paused = queue.paused ? "  paused" : "";
  print(`${queue.name}  pending ${pending}  scheduled ${scheduled}  running ${running}${waited}${paused}`);
}
