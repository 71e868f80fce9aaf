// One job and its leases: claims that find first and take later, calls, answers, settles whose own answer is lost,
// renewals, lapses, 202, a drain, a cancel. What a claim does is decided by the rule of core that the stores carry out.

import { type Claimable, decideClaim } from "../../server/core/claim.js";
import { isTerminal, type JobState } from "../../server/core/job.js";
import { limits } from "../../server/core/limits.js";
import { type Model, put, type Steps } from "./explore.js";

export interface LeaseConfig {
  readonly maxAttempts: number;
  /** After so many the job ends, less than the real bound: it starts with the rest of them behind it. */
  readonly interruptions: number;
  readonly releases: number;
  /** Servers that have found the job and not yet taken it. */
  readonly claimers: number;
}

/** Each leaves one rule out; beside it what must be found. */
export const LEASE_MUTANTS = {
  "settle without the token": "I6",
  "settle by a set of ids and a set of tokens": "I6",
  "the same token for every claim": "I6",
  "claim by id, without the predicate": "I5",
  "claim before available_time": "I16",
  "a cancel is heeded by the sweep only": "I15",
  "the request is sent again when its connection breaks": "I7",
  "accepted lapse does not use an attempt": "I8",
  "an interruption is not counted": "I8",
  "what a drain gives back uses an attempt": "I8",
  "a repeated settle is applied again": "I6",
  "done, because the job has ended": "I6",
  "the server renews what its page accepted": "I2",
} as const;

type Outcome = "succeeded" | "failed" | "cancelled" | "released";
type Phase = "claimed" | "ready" | "calling" | "accepted" | "keeping" | Outcome;

interface Holder {
  token: number;
  fence: number;
  at: Phase;
  /** Its claim came after Cancel had returned OK. */
  late: boolean;
}

interface State {
  job: {
    state: JobState;
    fence: number;
    token: number;
    accepted: boolean;
    lapsed: boolean;
    /** `available_time` is still to come. */
    later: boolean;
    attempts: number;
    interruptions: number;
    cancel: boolean;
    lastToken: number;
  };
  finders: number;
  holders: Holder[];
  /** Seen from outside, no part of the protocol: which fences called the page, and which outcome counted for each. */
  called: number[];
  counted: { [fence: number]: Outcome };
  releases: number;
}

const NONE = 0;
const OUTCOMES: readonly Phase[] = ["succeeded", "failed", "cancelled", "released"];

