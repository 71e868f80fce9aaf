// Jobs per second end to end: submitted by SubmitJobs in sets of 1,000, each calling a page in another process, to the
// last one done and recorded; beside undici alone in the same run. Rounds alternate, so that a slow spell of a shared
// machine hits all of them.

import { createClient, type DroverClient, type JobInput } from "@drover/sdk";
import { median } from "./figures.js";
import { ceiling, startDrover, startPages } from "./processes.js";
import { type AddressOf, withStores } from "./stores.js";

export interface EndToEndOptions {
  readonly jobs: number;
  readonly rounds: number;
  readonly concurrency: number;
  readonly stores: readonly string[];
}

const WARM_UP_JOBS = 10_000;

interface Round {
  readonly rate: number;
  readonly cpuMicros: number;
  readonly peakMiB: number;
}

export function endToEnd(options: EndToEndOptions): Promise<void> {
  return withStores(options.stores, (addressOf) => runRounds(options, addressOf));
}

async function runRounds(options: EndToEndOptions, addressOf: AddressOf): Promise<void> {
  const pages = await startPages();
  const url = `http://127.0.0.1:${pages.ready[1]}/job`;
  try {
    const ceilings: number[] = [];
    const rounds = new Map<string, Round[]>(options.stores.map((store) => [store, []]));
    for (let round = 0; round < options.rounds; round++) {
      ceilings.push(await ceiling(url, options.jobs, options.concurrency));
      for (const [store, results] of rounds) {
        results.push(await runJobs(addressOf(store, `bench${round}`), url, options));
      }
    }
    print(options, ceilings, rounds);
  } finally {
    await pages.stop();
  }
}

async function runJobs(store: string, url: string, { jobs, concurrency }: EndToEndOptions): Promise<Round> {
  const server = await startDrover(store, ["--concurrency", String(concurrency)]);
  const client = createClient({ address: server.ready[1] ?? "" });
  const payload = { n: 1, text: "x".repeat(100) };
  try {
    // The ceiling has called its page some thousand times before it is measured; so has the server.
    await runAll(client, "warm-up", WARM_UP_JOBS, { url, payload });
    const cpu = server.cpuSeconds();
    const started = performance.now();
    await runAll(client, "default", jobs, { url, payload });
    const seconds = (performance.now() - started) / 1_000;
    const done = await client.list({ state: "SUCCEEDED" }).page();
    if (done.jobs.length === 0) throw new Error("no job succeeded");
    return {
      rate: jobs / seconds,
      cpuMicros: ((server.cpuSeconds() - cpu) / jobs) * 1e6,
      peakMiB: server.peakMiB(),
    };
  } finally {
    await client.close();
    await server.stop();
  }
}

/** Submits so many jobs and waits until the last one is done and recorded. */
export async function runAll(client: DroverClient, queue: string, count: number, job: JobInput): Promise<void> {
  let last = "";
  for await (const result of client.submitMany(repeat(count, { ...job, queue }))) {
    if ("error" in result) throw result.error;
    last = result.jobId;
  }
  // Counting walks the queue's jobs, which would be measured too: not before its last job is done.
  await client.job(last).result();
  for (;;) {
    const { counts } = await client.queues.get(queue);
    if (counts.pending + counts.scheduled + counts.running === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function* repeat<T>(count: number, value: T): Generator<T> {
  for (let index = 0; index < count; index++) yield value;
}

function print(options: EndToEndOptions, ceilings: readonly number[], rounds: ReadonlyMap<string, Round[]>): void {
  const top = median(ceilings);
  const line = (name: string, rates: readonly number[], more: string) =>
    `${name.padEnd(14)}${Math.round(median(rates)).toString().padStart(8)}/s  of the ceiling ${(median(rates) / top).toFixed(2)}  ` +
    `rounds ${rates.map((rate) => Math.round(rate)).join(" ")}${more}\n`;
  process.stdout.write(
    `\n${options.jobs} jobs, ${options.concurrency} at once, median of ${options.rounds} rounds, Node ${process.version}\n`,
  );
  process.stdout.write(line("undici alone", ceilings, ""));
  for (const [store, results] of rounds) {
    const cpu = Math.round(median(results.map((round) => round.cpuMicros)));
    const memory = Math.round(median(results.map((round) => round.peakMiB)));
    const rates = results.map((round) => round.rate);
    process.stdout.write(line(store, rates, `; server: ${cpu} µs of processor a job, ${memory} MiB at most`));
  }
}
