// One master, any number of children from an async iterable, to the end of the master. What it measures: memory of the
// client and of the server, what a claim costs a job while the whole backlog is there and while little is left of it, and
// how long after its last child the master ends.

import { createClient, type DroverClient } from "@drover/sdk";
import { type Running, startDrover, startNode, startPages } from "./processes.js";

/** Jobs of each of the two stretches in which claims are compared. */
const STRETCH = 10_000;
const LOOK_MS = 100;

export interface FanOut {
  readonly children: number;
  readonly submitSeconds: number;
  readonly runSeconds: number;
  /** Largest resident memory. */
  readonly clientMiB: number;
  readonly serverMiB: number;
  /** Time of claims a job, in µs, with the whole backlog and with its last part. */
  readonly claimAtAll: number;
  readonly claimAtFew: number;
  /** From the end of the last child to that of the master. */
  readonly fanInMs: number;
  readonly counts: { readonly total: number; readonly succeeded: number };
}

export async function fanOut(store: string, children: number): Promise<FanOut> {
  const pages = await startPages();
  const childUrl = `http://127.0.0.1:${pages.ready[1]}/child`;
  const master = await startNode("bench/dist/bench/fanout-master.js", [String(children), childUrl], /^port=(\d+)/);
  const server = await startDrover(store, ["--concurrency", "128"]);
  const client = createClient({ address: server.ready[1] ?? "" });
  try {
    await warmUp(client, childUrl);
    return await measure(client, { master, server }, children);
  } finally {
    await client.close();
    await server.stop();
    await master.stop();
    await pages.stop();
  }
}

async function measure(
  client: DroverClient,
  { master, server }: { readonly master: Running; readonly server: Running },
  children: number,
): Promise<FanOut> {
  // No child starts before all are there: so the backlog is as large as it can be.
  await client.queues.pause("children");
  const started = performance.now();
  const url = `http://127.0.0.1:${master.ready[1]}/master`;
  const job = await client.submit({ url, payload: {}, attemptTimeoutMs: 3_600_000 });
  for await (const now of client.watch(job.id)) if (now.state === "WAITING") break;
  const submitted = performance.now();
  const [first] = (await client.batches.list({ parentJobId: job.id }).page()).batches;
  if (first === undefined) throw new Error("the master made no batch");
  const stretch = Math.min(STRETCH, Math.floor(children / 4));
  const metrics = `http://${server.ready[2]}/metrics`;
  const before = await claims(metrics);
  await client.queues.resume("children");
  const atAll = perJob(before, await claimsAfter(metrics, before.jobs + stretch));
  const few = await claimsAfter(metrics, before.jobs + children - stretch);
  const atFew = perJob(few, await claimsAfter(metrics, before.jobs + children));
  let end = await client.get(job.id);
  for await (const now of client.watch(job.id)) end = now;
  const finished = performance.now();
  const batch = await client.batches.get(first.id);
  const last = await lastChildEnd(client, first.id);
  if (end.state !== "SUCCEEDED") throw new Error(`the master ended ${end.state}`);
  return {
    children,
    submitSeconds: (submitted - started) / 1_000,
    runSeconds: (finished - submitted) / 1_000,
    clientMiB: master.peakMiB(),
    serverMiB: server.peakMiB(),
    claimAtAll: atAll,
    claimAtFew: atFew,
    fanInMs: (end.finishTime?.getTime() ?? 0) - last,
    counts: { total: batch.counts.total, succeeded: batch.counts.succeeded },
  };
}

/** A server that has just started claims at half its speed. */
async function warmUp(client: DroverClient, url: string): Promise<void> {
  const jobs = Array.from({ length: STRETCH }, () => ({ url, queue: "warm-up" }));
  await (await client.batch(jobs)).wait();
}

interface Claims {
  readonly jobs: number;
  readonly seconds: number;
}

async function claims(metrics: string): Promise<Claims> {
  const text = await (await fetch(metrics)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  return { jobs: value("drover_claim_jobs_sum"), seconds: value("drover_claim_seconds_sum") };
}

async function claimsAfter(metrics: string, jobs: number): Promise<Claims> {
  for (;;) {
    const now = await claims(metrics);
    if (now.jobs >= jobs) return now;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function perJob(from: Claims, to: Claims): number {
  return ((to.seconds - from.seconds) / (to.jobs - from.jobs)) * 1e6;
}

/** Children end about in the order in which they were made: the last are among the newest. */
async function lastChildEnd(client: DroverClient, batchId: string): Promise<number> {
  const page = await client.list({ batchId, pageSize: 1_000 }).page();
  return Math.max(...page.jobs.map(({ finishTime }) => finishTime?.getTime() ?? 0));
}

export function describe(name: string, figures: FanOut): string {
  const { children, submitSeconds, runSeconds, clientMiB, serverMiB, claimAtAll, claimAtFew, fanInMs } = figures;
  const rate = (seconds: number) => `${seconds.toFixed(1)} s (${Math.round(children / seconds)}/s)`;
  return [
    `fanout, ${name}: ${children} children`,
    `  submitted in ${rate(submitSeconds)}, run in ${rate(runSeconds)}`,
    `  memory at most: client ${clientMiB.toFixed(0)} MiB, server ${serverMiB.toFixed(0)} MiB`,
    `  claims a job: ${claimAtAll.toFixed(1)} µs with all waiting, ${claimAtFew.toFixed(1)} µs with few, ratio ${(claimAtAll / claimAtFew).toFixed(2)}`,
    `  the master ended ${fanInMs} ms after its last child`,
    "",
  ].join("\n");
}
