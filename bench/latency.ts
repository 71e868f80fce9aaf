// From the submit of a job, before the client encodes it, to the first byte at its page, in another process: one job
// every 20 ms, so that each finds the server with nothing to do.

import { createClient } from "@drover/sdk";
import { atMost, median, percentile } from "./figures.js";
import { startDrover, startNode } from "./processes.js";
import { sharedMs } from "./shared-clock.js";
import { withStores } from "./stores.js";

export interface LatencyOptions {
  readonly jobs: number;
  readonly stores: readonly string[];
}

interface Latencies {
  /** From submit to the first byte at the page. */
  readonly called: readonly number[];
  /** From submit to the answer that the job is stored. */
  readonly stored: readonly number[];
}

const WARM_UP_JOBS = 200;
const AIMS: Readonly<Record<string, { readonly p50: number; readonly p99: number }>> = {
  sqlite: { p50: 3, p99: 10 },
  mongodb: { p50: 8, p99: 25 },
};

export function latencies({ jobs, stores }: LatencyOptions): Promise<void> {
  return withStores(stores, async (addressOf) => {
    process.stdout.write(`\nlatency: submit to first byte at the page, one job every 20 ms, ${jobs} jobs\n`);
    for (const store of stores) print(store, await measure(addressOf(store, "latency"), jobs));
  });
}

async function measure(store: string, jobs: number): Promise<Latencies> {
  const page = await startNode("bench/dist/bench/latency-page.js", [], /^port=(\d+)/);
  const server = await startDrover(store);
  const client = createClient({ address: server.ready[1] ?? "" });
  const url = `http://127.0.0.1:${page.ready[1]}/job`;
  const stored: number[] = [];
  try {
    for (let index = 0; index < WARM_UP_JOBS + jobs; index++) {
      const sent = sharedMs();
      await client.submit({ url, payload: { sent } });
      stored.push(sharedMs() - sent);
      await new Promise((resolve) => setTimeout(resolve, pauseMs()));
    }
    const called = await latenciesAt(url, WARM_UP_JOBS + jobs);
    return { called: called.slice(WARM_UP_JOBS), stored: stored.slice(WARM_UP_JOBS) };
  } finally {
    await client.close();
    await server.stop();
    await page.stop();
  }
}

/** About 20 ms, never in step with a timer of the server. */
function pauseMs(): number {
  return 12 + 12 * Math.random();
}

/** What the page noted, once it has been called so often. */
async function latenciesAt(url: string, count: number): Promise<readonly number[]> {
  for (;;) {
    const noted = (await (await fetch(url)).json()) as number[];
    if (noted.length >= count) return noted;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function print(store: string, { called, stored }: Latencies): void {
  const aims = AIMS[store] ?? { p50: Number.NaN, p99: Number.NaN };
  const [p50, p99] = [median(called), percentile(called, 99)];
  process.stdout.write(
    `${store.padEnd(14)}p50 ${atMost(p50, aims.p50, 2, "ms")}, p99 ${atMost(p99, aims.p99, 2, "ms")}; ` +
      `SubmitJob answered after ${median(stored).toFixed(2)} ms at p50\n`,
  );
}
