// A sealed batch under its failure policy: CONTINUE or CANCEL_REST, tolerated failures, members cancelled one by one,
// an explicit cancel at any moment, on_complete after all but that. Several servers look after it at once.

import { type Change, type Model, put, type Steps } from "./explore.js";
import { type End, isEnd } from "./states.js";

export interface PolicyConfig {
  readonly mode: "CONTINUE" | "CANCEL_REST";
  readonly tolerated: number;
  readonly members: number;
  readonly settlers: number;
}

/** Each leaves one rule out; beside it what must be found. */
export const POLICY_MUTANTS = {
  "fails at what is still tolerated": "I2",
  "CONTINUE cancels the rest": "I2",
  "a member cancelled by itself is no failure": "I2",
  "failures are counted as they are told of": "I2",
  "a claimed member heeds no CANCEL_REST": "I15",
  "CANCEL_REST leaves on_complete out": "I14",
  "on_complete runs after an explicit cancel": "I15",
  "the end goes by a cancel read before": "I15",
  "on_complete starts with the first failure": "I12",
} as const;

type Cancel = "" | "EXPLICIT" | "REST";

interface Member {
  state: "PENDING" | "RUNNING" | End;
  at: "" | "claimed" | "called";
  /** Its claim came after the batch was cancelled. */
  late: boolean;
  /** Cancelled by a caller, alone. */
  alone: boolean;
}

interface Settler {
  at: "idle" | "flag" | "write";
  failures: number;
  cancel: Cancel;
}

interface State {
  members: Member[];
  batch: { state: "RUNNING" | "COMPLETING" | End; cancel: Cancel; failures: number };
  onComplete: "absent" | "PENDING" | "called" | End;
  settlers: Settler[];
  /** Tellings of a failure, of which the same may come again; of the mutant only. */
  told: number;
}

