// The command `drover`: which sub-commands and flags there are. Each is a file of its own in cli/; the server is
// imported only by `serve`, with its settings, so that client commands start at once.

import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { batchCommand } from "./cli/batch.js";
import { cancelCommand, getCommand, listCommand, retryCommand } from "./cli/jobs.js";
import { ExitCode, exitCodeOf, explain } from "./cli/outcome.js";
import { pauseCommand, purgeCommand, queuesCommand, resumeCommand } from "./cli/queues.js";
import { submitCommand } from "./cli/submit.js";
import { watchCommand } from "./cli/watch.js";
import type { ServeFlags } from "./config.js";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

function serveCommand(): Command {
  return new Command("serve")
    .description("run a server; every flag can also be set as DROVER_… (--lease-ttl: DROVER_LEASE_TTL)")
    .option("--store <url>", "sqlite:FILE, sqlite::memory: or mongodb://… (default sqlite:drover.db)")
    .option("--grpc <host:port>", "the gRPC door (default 127.0.0.1:7070; port 0: a free one)")
    .option("--http <host:port>", "the HTTP door (default 127.0.0.1:7080)")
    .option("--concurrency <count>", "calls at the same time (default 100)")
    .option("--lease-ttl <time>", "how long a silent server keeps its jobs (default 30s)")
    .option("--drain-timeout <time>", "how long calls may go on after SIGTERM (default 25s)")
    .option(
      "--allow <address...>",
      "[scheme://]HOST|CIDR[:PORT] that may be called; loopback is, while both doors are on it",
    )
    .option("--no-dispatch", "serve calls and watches, run no job")
    .option("--advertise <url>", "address of the HTTP door as pages see it")
    .option("--insecure", "listen on addresses that other machines reach, without authentication")
    .option("--sqlite-synchronous <mode>", "FULL, or NORMAL: faster, and a power cut loses the last seconds")
    .addOption(new Option("--log-level <level>").choices(["debug", "info", "warn", "error", "silent"]))
    .action(async (flags: ServeFlags, command: Command) => {
      const given = { ...flags };
      // Commander fills in `dispatch: true` by itself, which would hide DROVER_NO_DISPATCH.
      if (command.getOptionValueSource("dispatch") !== "cli") delete (given as { dispatch?: boolean }).dispatch;
      const { readConfig } = await import("./config.js");
      const config = readConfig(given);
      const { serveUntilSignalled } = await import("./serve.js");
      await serveUntilSignalled(config);
      process.exit(ExitCode.OK);
    });
}

const program = new Command("drover")
  .description("Background jobs where every job is a web page")
  .version(version)
  .exitOverride()
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 a job or batch did not succeed, 2 usage, 3 refused, 4 not found, 5 conflict, 6 unavailable.",
  );
for (const command of [
  serveCommand(),
  submitCommand(),
  getCommand(),
  listCommand(),
  watchCommand(),
  cancelCommand(),
  retryCommand(),
  batchCommand(),
  queuesCommand(),
  pauseCommand(),
  resumeCommand(),
  purgeCommand(),
]) {
  program.addCommand(command.exitOverride());
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE);
  process.stderr.write(`drover: ${explain(error)}\n`);
  process.exit(exitCodeOf(error));
}
