// What watchers cost one server: how late they see a change, what each holds of its memory, and what those that never
// read do to it. Changes are reports of progress, by a page that has answered 202.

import { atMost, median, percentile } from "./figures.js";
import { settledMiB } from "./settled-memory.js";
import { withStores } from "./stores.js";
import { WatchedServer } from "./watched-server.js";

export interface WatchOptions {
  readonly watchers: number;
  /** How long changes go on. */
  readonly seconds: number;
  readonly stores: readonly string[];
}

const CHANGES = { rate: 1_000, chars: 40 };
const WATCHERS_PER_JOB = 10;
const WATCHERS_PER_PROCESS = 5_000;
const SILENT_WATCHERS = 1_000;
/** With long messages: in eight seconds all room on the way to a watcher that does not read is full. */
const LONG_CHANGES = { rate: 1_000, chars: 1_000 };
const WARM_UP_SECONDS = 3;
const LOOK_MS = 100;
/** How long after the last change is waited for those who have not seen it. */
const LAST_SEEN_MS = 1_000;

const DELAY_MS = 300;
const WATCHER_KIB = 30;
const SILENT_MB = 50;

export function watches({ watchers, seconds, stores }: WatchOptions): Promise<void> {
  return withStores(stores, async (addressOf) => {
    for (const store of stores) {
      process.stdout.write(`\nwatch, ${store}: ${CHANGES.rate} changes a second for ${seconds} s\n`);
      await readers(addressOf(store, "watched"), watchers, seconds);
      await silent(addressOf(store, "silent"), seconds);
    }
  });
}

async function readers(store: string, watchers: number, seconds: number): Promise<void> {
  const jobs = Math.ceil(watchers / WATCHERS_PER_JOB);
  const watched = await WatchedServer.start(store, jobs);
  try {
    await watched.change({ ...CHANGES, seconds: WARM_UP_SECONDS });
    const before = await settledMiB(watched.server);
    for (let left = watchers; left > 0; left -= WATCHERS_PER_PROCESS) {
      await watched.watch(Math.min(left, WATCHERS_PER_PROCESS), "reading");
    }
    const kibibytes = (((await settledMiB(watched.server)) - before) * 1_024) / watchers;
    const cpu = watched.server.cpuSeconds();
    const rate = await watched.change({ ...CHANGES, seconds });
    const share = ((watched.server.cpuSeconds() - cpu) / seconds) * 100;
    await new Promise((resolve) => setTimeout(resolve, LAST_SEEN_MS));
    const delays = await watched.delays();
    const seen = delays.length / ((CHANGES.rate * seconds * watchers) / jobs);
    process.stdout.write(
      `${watchers} watchers, ${WATCHERS_PER_JOB} a job: memory of each ${atMost(kibibytes, WATCHER_KIB, 1, "KiB")}\n` +
        `delay of a change: p50 ${median(delays).toFixed(1)} ms, p99 ${atMost(percentile(delays, 99), DELAY_MS, 1, "ms")}; ` +
        `${Math.round(rate)} changes/s made, ${(seen * 100).toFixed(1)} % of all seen, server ${share.toFixed(0)} % of a core\n`,
    );
  } finally {
    await watched.stop();
  }
}

async function silent(store: string, seconds: number): Promise<void> {
  const watched = await WatchedServer.start(store, SILENT_WATCHERS / WATCHERS_PER_JOB);
  try {
    await watched.change({ ...LONG_CHANGES, seconds: WARM_UP_SECONDS });
    const before = await settledMiB(watched.server);
    await watched.watch(SILENT_WATCHERS, "silent");
    const opened = await settledMiB(watched.server);
    let most = opened;
    const looks = setInterval(() => {
      most = Math.max(most, watched.server.residentMiB());
    }, LOOK_MS);
    await watched.change({ ...LONG_CHANGES, seconds }).finally(() => clearInterval(looks));
    const held = await settledMiB(watched.server);
    process.stdout.write(
      `${SILENT_WATCHERS} watchers that never read: memory grew by ${atMost(megabytes(most - opened), SILENT_MB, 0, "MB")} ` +
        `while changes came; ${megabytes(opened - before).toFixed(0)} MB before by their coming, ` +
        `${megabytes(held - before).toFixed(0)} MB in all once garbage was collected\n`,
    );
  } finally {
    await watched.stop();
  }
}

function megabytes(mebibytes: number): number {
  return (mebibytes * 1_024 * 1_024) / 1e6;
}