export function leaseModel(config: LeaseConfig, mutant?: keyof typeof LEASE_MUTANTS): Model<State> {
  return {
    initial: {
      job: {
        state: "PENDING",
        fence: 0,
        token: NONE,
        accepted: false,
        lapsed: false,
        later: true,
        attempts: 0,
        interruptions: 0,
        cancel: false,
        lastToken: NONE,
      },
      finders: 0,
      holders: [],
      called: [],
      counted: {},
      releases: 0,
    },
    next,
    broken,
    stuck: "I2 the job cannot end any more",
    ended: ({ job, holders }) => isTerminal(job.state) && holders.length === 0,
    normalize: ({ holders }) => holders.sort((a, b) => a.fence - b.fence || (a.at < b.at ? -1 : 1)),
  };

  function next(from: State, steps: Steps<State>): void {
    const { job } = from;
    if (job.state === "PENDING" && job.later) steps.step("its time comes", (to) => put(to.job, { later: false }));
    if (claimable(from) && from.finders < config.claimers)
      steps.step("find", (to) => put(to, { finders: to.finders + 1 }));
    if (from.finders > 0) steps.step("claim", claim);
    if (job.state === "RUNNING" && !job.lapsed) {
      const lapse = (to: State) => put(to.job, { lapsed: true });
      if (from.holders.some((holder) => renews(from, holder))) steps.chance("lapse, by a stall", lapse);
      else steps.step("lapse", lapse);
    }
    if (!job.cancel && !isTerminal(job.state)) steps.chance("CANCEL", (to) => put(to.job, { cancel: true }));
    if (job.cancel && job.state === "PENDING") steps.step("sweep", (to) => end(to, "CANCELLED"));
    for (const [index, holder] of from.holders.entries()) hold(from, holder, index, steps);
  }

  function claimable({ job }: State): boolean {
    if (job.state === "PENDING") return !job.later || mutant === "claim before available_time";
    return job.state === "RUNNING" && job.lapsed;
  }

  function heeds({ cancel }: State["job"]): boolean {
    return cancel && mutant !== "a cancel is heeded by the sweep only";
  }

  function claim(to: State): string | undefined {
    const { job } = to;
    to.finders -= 1;
    if (!claimable(to) && mutant !== "claim by id, without the predicate") return undefined;
    if (isTerminal(job.state)) return "I3 a claim took a job that had ended";
    if (job.state === "RUNNING" && !job.lapsed) return "I5 a claim took a job under a lease that held";
    if (job.later) return "I16 a claim came before available_time";
    const decision = decideClaim(
      {
        state: job.state,
        attemptCount: job.attempts,
        maxAttempts: config.maxAttempts,
        interruptedCount: limits.interruptions - config.interruptions + job.interruptions,
        ...(job.state === "RUNNING" && { lease: { accepted: job.accepted } }),
        ...(heeds(job) && { cancel: {} }),
      } as Claimable,
      0,
    );
    const silent = decision.kind === "lapse" || (decision.kind === "end" && decision.lease === "lapsed");
    const died =
      decision.kind === "run" ? decision.interrupted : decision.kind === "end" && decision.lease === "interrupted";
    if (silent && mutant !== "accepted lapse does not use an attempt") job.attempts += 1;
    if (died && mutant !== "an interruption is not counted") job.interruptions += 1;
    if (decision.kind === "end") end(to, decision.state);
    else if (decision.kind === "lapse") wait(to, true);
    else {
      job.fence += 1;
      const token = mutant === "the same token for every claim" ? 1 : job.fence;
      put(job, { state: "RUNNING", token, accepted: false, lapsed: false });
      to.holders.push({ token, fence: job.fence, at: "claimed", late: job.cancel });
    }
    return undefined;
  }

  /** A server for as long as it calls; a page and its attempt token once it has accepted. */
  function hold(from: State, holder: Holder, index: number, { step, chance }: Steps<State>): void {
    const name = (what: string) => `${what} #${holder.fence}`;
    const moved = (at: Phase) => (to: State) => put(to.holders[index], { at });
    const gone = (to: State) => to.holders.splice(index, 1);
    const mine = holds(from, holder);

    chance(name("crash"), gone);
    if (renews(from, holder) && from.job.lapsed) step(name("renew"), (to) => put(to.job, { lapsed: false }));
    switch (holder.at) {
      case "claimed":
        step(name("read back"), (to) => (mine ? moved(heeds(from.job) ? "cancelled" : "ready")(to) : gone(to)));
        return;
      case "ready":
        step(name("call"), (to) => {
          moved("calling")(to);
          return call(to, holder);
        });
        return;
      case "calling":
        if (mutant === "the request is sent again when its connection breaks") {
          chance(name("call again"), (to) => call(to, holder));
        }
        step(name("200"), moved("succeeded"));
        step(name("500"), moved("failed"));
        step(name("202"), (to) => accept(to, index, mine));
        if (from.job.cancel) step(name("the grace is over"), moved("cancelled"));
        if (from.releases < config.releases) chance(name("drain"), moved("released"));
        return;
      case "accepted":
        step(name("CompleteAttempt"), moved("succeeded"));
        step(name("FailAttempt"), moved("failed"));
        return;
      case "keeping":
        if (!mine) step(name("lease lost"), gone);
        return;
      default: {
        const outcome = holder.at;
        step(name(`settle ${outcome}`), (to) => {
          gone(to);
          return settle(to, holder, outcome, from.holders);
        });
        chance(name(`settle ${outcome}, its answer lost`), (to) => settle(to, holder, outcome, from.holders));
      }
    }
  }

  function call(to: State, { fence, late }: Holder): string | undefined {
    if (to.called.includes(fence)) return "I7 two requests under one fence";
    if (late) return "I15 a page was called by a claim that came after Cancel";
    to.called.push(fence);
    return undefined;
  }

  function accept(to: State, index: number, mine: boolean): void {
    const [holder] = to.holders.splice(index, 1);
    if (!mine || holder === undefined) return;
    to.job.accepted = true;
    to.holders.push({ ...holder, at: "accepted" });
    if (mutant === "the server renews what its page accepted") to.holders.push({ ...holder, at: "keeping" });
  }

  function settle(to: State, holder: Holder, outcome: Outcome, set: readonly Holder[]): string | undefined {
    const { job } = to;
    if (guards(to, holder, set)) {
      if (isTerminal(job.state)) return "I3 a settle changed a job that had ended";
      if (holder.fence !== job.fence) return "I6 a stale result counted";
      if (to.counted[holder.fence] !== undefined) return "I6 a result counted twice";
      to.counted[holder.fence] = outcome;
      job.lastToken = holder.token;
      apply(to, outcome);
      return undefined;
    }
    const done =
      job.lastToken === holder.token || (mutant === "done, because the job has ended" && isTerminal(job.state));
    return done && to.counted[holder.fence] !== outcome ? "I6 told that a result counted, and it did not" : undefined;
  }

  /** The pairwise guard of a settle. */
  function guards({ job }: State, { token }: Holder, set: readonly Holder[]): boolean {
    if (mutant === "a repeated settle is applied again" && job.lastToken === token && !isTerminal(job.state))
      return true;
    if (job.state !== "RUNNING") return false;
    if (mutant === "settle without the token") return true;
    if (mutant === "settle by a set of ids and a set of tokens") {
      return set.some((other) => other.token === job.token && OUTCOMES.includes(other.at));
    }
    return job.token === token;
  }

  function apply(to: State, outcome: Outcome): void {
    const { job } = to;
    if (outcome === "released") to.releases += 1;
    if (outcome !== "released" || mutant === "what a drain gives back uses an attempt") job.attempts += 1;
    if (outcome === "succeeded") end(to, "SUCCEEDED");
    else if (outcome === "cancelled" || job.cancel) end(to, "CANCELLED");
    else if (outcome === "failed" && job.attempts >= config.maxAttempts) end(to, "FAILED");
    else wait(to, outcome === "failed");
  }

  function broken({ job, called, releases }: State, { job: before }: State): string | undefined {
    if (isTerminal(before.state) && job.state !== before.state) return "I3 an end was changed";
    if (job.token !== before.token && job.token !== NONE && job.fence !== before.fence + 1)
      return "I4 a claim without a fence";
    if (job.attempts > config.maxAttempts || job.interruptions > config.interruptions)
      return "I8 more than its policy allows";
    const spent = job.attempts + job.interruptions + releases;
    if (job.fence !== spent + (job.state === "RUNNING" ? 1 : 0)) return "I8 claims and what they used do not add up";
    return called.length > job.fence ? "I7 a request that nothing explains" : undefined;
  }
}

function holds({ job }: State, { token }: Holder): boolean {
  return job.state === "RUNNING" && job.token === token;
}

/** What a page has accepted is renewed by the page only. */
function renews(state: State, holder: Holder): boolean {
  const byPage = holder.at === "accepted";
  return holds(state, holder) && (byPage === state.job.accepted || holder.at === "keeping");
}

function wait({ job }: State, later: boolean): void {
  put(job, { state: "PENDING", token: NONE, accepted: false, lapsed: false, later });
}

function end({ job }: State, state: JobState): void {
  put(job, { state, token: NONE, accepted: false, lapsed: false, later: false });
}
