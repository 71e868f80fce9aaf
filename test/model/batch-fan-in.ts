// The fan-in of the batch model: any number of servers, each of which reads the batch, looks for live members, tallies
// and then compares and sets; with on_complete in between, and the master after it.

import type { MemberState, Rules, Settler, State } from "./batch-state.js";
import { type Change, put, type Steps } from "./explore.js";

export function settlers({ config, mutant }: Rules) {
  return { step, skip };

  function step(from: State, settler: Settler, index: number, steps: Steps<State>): void {
    const { batch, master, members, onComplete } = from;
    const go = (label: string, at: Settler["at"], change?: Change<State>) =>
      steps.step(`fan-in: ${label}`, (to) => {
        to.settlers[index] = { at, tally: at === "write" ? [...to.members] : [] };
        return change?.(to);
      });
    const live =
      mutant === "a counter instead of a look"
        ? from.counter < members.filter((state) => state !== "absent").length
        : members.includes("live");
    if (settler.at !== "idle")
      steps.chance("fan-in: its server dies", (to) => put(to.settlers, { [index]: { at: "idle", tally: [] } }));
    switch (settler.at) {
      case "idle":
        if (mutant === "members are read before the batch") {
          if (batch.state !== "absent" && !live) go("no member is live", "batch");
        } else if (batch.state === "RUNNING") go("sealed", "look");
        if (batch.state === "COMPLETING") {
          if (onComplete.length === 0) go("no on_complete yet", "insert");
          else if (!onComplete.includes("live")) go("on_complete has ended", "end");
        }
        if (master.state === "WAITING" && (batch.state === "ended" || early(batch.state)))
          go("master out of WAITING", "idle", leave);
        return;
      case "look":
        go(live ? "a member is live" : "no member is live", live ? "idle" : "tally");
        return;
      case "batch":
        go(batch.state === "RUNNING" ? "sealed" : "not sealed", batch.state === "RUNNING" ? "tally" : "idle");
        return;
      case "tally":
        go("tally", "write");
        return;
      case "write":
        go("compare and set", "idle", (to) => complete(to, settler.tally));
        return;
      case "insert":
        go("insert on_complete", "idle", (to) => {
          if (to.onComplete.length === 0 || mutant === "on_complete under an id of its own") to.onComplete.push("live");
        });
        return;
      case "end":
        go("end", "idle", (to) => {
          if (to.batch.state === "COMPLETING") to.batch.state = "ended";
        });
    }
  }

  function early(state: State["batch"]["state"]): boolean {
    return state === "COMPLETING" && mutant === "the master leaves WAITING while on_complete is live";
  }

  function complete({ batch }: State, tally: MemberState[]): string | undefined {
    if (batch.state !== "RUNNING") {
      return mutant === "the end of a fan-in compares nothing" ? "I14 a batch was completed twice" : undefined;
    }
    batch.tally = tally;
    batch.state = config.onComplete && batch.cancel !== "EXPLICIT" ? "COMPLETING" : "ended";
    return undefined;
  }

  function leave({ master }: State): void {
    master.state = master.cancel || master.verdict === "" ? "CANCELLED" : master.verdict;
  }

  /** A server whose compare-and-set can match no more has nothing left to do. */
  function skip({ settlers: all, batch }: State): void {
    for (const [index, { at }] of all.entries()) {
      if (at === "idle" || at === "batch" || mutant === "the end of a fan-in compares nothing") continue;
      const needs = at === "look" || at === "tally" || at === "write" ? "RUNNING" : "COMPLETING";
      if (batch.state !== needs) all[index] = { at: "idle", tally: [] };
    }
    all.sort((a, b) => (a.at + a.tally < b.at + b.tally ? -1 : 1));
  }
}