export function policyModel(config: PolicyConfig, mutant?: keyof typeof POLICY_MUTANTS): Model<State> {
  return {
    initial: {
      members: Array.from({ length: config.members }, () => ({ state: "PENDING", at: "", late: false, alone: false })),
      batch: { state: "RUNNING", cancel: "", failures: 0 },
      onComplete: "absent",
      settlers: Array.from({ length: config.settlers }, () => ({ at: "idle", failures: 0, cancel: "" })),
      told: 0,
    },
    next(from, steps) {
      for (const [place, member] of from.members.entries()) stepMember(from, member, place, steps);
      stepOnComplete(from, steps);
      for (const [index, settler] of from.settlers.entries()) stepSettler(from, settler, index, steps);
      if (!isEnd(from.batch.state) && from.batch.cancel !== "EXPLICIT") {
        steps.chance("CANCEL", (to) => put(to.batch, { cancel: "EXPLICIT" }));
      }
    },
    broken,
    stuck: "I2 I13 the batch cannot end any more",
    ended: ({ batch, onComplete }) => isEnd(batch.state) && onComplete !== "PENDING" && onComplete !== "called",
    normalize({ members, settlers }) {
      members.sort((a, b) => (order(a) < order(b) ? -1 : 1));
      settlers.sort((a, b) => (order(a) < order(b) ? -1 : 1));
    },
  };

  function stepMember({ batch, told }: State, member: Member, place: number, { step, chance }: Steps<State>): void {
    const set = (change: Partial<Member>) => (to: State) => put(to.members[place], change);
    const end = (state: End) => set({ state, at: "", late: false });
    if (member.state === "PENDING") {
      step(`member ${place}: claim`, set({ state: "RUNNING", at: "claimed", late: batch.cancel !== "" }));
      if (batch.cancel !== "") step(`member ${place}: sweep`, end("CANCELLED"));
    }
    if (member.at === "claimed") {
      const heeds = batch.cancel === "EXPLICIT" || mutant !== "a claimed member heeds no CANCEL_REST";
      step(`member ${place}: look at the batch`, (to) => {
        if (batch.cancel !== "" && heeds) return end("CANCELLED")(to);
        set({ at: "called" })(to);
        return member.late ? "I15 a page was called by a claim that came after the cancel" : undefined;
      });
    }
    if (member.at === "called") {
      step(`member ${place}: succeeds`, end("SUCCEEDED"));
      step(`member ${place}: fails`, end("FAILED"));
      if (batch.cancel !== "") step(`member ${place}: the grace is over`, end("CANCELLED"));
    }
    if (!isEnd(member.state)) {
      chance(`member ${place}: CancelJob`, set({ state: "CANCELLED", at: "", late: false, alone: true }));
    }
    if (mutant === "failures are counted as they are told of" && member.state === "FAILED" && told < config.members) {
      step(`member ${place}: its failure is told`, (to) => put(to, { told: told + 1 }));
    }
  }

  function stepOnComplete({ batch, onComplete }: State, { step }: Steps<State>): void {
    const set = (state: State["onComplete"]) => (to: State) => put(to, { onComplete: state });
    if (onComplete === "PENDING" && batch.cancel === "EXPLICIT") step("on_complete: sweep", set("CANCELLED"));
    if (
      onComplete === "PENDING" &&
      (batch.cancel !== "EXPLICIT" || mutant === "on_complete runs after an explicit cancel")
    ) {
      step("on_complete: call", (to) => {
        to.onComplete = "called";
        if (batch.cancel === "EXPLICIT") return "I15 on_complete was called after an explicit cancel";
        return to.members.every(({ state }) => isEnd(state))
          ? undefined
          : "I12 on_complete was called before the last member had ended";
      });
    }
    if (onComplete === "called") {
      step("on_complete: succeeds", set("SUCCEEDED"));
      step("on_complete: fails", set("FAILED"));
      if (batch.cancel === "EXPLICIT") step("on_complete: the grace is over", set("CANCELLED"));
    }
  }

  function stepSettler(from: State, { at, ...seen }: Settler, index: number, { step, chance }: Steps<State>): void {
    const { batch, members, onComplete } = from;
    const go = (label: string, next: Partial<Settler>, change?: Change<State>) =>
      step(`fan-in: ${label}`, (to) => {
        to.settlers[index] = { at: "idle", failures: 0, cancel: "", ...next };
        return change?.(to);
      });
    if (at !== "idle")
      chance("fan-in: its server dies", (to) => put(to.settlers, { [index]: { at: "idle", failures: 0, cancel: "" } }));
    if (at === "flag") return go("cancel the rest", {}, flag);
    if (at === "write") return go("compare and set", {}, (to) => complete(to, seen));
    const ended = members.every(({ state }) => isEnd(state));
    if (batch.state === "RUNNING" && ended)
      go("tally", { at: "write", failures: failuresOf(members), cancel: batch.cancel });
    const told = mutant === "failures are counted as they are told of" ? from.told : failuresOf(members);
    const rest = config.mode === "CANCEL_REST" || mutant === "CONTINUE cancels the rest";
    if (batch.state === "RUNNING" && !ended && batch.cancel === "" && rest && fails(told))
      go("too many have failed", { at: "flag" });
    const hasty = mutant === "on_complete starts with the first failure" && failuresOf(members) > 0;
    if (onComplete === "absent" && (batch.state === "COMPLETING" || hasty)) {
      go("insert on_complete", {}, (to) => put(to, { onComplete: "PENDING" }));
    }
    if (batch.state === "COMPLETING" && isEnd(onComplete)) {
      go("end", {}, (to) => put(to.batch, { state: verdict(batch.cancel, batch.failures, onComplete) }));
    }
  }

  function flag({ batch, members }: State): string | undefined {
    if (batch.state !== "RUNNING" || batch.cancel !== "") return undefined;
    batch.cancel = "REST";
    if (config.mode === "CONTINUE") return "I2 CONTINUE cancelled the rest";
    const enough = members.filter(({ state }) => state === "FAILED" || state === "CANCELLED").length > config.tolerated;
    return enough ? undefined : "I2 the rest was cancelled while all failures were tolerated";
  }

  function complete({ batch }: State, seen: Omit<Settler, "at">): string | undefined {
    if (batch.state !== "RUNNING") return undefined;
    const cancel = mutant === "the end goes by a cancel read before" ? seen.cancel : batch.cancel;
    batch.failures = seen.failures;
    const silent = cancel === "EXPLICIT" || (cancel === "REST" && mutant === "CANCEL_REST leaves on_complete out");
    batch.state = silent ? verdict(cancel, seen.failures, "absent") : "COMPLETING";
    const lost = batch.cancel === "EXPLICIT" && batch.state !== "CANCELLED";
    return lost ? "I15 a batch went on to its on_complete job after an explicit cancel" : undefined;
  }

  function verdict(cancel: Cancel, failures: number, onComplete: State["onComplete"]): End {
    if (cancel === "EXPLICIT") return "CANCELLED";
    return cancel === "REST" || fails(failures) || onComplete === "FAILED" || onComplete === "CANCELLED"
      ? "FAILED"
      : "SUCCEEDED";
  }

  function fails(failures: number): boolean {
    return failures > config.tolerated - (mutant === "fails at what is still tolerated" ? 1 : 0);
  }

  function failuresOf(members: readonly Member[]): number {
    const alone = mutant !== "a member cancelled by itself is no failure";
    return members.filter(
      ({ state, ...member }) => state === "FAILED" || (state === "CANCELLED" && (alone || !member.alone)),
    ).length;
  }

  function broken({ members, batch, onComplete }: State, from: State): string | undefined {
    if (isEnd(from.batch.state) && batch.state !== from.batch.state) return "I3 a batch that had ended was changed";
    if (batch.state === "RUNNING") return undefined;
    if (members.some(({ state }) => !isEnd(state))) return "I12 completed before its last member";
    if (!isEnd(batch.state)) return undefined;
    if (onComplete === "PENDING" || onComplete === "called") return "I14 a batch ended before its on_complete job";
    if (batch.cancel === "EXPLICIT")
      return batch.state === "CANCELLED" ? undefined : "I15 cancelled, and ended otherwise";
    if (onComplete === "absent") return "I14 on_complete did not run";
    const failures = members.filter(({ state }) => state === "FAILED" || state === "CANCELLED").length;
    const good = failures <= config.tolerated && onComplete === "SUCCEEDED";
    if (batch.state !== (good ? "SUCCEEDED" : "FAILED")) return "I2 an end that its policy does not give";
    const policy = config.mode === "CONTINUE" && members.some(({ state, alone }) => state === "CANCELLED" && !alone);
    return policy ? "I2 CONTINUE cancelled a member" : undefined;
  }
}

function order(part: Member | Settler): string {
  return Object.values(part).join();
}
