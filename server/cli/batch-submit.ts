// `drover batch submit FILE`: hands a file of JSON lines to the service as one batch, a job for each line. What goes
// wrong on the way leaves no batch open without saying so.

import { randomUUID } from "node:crypto";
import { type BatchHandle, type BatchJobInput, type BatchOptions, type DroverClient, DroverError } from "@drover/sdk";
import { Command } from "commander";
import { followBatch } from "./batch-watch.js";
import { type ClientFlags, clientCommand, print, printJson, withClient } from "./common.js";
import { type JobFlags, jobCommand, jobOf, numberOf } from "./job-flags.js";
import { canBeReadTwice, jsonLines } from "./json-lines.js";
import { bar, LiveLine } from "./live-line.js";
import { explain } from "./outcome.js";

interface BatchSubmitFlags extends ClientFlags, JobFlags {
  readonly url: string;
  readonly key?: string;
  readonly onComplete?: string;
  readonly tolerate?: string;
  readonly wait?: boolean;
}

/** One call carries up to a thousand jobs: on a slow store it may take longer than others. */
const TIMEOUT_MS = 60_000;
/** Where standard error is no terminal. */
const LINE_MS = 2_000;

export function batchSubmitCommand(): Command {
  return jobCommand(clientCommand(new Command("submit")))
    .description("submit a batch: a file with the JSON payload of one job on each line; prints the id of the batch")
    .argument("<file>", "- is standard input")
    .requiredOption("--url <url>", "the page that each job calls")
    .option("--key <key>", "the same file under the same key is the same batch, and goes on where it was broken off")
    .option(
      "--on-complete <url>",
      "a page to call with the counts when all jobs have ended; headers, queue and attempts are those of the jobs",
    )
    .option("--tolerate <count>", "so many jobs may fail, and the batch still succeeds (default 0)")
    .option("--wait", "follow the batch to its end; exit code 1 unless it succeeded")
    .action((file: string, flags: BatchSubmitFlags) =>
      withClient(flags, async (client) => {
        const batch = await submitFile(client, file, flags);
        if (batch.existing && !flags.wait)
          process.stderr.write(`drover: the batch was there already: ${await stateOf(batch)}\n`);
        if (flags.wait) return followBatch(client, batch.id, flags);
        if (flags.output === "json") printJson({ id: batch.id, existing: batch.existing });
        else print(batch.id);
      }),
    );
}

async function stateOf(batch: BatchHandle): Promise<string> {
  return (await batch.get()).state;
}

async function submitFile(client: DroverClient, file: string, flags: BatchSubmitFlags): Promise<BatchHandle> {
  const { key = randomUUID() } = flags;
  const member = jobOf(flags.url, flags);
  const options = optionsOf(flags);
  // A file is read to its end before any of it is sent: what is no JSON is found while nothing has been done.
  const total = canBeReadTwice(file) ? await countOf(jsonLines(file)) : undefined;
  const live = new LiveLine(process.stderr, LINE_MS);
  const quiet = flags.output === "json";
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const onSignal = () => interrupt.abort(new DroverError("CANCELLED", "interrupted"));

  async function* jobs(): AsyncGenerator<BatchJobInput> {
    let read = 0;
    for await (const payload of jsonLines(file, signal)) {
      yield { ...member, payload, contentType: "application/json" };
      read += 1;
      if (!quiet) live.show(`submitting  ${total === undefined ? read : bar(read, total)} lines`);
    }
  }
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    return await client.batch(jobs(), { ...options, key, signal, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    throw await leftBehind(
      client,
      { key, isOwn: flags.key === undefined },
      DroverError.from(signal.aborted ? signal.reason : error),
    );
  } finally {
    live.end();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

function optionsOf(flags: BatchSubmitFlags): BatchOptions {
  const { kind: _kind, delay: _delay, method: _method, ...jobFlags } = flags;
  return {
    ...(flags.onComplete !== undefined && { onComplete: jobOf(flags.onComplete, jobFlags) }),
    ...(flags.tolerate !== undefined && {
      failurePolicy: { toleratedFailureCount: numberOf("tolerate", flags.tolerate) },
    }),
  };
}

async function countOf(lines: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of lines) count += 1;
  return count;
}

/**
 * The error with what became of the batch. After an interruption, or when no server answers, it can go on; one that has
 * other jobs under this key belongs to somebody else. With input that is refused it cannot be whole: one whose key nobody
 * knows is cancelled, and under a key that was given it is left to who gave it, as it may have been there before.
 */
async function leftBehind(
  client: DroverClient,
  { key, isOwn }: { readonly key: string; readonly isOwn: boolean },
  error: DroverError,
): Promise<DroverError> {
  const message = error.message.replace(/\bjobs\[(\d+)\](?:\.|: )/g, (_, index) => `line ${Number(index) + 1}: `);
  const saying = (what: string) => new DroverError(error.code, `${message}; ${what}`, { cause: error });
  switch (error.code) {
    case "CANCELLED":
    case "UNAVAILABLE":
    case "DEADLINE_EXCEEDED":
      return saying(`the same command with --key ${key} goes on from here`);
    case "ALREADY_EXISTS":
    case "FAILED_PRECONDITION":
      return saying(`the batch with the key ${key} is as it was`);
  }
  try {
    const batch = await openBatch(client, key);
    if (batch === undefined) return saying("no batch is left open");
    if (!isOwn) return saying(`batch ${batch} is left open: go on under --key ${key}, or drover batch cancel ${batch}`);
    const { counts } = await client.batches.cancel(batch, "drover batch submit was given what is no payload");
    return saying(`batch ${batch}, with ${counts.total} jobs so far, is cancelled`);
  } catch (failure) {
    return saying(`its batch, with the key ${key}, may be open still: ${explain(failure)}`);
  }
}

/** The id of the batch that takes jobs under this key and belongs to no master. */
async function openBatch(client: DroverClient, key: string): Promise<string | undefined> {
  for await (const batch of client.batches.list({ state: "OPEN", pageSize: 1_000 })) {
    if (batch.key === key && batch.parentJobId === undefined) return batch.id;
  }
  return undefined;
}
