// The demo: a server on a new embedded store, a few pages, and some two thousand jobs, from the first submit to a
// summary that is read back from the server. Ends by itself, with exit code 0 if all went as it should.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createClient, type DroverClient, type JobInput } from "@drover/sdk";
import { Follower } from "./follow.js";
import { compileStatsForUsers, failsAtFirst, showsProgress, statsCompiled } from "./jobs.js";
import { createPages } from "./pages.js";
import { Screen } from "./screen.js";

const USERS = 2_000;
/** Jobs by themselves: the queue, the page, what it is asked for, and how many. */
const SINGLES = [
  { queue: "billing", name: "dobillingstuff", parameter: "rowid", total: 20 },
  { queue: "messages", name: "sendmessage", parameter: "messageid", total: 30 },
];
/** These, the master, its children, and the job that runs when they have ended. */
const JOBS = SINGLES.reduce((sum, { total }) => sum + total, 0) + 1 + USERS + 1;
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

const client = createClient({ address: await address(), pages: origin });
try {
  process.stdout.write(`drover: ${JOBS} jobs, each a call of a page at ${origin}\n\n`);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1_000;
  const refused = (await client.submitMany(singles())).find((result) => "error" in result);
  if (refused !== undefined && "error" in refused) throw refused.error;
  const master = await client.submit(compileStatsForUsers.job({ users: USERS }));
  const follower = new Follower(client, new Map(SINGLES.map((single) => [single.queue, single])));
  await show(follower, follower.watch(master.id), seconds);
  const [batch] = follower.batches;
  await summarise(client, batch?.onCompleteJobId ?? fail("the master made no batch"), seconds());
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

function* singles(): Generator<JobInput> {
  for (const { queue, name, parameter, total } of SINGLES) {
    for (let number = 1; number <= total; number++) {
      yield { url: `${origin}/${name}?${parameter}=${number}`, method: "GET", queue, kind: name };
    }
  }
}

/** Shows how far all is, until the master and the queues have ended. */
async function show(follower: Follower, watch: Promise<void>, seconds: () => number): Promise<void> {
  const screen = new Screen(process.stdout.isTTY === true || process.argv.includes("--live"));
  let over = false;
  const ended = watch.then(() => {
    over = true;
  });
  for (;;) {
    const rows = await follower.rows();
    screen.show(rows, seconds());
    if (over && rows.every((row) => "state" in row || row.done === row.total)) return;
    await Promise.race([sleep(REDRAW_MS), ...(over ? [] : [ended])]);
  }
}

/** Counts what the server holds, and holds it against what the pages did. */
async function summarise(from: DroverClient, onCompleteJobId: string, seconds: number): Promise<void> {
  const { succeeded, total } = await from.job(onCompleteJobId, statsCompiled).result();
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
    `\n${statsCompiled.kind} was told: ${succeeded} of ${total} users compiled.\n` +
      `${counts.succeeded} of ${counts.jobs} jobs succeeded in ${seconds.toFixed(1)} s (${rate} a second), ` +
      `${counts.attempts} attempts:\n` +
      `${counts.retried} pages failed at first and were called again, ${counts.progress} told how far they were.\n`,
  );
  const users = Array.from({ length: USERS }, (_, index) => index + 1);
  const retried = users.filter(failsAtFirst).length;
  const progress = users.filter(showsProgress).length;
  const expected = { jobs: JOBS, succeeded: JOBS, attempts: JOBS + retried, retried, progress };
  const told = succeeded === USERS && total === USERS;
  if (!told || JSON.stringify(counts) !== JSON.stringify(expected)) fail(`expected ${JSON.stringify(expected)}`);
}

function fail(why: string): never {
  process.stderr.write(`drover demo: ${why}\n`);
  process.exit(1);
}
