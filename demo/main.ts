// The demo: a server on a new embedded store, a few pages, and some two thousand jobs, from the first submit to a
// summary that is read back from the server. Ends by itself, with exit code 0 if all went as it should.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClient, type DroverClient, type Job, type JobInput } from "@drover/sdk";
import { createPages, failsAtFirst, showsProgress } from "./pages.js";
import { Screen } from "./screen.js";

const USERS = 2_000;
const BILLS = 20;
const MESSAGES = 30;
const QUEUES = { billing: BILLS, messages: MESSAGES, statistics: USERS };
/** Jobs with progress that are followed by a watch. */
const FOLLOWED = 3;
const REDRAW_MS = 200;
const LIMIT_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), "drover-demo-"));
const pages = createPages().listen(0, "127.0.0.1");
await once(pages, "listening");
const origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;

const drover = fileURLToPath(new URL("../../server/bin/drover.js", import.meta.url));
const doors = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "warn"];
const server = spawn(process.execPath, [drover, "serve", "--store", `sqlite:${join(folder, "jobs.db")}`, ...doors], {
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = once(server, "exit");
// However the demo ends: nothing of it stays behind.
process.once("exit", () => {
  server.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 }); // A killed server may be writing still.
});
process.once("SIGINT", () => process.exit(1));
setTimeout(() => fail("it took too long"), LIMIT_MS).unref();

const client = createClient({ address: await address() });
try {
  process.stdout.write(`drover: ${BILLS + MESSAGES + USERS} jobs, each a call of a page at ${origin}\n\n`);
  const started = performance.now();
  const submitted = await submitAll();
  await follow(submitted, started);
  await summarise(client, (performance.now() - started) / 1_000);
} finally {
  await client.close();
  server.kill("SIGTERM");
  await ended;
  pages.close();
  pages.closeAllConnections();
}

async function address(): Promise<string> {
  for await (const line of createInterface({ input: server.stdout })) {
    const ready = /^drover ready grpc=(\S+)/.exec(line);
    if (ready?.[1] !== undefined) return ready[1];
  }
  return fail("the server did not start");
}

function* jobs(): Generator<JobInput> {
  for (let row = 1; row <= BILLS; row++) yield page("billing", `dobillingstuff?rowid=${row}`);
  for (let message = 1; message <= MESSAGES; message++) yield page("messages", `sendmessage?messageid=${message}`);
  for (let user = 1; user <= USERS; user++) {
    const job = page("statistics", `compileuserstats?userid=${user}`);
    yield { ...job, method: "POST", backoff: { initialMs: 500, maxMs: 1_000 } };
  }
}

function page(queue: string, path: string): JobInput {
  return { url: `${origin}/${path}`, method: "GET", queue, kind: path.slice(0, path.indexOf("?")) };
}

/** Ids of the first jobs that show progress. */
async function submitAll(): Promise<string[]> {
  const results = await client.submitMany(jobs());
  const refused = results.find((result) => "error" in result);
  if (refused !== undefined && "error" in refused) throw refused.error;
  const users = results.slice(BILLS + MESSAGES);
  return users.flatMap((result, index) => ("jobId" in result && showsProgress(index + 1) ? [result.jobId] : []));
}

/** Shows how far the queues and some jobs are, until nothing is left. */
async function follow(ids: readonly string[], started: number): Promise<void> {
  const screen = new Screen(process.stdout.isTTY === true || process.argv.includes("--live"));
  const progress = new Map<string, Job>();
  const watches = ids.slice(0, FOLLOWED).map(async (id) => {
    for await (const job of client.watch(id)) progress.set(id, job);
  });
  for (;;) {
    const queues = [];
    for await (const { name, counts } of client.queues.list()) {
      const left = counts.pending + counts.scheduled + counts.running;
      queues.push({ name, left, total: QUEUES[name as keyof typeof QUEUES] });
    }
    const running = [...progress.values()].flatMap(({ state, progress: report }) => {
      if (state !== "RUNNING" || report?.done === undefined || report.total === undefined) return [];
      return [{ name: report.message, done: report.done, total: report.total }];
    });
    screen.show({ queues, running, seconds: (performance.now() - started) / 1_000 });
    if (queues.every(({ left }) => left === 0)) break;
    await new Promise((resolve) => setTimeout(resolve, REDRAW_MS));
  }
  await Promise.all(watches);
}

/** Counts what the server holds, and holds it against what the pages did. */
async function summarise(from: DroverClient, seconds: number): Promise<void> {
  const counts = { jobs: 0, succeeded: 0, attempts: 0, retried: 0, progress: 0 };
  for await (const job of from.list({ pageSize: 1_000 })) {
    counts.jobs += 1;
    if (job.state === "SUCCEEDED") counts.succeeded += 1;
    counts.attempts += job.attemptCount;
    if (job.attemptCount > 1) counts.retried += 1;
    if (job.progress !== undefined) counts.progress += 1;
  }
  const rate = Math.round(counts.jobs / seconds);
  process.stdout.write(
    `\n${counts.succeeded} of ${counts.jobs} jobs succeeded in ${seconds.toFixed(1)} s (${rate} a second), ` +
      `${counts.attempts} attempts:\n` +
      `${counts.retried} pages failed at first and were called again, ${counts.progress} told how far they were.\n`,
  );
  const users = Array.from({ length: USERS }, (_, index) => index + 1);
  const expected = {
    jobs: BILLS + MESSAGES + USERS,
    succeeded: BILLS + MESSAGES + USERS,
    attempts: BILLS + MESSAGES + USERS + users.filter(failsAtFirst).length,
    retried: users.filter(failsAtFirst).length,
    progress: users.filter(showsProgress).length,
  };
  if (JSON.stringify(counts) !== JSON.stringify(expected)) fail(`expected ${JSON.stringify(expected)}`);
}

function fail(why: string): never {
  process.stderr.write(`drover demo: ${why}\n`);
  process.exit(1);
}
