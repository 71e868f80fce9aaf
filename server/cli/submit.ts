// `drover submit URL`: hands one job to the service, and waits for its end if asked to.

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { invalid } from "../core/errors.js";
import { type ClientFlags, clientCommand, print, printJson, withClient } from "./common.js";
import { type JobFlags, jobCommand, jobOf } from "./job-flags.js";
import { followToEnd } from "./watch.js";

interface SubmitFlags extends ClientFlags, JobFlags {
  readonly data?: string;
  readonly id?: string;
  readonly wait?: boolean;
}

export function submitCommand(): Command {
  return jobCommand(clientCommand(new Command("submit")))
    .description("submit a job: the page that is to be called")
    .argument("<url>", "the page")
    .option(
      "--data <json>",
      "the body of the call, sent as application/json: JSON, or @FILE for a file as it is (@- is standard input)",
    )
    .option("--id <id>", "submitting the same id again is harmless")
    .option("--wait", "follow the job to its end and print its result; exit code 1 unless it succeeded")
    .action((url: string, flags: SubmitFlags) =>
      withClient(flags, async (client) => {
        const job = await client.submit({
          ...jobOf(url, flags),
          ...(flags.id !== undefined && { id: flags.id }),
          ...(flags.data !== undefined && payloadOf(flags.data)),
        });
        if (flags.wait) return followToEnd(client, job.id, flags);
        if (flags.output === "json") printJson({ id: job.id, existing: job.existing });
        else print(job.id);
      }),
    );
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
