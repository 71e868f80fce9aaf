// What a claim and a settle cost a job while a backlog waits, on the store alone: no server, no page. Each backlog has
// a store of its own and is filled up again after each round; rounds alternate. Ids are like those of members of a
// batch: hashes, so in no order.

import type { Job, NewJob } from "../server/core/job.js";
import type { JobStore } from "../server/core/store.js";
import { atMost, median } from "./figures.js";
import { acceptedJob, DroverError, derivedId, openStore, settlementOf } from "./server-parts.js";
import { type AddressOf, withStores } from "./stores.js";

export interface ClaimOptions {
  readonly backlogs: readonly number[];
  /** Jobs to claim and settle of each backlog, in all rounds. */
  readonly jobs: number;
  readonly stores: readonly string[];
}

/** µs a job. */
interface Cost {
  readonly claim: number;
  readonly settle: number;
}

const CLAIM_SET = 256;
const INSERT_SET = 1_000;
const ROUNDS = 4;
const LEASE_MS = 600_000;
/** A million jobs and their indexes are some 2 GiB: the server has them in memory. */
const CACHE_GIB = 4;
const LARGEST_TO_SMALLEST = 1.3;
/** What the inserts left to the store to write, it writes before the claims begin. */
const SETTLE_MS = 5_000;

export function claims(options: ClaimOptions): Promise<void> {
  return withStores(
    options.stores,
    async (addressOf) => {
      for (const store of options.stores) await measure(store, options, addressOf);
    },
    { cacheGiB: CACHE_GIB },
  );
}

async function measure(kind: string, { backlogs, jobs }: ClaimOptions, addressOf: AddressOf): Promise<void> {
  const filled: Backlog[] = [];
  try {
    for (const size of [...backlogs].sort((a, b) => a - b)) {
      filled.push(await Backlog.fill(addressOf(kind, `backlog${size}`), size));
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const costs = filled.map((): Cost[] => []);
    // One round more: until V8 has compiled what is measured.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [index, backlog] of filled.entries()) {
        const cost = await backlog.claimAndSettle(Math.ceil(jobs / ROUNDS));
        if (round > 0) costs[index]?.push(cost);
      }
    }
    print(
      kind,
      filled.map(({ size }, index) => ({ size, ...medians(costs[index] ?? []) })),
    );
  } finally {
    for (const backlog of filled) await backlog.close();
  }
}

class Backlog {
  readonly size: number;
  readonly #store: JobStore;
  /** Jobs inserted so far. */
  #count = 0;

  static async fill(address: string, size: number): Promise<Backlog> {
    const backlog = new Backlog(await openStore(address), size);
    await backlog.#insert(size);
    return backlog;
  }

  private constructor(store: JobStore, size: number) {
    this.#store = store;
    this.size = size;
  }

  /** So many jobs or all of them, and then fills it up again. */
  async claimAndSettle(jobs: number): Promise<Cost> {
    const count = Math.min(jobs, this.size);
    let [done, claimMs, settleMs, afterQueue] = [0, 0, 0, ""];
    while (done < count) {
      const started = performance.now();
      const claimed = await this.#store.claim({ holder: "bench", count: CLAIM_SET, leaseMs: LEASE_MS, afterQueue });
      const claimedTime = performance.now();
      if (claimed.jobs.length === 0) throw new Error(`${count - done} jobs were not to be claimed`);
      const results = await this.#store.settle(claimed.jobs.map(succeeded));
      settleMs += performance.now() - claimedTime;
      claimMs += claimedTime - started;
      if (results.some((result) => result !== "settled")) throw new Error("a job was not settled");
      done += claimed.jobs.length;
      afterQueue = claimed.lastQueue;
    }
    await this.#insert(done);
    return { claim: (claimMs / done) * 1_000, settle: (settleMs / done) * 1_000 };
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #insert(jobs: number): Promise<void> {
    for (let left = jobs; left > 0; left -= INSERT_SET) {
      await this.#store.insert(Array.from({ length: Math.min(INSERT_SET, left) }, () => newJob(this.#count++)));
    }
  }
}

function newJob(place: number): NewJob {
  const payload = Buffer.from(JSON.stringify({ n: place, text: "x".repeat(100) }));
  const input = { endpoint: { url: "http://127.0.0.1:9/job" }, payload };
  const job = acceptedJob(input, "job", { refusal: () => undefined }, () => derivedId("member", "bench", place));
  if (job instanceof DroverError) throw job;
  return job;
}

const RESULT = Buffer.from('{"ok":true}');

function succeeded(job: Job) {
  const outcome = { kind: "succeeded", httpStatus: 200, result: RESULT, contentType: "application/json" } as const;
  return settlementOf(job, job.lease?.token ?? "", outcome, Math.random);
}

function medians(costs: readonly Cost[]): Cost {
  return { claim: median(costs.map(({ claim }) => claim)), settle: median(costs.map(({ settle }) => settle)) };
}

function print(kind: string, costs: readonly (Cost & { readonly size: number })[]): void {
  process.stdout.write(`\nclaim, ${kind}: sets of ${CLAIM_SET}, median of ${ROUNDS} rounds, Node ${process.version}\n`);
  for (const { size, claim, settle } of costs) {
    process.stdout.write(
      `backlog ${size.toString().padStart(9)}  claim ${claim.toFixed(1)} µs, settle ${settle.toFixed(1)} µs a job\n`,
    );
  }
  const [smallest, largest] = [costs[0], costs.at(-1)];
  if (smallest === undefined || largest === undefined || smallest === largest) return;
  process.stdout.write(
    `largest / smallest  claim ${atMost(largest.claim / smallest.claim, LARGEST_TO_SMALLEST, 2)}, ` +
      `settle ${(largest.settle / smallest.settle).toFixed(2)}\n`,
  );
}
