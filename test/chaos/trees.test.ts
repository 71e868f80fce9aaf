// Random trees of masters and batches, on servers that are killed or stand still, again and again, while pages fail,
// repeat themselves and are cancelled. At the end the invariants of batches are checked, by what the service shows and
// what its pages saw.

import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { STORES } from "../support/stores.js";
import { calledAfter, cancelOne } from "../support/trees-cancel.js";
import { wrongIn } from "../support/trees-check.js";
import { Fleet } from "../support/trees-fleet.js";
import { TreePages } from "../support/trees-pages.js";
import { type Forest, forest, rootPath } from "../support/trees-plan.js";
import { liveIn, readForest } from "../support/trees-read.js";

/** A forest takes a quarter of a minute: more of them are for who looks for faults. */
const RUNS = Number(process.env.DROVER_TEST_RUNS ?? 1);
const CONCURRENCY = 8;
const FLAGS = ["--lease-ttl", "1s", "--concurrency", String(CONCURRENCY)];
/** Longer than a lease. */
const STALL_MS = 1_600;
/** After the last blow: leases lapse, and what nobody told of is found, one level of a tree after the other. */
const END_MS = 45_000;
const POLL_MS = 200;

let names = 0;
let fleet: Fleet | undefined;
let pages: TreePages | undefined;

afterEach(async () => {
  await fleet?.stop();
  await pages?.close();
});

/** Lets a forest grow, and returns what is wrong with it in the end. */
async function grow(plan: Forest, fleet: Fleet, pages: TreePages): Promise<string[]> {
  const begun = { calls: pages.calls.length, said: pages.said.length };
  let isOver = false;
  pages.plant(plan);
  const submitting = Promise.all(plan.roots.map((root) => pages.submit(root)));
  const cancelling = Promise.all(plan.cancels.map((one) => cancelOne(plan, one, pages, fleet, () => isOver)));
  const striking = (async () => {
    for (const [index, { afterCalls, kind }] of plan.blows.entries()) {
      const before = pages.begun;
      await pages.until(() => isOver || pages.begun >= before + afterCalls);
      if (isOver) return;
      await (kind === "kill" ? fleet.replace(index) : fleet.stall(index, STALL_MS));
    }
  })();
  await submitting;
  const submitted = performance.now();
  let live = await liveIn(fleet);
  // There is no signal for the end of all trees of a store: what is live is asked for, as an operator would.
  while (live.length > 0 && performance.now() < Math.max(submitted, fleet.calmTime) + END_MS) {
    await wait(POLL_MS);
    live = await liveIn(fleet);
  }
  isOver = true;
  pages.tell();
  await striking;
  const cancelled = (await cancelling).filter((one) => one !== undefined);
  const calls = pages.calls.slice(begun.calls);
  const said = pages.said.slice(begun.said);
  const tops = new Set(plan.roots.filter((root) => "batch" in root).map(rootPath));
  const ids = said.flatMap(({ batchPath, answer }) => (tops.has(batchPath) ? (answer.body.batch?.id ?? []) : []));
  const seen = await readForest(fleet, plan, [...new Set<string>(ids)]);
  return [
    ...live.map((one) => `I13 ${one} ${END_MS} ms after the last blow`),
    ...wrongIn({ ...seen, calls, said }),
    ...cancelled.flatMap((one) => calledAfter(one, calls, CONCURRENCY * fleet.size)),
  ];
}

describe.each(STORES)("trees on $name, whose servers are killed and stand still", ({ name, fresh }) => {
  it("end: once, whole, after all below them, never early and never called after a cancel", async () => {
    const seed = Number(process.env.DROVER_TEST_SEED ?? Date.now() % 2 ** 31);
    console.log(`trees on ${name}: seed ${seed}`);
    const ran = new Fleet(await fresh(), FLAGS);
    fleet = ran;
    await ran.start(name === "MongoDB" ? 2 : 1);
    const planted = await TreePages.start(ran);
    pages = planted;
    const property = fc.asyncProperty(
      forest(() => `t${++names}`),
      async (plan) => {
        expect(await grow(plan, ran, planted)).toEqual([]);
      },
    );
    // No shrinking: no two runs meet the same moment, and a run takes many seconds.
    await fc.assert(property, { numRuns: RUNS, seed, endOnFailure: true });
  });
});
