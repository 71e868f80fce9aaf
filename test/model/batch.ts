// One master and its batch: attempts that re-run and attempts that are zombies, DRAFT, registered, OPEN, chunks, seal,
// cancel, seal timeout, fan-in by anyone, on_complete, the master out of WAITING. Each write of one document is one
// step, each read another; between two of them a process may vanish. How a member runs is the matter of lease.ts.

import { settlers } from "./batch-fan-in.js";
import { type BATCH_MUTANTS, BATCH_STATES, type BatchConfig, type State } from "./batch-state.js";
import { submitters } from "./batch-submit.js";
import { type Model, put, type Steps } from "./explore.js";
import { isEnd } from "./states.js";

export function batchModel(config: BatchConfig, mutant?: keyof typeof BATCH_MUTANTS): Model<State> {
  const attempts = config.chunks.length;
  const submitting = submitters({ config, mutant });
  const settling = settlers({ config, mutant });
  return {
    initial: {
      master: { state: "PENDING", fence: 0, lapsed: false, cancel: false, registered: false, verdict: "" },
      calls: config.chunks.map(() => false),
      submitters: [{ fence: 0, at: -1, counted: null }],
      batch: { state: "absent", cancel: "", fence: 0, pending: [], total: -1, tally: [] },
      members: Array(config.members).fill("absent"),
      answered: Array(config.members).fill(false),
      onComplete: [],
      settlers: Array.from({ length: config.settlers }, () => ({ at: "idle", tally: [] })),
      counter: 0,
    },
    next(from, steps) {
      stepMaster(from, steps);
      for (const [index, submitter] of from.submitters.entries()) submitting.step(submitter, index, steps);
      stepMembers(from, steps);
      stepSweep(from, steps);
      for (const [index, settler] of from.settlers.entries()) settling.step(from, settler, index, steps);
    },
    broken,
    stuck: "I2 I13 the master cannot end any more",
    ended: ({ master, batch, members, onComplete }) =>
      isEnd(master.state) &&
      (!master.registered || batch.state === "ended") &&
      [...members, ...onComplete].every((state) => state !== "live"),
    normalize(state) {
      const { master, calls } = state;
      for (const index of calls.keys()) {
        if (master.state !== "RUNNING" || master.fence !== index + 1) calls[index] = false;
      }
      submitting.skip(state);
      settling.skip(state);
    },
  };

  function stepMaster({ master, calls }: State, { step, chance }: Steps<State>): void {
    if (master.state === "PENDING" || (master.state === "RUNNING" && master.lapsed)) step("claim", claim);
    if (master.state === "RUNNING" && !master.lapsed) {
      const lapse = (to: State) => put(to.master, { lapsed: true });
      if (calls[master.fence - 1]) chance("lapse, by a stall", lapse);
      else step("lapse", lapse);
    }
    for (const [index, under] of calls.entries()) {
      if (!under) continue;
      const fence = index + 1;
      const settle = (what: "SUCCEEDED" | "FAILED" | "CANCELLED") => (to: State) => {
        to.calls[index] = false;
        if (to.master.state !== "RUNNING" || to.master.fence !== fence) return;
        if (what === "FAILED" && !to.master.cancel && fence < attempts) to.master.state = "PENDING";
        else endMaster(to, what);
        to.master.lapsed = false;
      };
      chance(`server of #${fence} dies`, (to) => put(to.calls, { [index]: false }));
      step(`page #${fence} succeeds`, settle("SUCCEEDED"));
      chance(`page #${fence} fails`, settle("FAILED"));
      if (master.cancel) step(`page #${fence} is cancelled`, settle("CANCELLED"));
    }
    if (config.cancel && !master.cancel && !isEnd(master.state)) {
      chance("CANCEL", (to) => put(to.master, { cancel: true }));
    }
  }

  function claim(to: State): void {
    const { master } = to;
    master.lapsed = false;
    if (master.cancel) return endMaster(to, "CANCELLED");
    if (master.fence === attempts) return endMaster(to, "FAILED");
    master.state = "RUNNING";
    master.fence += 1;
    to.calls[master.fence - 1] = true;
    to.submitters.push({ fence: master.fence, at: 0, counted: null });
  }

  function endMaster({ master }: State, verdict: "SUCCEEDED" | "FAILED" | "CANCELLED"): void {
    const waits = master.registered && mutant !== "a master with a batch ends at once";
    master.state = waits ? "WAITING" : verdict;
    if (waits) master.verdict = verdict;
  }

  function stepMembers(from: State, { step }: Steps<State>): void {
    const { master, batch } = from;
    for (const [place, state] of from.members.entries()) {
      if (state === "live" && batch.state !== "ended")
        step(`member ${place} succeeds`, (to) => put(to.members, { [place]: "SUCCEEDED" }));
      if (state === "live" && (master.cancel || batch.cancel !== "" || batch.state === "ended")) {
        step(`member ${place} is cancelled`, (to) => put(to.members, { [place]: "CANCELLED" }));
      }
      if (mutant === "a counter instead of a look" && state !== "live" && state !== "absent" && from.counter < 3) {
        step(`the end of member ${place} is counted`, (to) => put(to, { counter: to.counter + 1 }));
      }
    }
    for (const [place, state] of from.onComplete.entries()) {
      if (state !== "live") continue;
      step("on_complete succeeds", (to) => put(to.onComplete, { [place]: "SUCCEEDED" }));
      if (master.cancel || batch.cancel === "EXPLICIT")
        step("on_complete is cancelled", (to) => put(to.onComplete, { [place]: "CANCELLED" }));
    }
  }

  function stepSweep({ master, batch, submitters }: State, { step }: Steps<State>): void {
    const close = (kind: "EXPLICIT" | "SEAL_TIMEOUT") => (to: State) => {
      to.batch.cancel = kind;
      const open = to.batch.state === "DRAFT" || to.batch.state === "OPEN";
      if (!open || mutant === "cancel leaves an open batch open") return;
      to.batch.state = "RUNNING";
      submitting.revise(to);
    };
    if (!master.registered || batch.state === "absent" || batch.state === "ended") return;
    const endedBadly = master.state === "WAITING" && master.verdict !== "SUCCEEDED";
    if (batch.cancel !== "EXPLICIT" && (master.cancel || endedBadly)) step("sweep: cancel below", close("EXPLICIT"));
    if (batch.cancel !== "") return;
    if (batch.state === "DRAFT" && mutant !== "nobody opens a registered draft") {
      step("sweep: open the draft", (to) => put(to.batch, { state: "OPEN" }));
    }
    if (batch.state === "OPEN" && master.state === "WAITING") {
      if (mutant !== "no seal timeout") step("seal timeout", close("SEAL_TIMEOUT"));
      if (submitters[0]?.at === -1 && master.verdict === "SUCCEEDED") {
        step("sweep: seal for the master", (to) => put(to.submitters[0], { at: 0 }));
      }
    }
  }

  function broken(to: State, from: State): string | undefined {
    const { master, batch, members, answered, onComplete } = to;
    if (isEnd(from.master.state) && master.state !== from.master.state) return "I3 a master that had ended was changed";
    if (BATCH_STATES.indexOf(batch.state) < BATCH_STATES.indexOf(from.batch.state)) return "I3 a batch went back";
    if (members.some((state, place) => isEnd(from.members[place]) && state !== from.members[place]))
      return "I3 a member that had ended was changed";
    if (!master.registered && batch.state !== "absent" && batch.state !== "DRAFT")
      return "I11 a batch is seen that no master has";
    if (isEnd(master.state) && master.registered && batch.state !== "ended")
      return "I12 a master ended before its batch";
    if (batch.total >= 0 && batch.total !== members.filter((state) => state !== "absent").length)
      return "I10 sealed without all its members";
    if (members.some((state, place) => answered[place] && state === "absent"))
      return "I1 a member that was answered OK is not there";
    if (onComplete.length > 1) return "I14 two on_complete jobs";
    if (batch.state === "ended" && onComplete.includes("live")) return "I14 a batch ended before its on_complete job";
    if (batch.state !== "COMPLETING" && batch.state !== "ended") return undefined;
    for (const [place, state] of members.entries()) {
      const counted = batch.tally[place];
      const notCounted = counted === "absent" || counted === "live";
      if (answered[place] && notCounted) return "I12 I14 completed without a member that was answered OK";
      if (notCounted && state !== "absent" && batch.total >= 0) return "I12 completed before a member";
      if (!notCounted && counted !== state) return "I14 counts and members differ";
    }
    return undefined;
  }
}
