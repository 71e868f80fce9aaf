// A batch of the tree model once it is there: its cancel from above, its fan-in (what its member came to, then what
// lies above, then one compare-and-set), and its master out of WAITING in the same way.

import { put, type Steps } from "./explore.js";
import { isEnd } from "./states.js";
import {
  batchOf,
  close,
  flagged,
  flaggedBatch,
  isLive,
  jobOf,
  type Rules,
  type State,
  type TreeBatch,
} from "./tree-state.js";

export function stepBatch(rules: Rules, from: State, level: number, { step, chance }: Steps<State>): void {
  const { mutant } = rules;
  const batch = batchOf(from, level);
  const parent = jobOf(from, level - 1);
  const name = (what: string) => `batch ${level}: ${what}`;
  const go = (what: string, seen: Partial<TreeBatch>) => step(name(what), (to) => put(batchOf(to, level), seen));
  const idle = { at: "idle", member: "absent", above: false } as const;

  if (batch.state === "OPEN" && parent.state !== "PENDING" && parent.state !== "RUNNING") {
    // Only what is left alone may count on it: it takes half an hour.
    (level === rules.config.abandon ? step : chance)(name("seal timeout"), (to) => close(to, level));
  }
  if ((batch.state === "OPEN" || batch.state === "RUNNING") && !batch.cancel && flaggedBatch(rules, from, level)) {
    step(name("sweep"), (to) => close(to, level));
  }
  if (batch.at !== "idle") chance(name("server of the fan-in dies"), (to) => put(batchOf(to, level), idle));

  const member = jobOf(from, level).state;
  const waits = member === "WAITING" && mutant === "a waiting member counts as ended";
  const early = mutant === "fan-in looks above before it tallies";
  if (batch.state === "RUNNING") {
    if (batch.at === "idle" && early) go("look above", { at: "looked", above: flaggedBatch(rules, from, level) });
    if (batch.at === "looked" && early) go("tally", isLive(member) ? idle : { at: "told", member });
    if (batch.at === "idle" && !early && (!isLive(member) || waits))
      go("no member is live: tally", { at: "looked", member });
    if (batch.at === "looked" && !early) {
      go("look above", {
        at: "told",
        above: flaggedBatch(rules, from, level) && mutant !== "fan-in does not look above",
      });
    }
    if (batch.at === "told") {
      const tallied = batch.member === "absent" || batch.member === "SUCCEEDED" ? "SUCCEEDED" : "FAILED";
      go("end", { ...idle, state: batch.cancel || batch.above ? "CANCELLED" : tallied });
    }
  }
  if (!isEnd(batch.state) || parent.state !== "WAITING") return;
  if (batch.at === "idle")
    go("its master may go: look above", { at: "master looked", above: flagged(rules, from, level - 1) });
  if (batch.at === "master looked") {
    step(name("its master leaves WAITING"), (to) => {
      put(batchOf(to, level), idle);
      const own = parent.cancel && mutant !== "a master leaves WAITING without comparing its cancel";
      const by = parent.verdict === "SUCCEEDED" && batch.state !== "SUCCEEDED" ? "FAILED" : parent.verdict;
      jobOf(to, level - 1).state = own || batch.above || by === "" ? "CANCELLED" : by;
    });
  }
}
