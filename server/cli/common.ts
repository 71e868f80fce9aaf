// What client commands share: where the server is, one client for the command, and how a job is shown.

import { createClient, type DroverClient, type Job } from "@drover/sdk";
import type { Command } from "commander";
import { bar } from "./live-line.js";

export interface ClientFlags {
  readonly address?: string;
  readonly output?: "text" | "json";
}

/** Adds the flags that every client command has. */
export function clientCommand(command: Command): Command {
  return command
    .option("--address <host:port>", "the server's gRPC door (default 127.0.0.1:7070; or DROVER_ADDRESS)")
    .option("-o, --output <form>", "text or json", "text");
}

/** Runs the work with a client, which is closed whatever happens. */
export async function withClient(flags: ClientFlags, work: (client: DroverClient) => Promise<void>): Promise<void> {
  // Whoever reads has seen enough, as in `drover list | head`.
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));
  const address = flags.address ?? process.env.DROVER_ADDRESS;
  const client = createClient({ address, timeoutMs: 10_000 });
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(
    JSON.stringify(value, (_, given) => (given instanceof Uint8Array ? Buffer.from(given).toString("base64") : given)),
  );
}

/** One line: id, state, what it waits for or how it ended. */
export function jobLine(job: Job): string {
  return [job.id, job.state, job.queue, `${job.method} ${job.url}`, note(job)].filter(Boolean).join("  ");
}

/** All that a person asks of one job. */
export function jobText(job: Job): string {
  const rows: [string, unknown][] = [
    ["id", job.id],
    ["state", [job.state, note(job)].filter(Boolean).join("  ")],
    ["page", `${job.method} ${job.url}`],
    ["queue", job.queue],
    ["kind", job.kind],
    ["attempts", `${job.attemptCount} of ${job.maxAttempts ?? "?"}`],
    ["created", job.createTime?.toISOString()],
    ["started", job.startTime?.toISOString()],
    ["finished", job.finishTime?.toISOString()],
    ["result", job.result === undefined ? undefined : JSON.stringify(job.result)],
    ["retry of", job.retryOf],
    ["retried by", job.retriedBy],
  ];
  const lines = rows
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name.padEnd(11)}${value}`);
  const attempts = job.attempts.map(({ number, outcome, httpStatus, message }) => {
    return `  ${number}  ${outcome}${httpStatus === undefined ? "" : ` ${httpStatus}`}${message === "" ? "" : `  ${message}`}`;
  });
  return [...lines, ...(attempts.length > 0 ? ["history", ...attempts] : [])].join("\n");
}

/** Why it is where it is, in a few words; empty if there is nothing to say. */
export function note(job: Job): string {
  if (job.state === "PENDING" && job.availableTime !== undefined && job.availableTime.getTime() > Date.now()) {
    const when = job.availableTime.toISOString();
    return job.attemptCount > 0 ? `retries at ${when}${failure(job)}` : `scheduled for ${when}`;
  }
  if (job.state === "RUNNING") return [progressOf(job), job.cancelRequested ? "to be cancelled" : ""].join(" ").trim();
  if (job.state === "FAILED" || job.state === "CANCELLED") return `${job.stateReason ?? ""}${failure(job)}`;
  return "";
}

function failure(job: Job): string {
  if (job.failure === undefined) return "";
  const { reason, httpStatus, message } = job.failure;
  return `: ${reason}${httpStatus === undefined ? "" : ` ${httpStatus}`}${message === "" ? "" : `, ${message}`}`;
}

/** `[#########---------------] 9/24 message`; only the message when there is no total. */
function progressOf(job: Job): string {
  const { progress } = job;
  if (progress === undefined) return "";
  const { done, total, message } = progress;
  if (done === undefined) return message;
  if (total === undefined || total <= 0) return `${done} ${message}`.trim();
  return `${bar(done, total)} ${message}`.trim();
}
