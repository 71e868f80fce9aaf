// RetryJob and RetryBatch, called again and again, cut short anywhere, while what they retry is being pruned. A retry
// makes something new under an id derived from the old, linked both ways. A master whose own page had succeeded gets a
// new master, which waits for the retry of its batch and is never called.

import { type Model, put, type Steps } from "./explore.js";
import { isEnd } from "./states.js";

export interface RetryConfig {
  readonly what: "job" | "batch" | "master";
  /** How the members of the old batch ended; none for a job. */
  readonly members: readonly ("SUCCEEDED" | "FAILED")[];
  readonly calls: number;
}

/** Each leaves one rule out; beside it what must be found. */
export const RETRY_MUTANTS = {
  "retry re-opens the old": "I3",
  "the new one has an id of its own": "I9",
  "a repeat does not look at the link": "I9",
  "linked before it is stored": "I1",
  "only the new one names the old": "I3",
  "what succeeded is copied too": "I3",
  "sealed without comparing the count": "I10",
  "members are copied before their master is there": "I2",
  "the page of the master is called again": "I3",
} as const;

type Op = "read" | "store batch" | "store job" | "copy" | "seal" | "link";

interface State {
  old: { state: "FAILED" | "PENDING" | "gone"; link: boolean; expired: boolean; members: string[] };
  job: "absent" | "PENDING" | "WAITING" | "SUCCEEDED" | "FAILED" | "gone";
  batch: "absent" | "OPEN" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELLED" | "gone";
  members: ("absent" | "live" | "SUCCEEDED" | "FAILED" | "CANCELLED")[];
  /** Where each call under way stands in its program. */
  calls: number[];
  called: number;
  /** Seen from outside: OK was answered. */
  answered: boolean;
}

export function retryModel(config: RetryConfig, mutant?: keyof typeof RETRY_MUTANTS): Model<State> {
  const program = programOf(config.what, mutant);
  const failed = config.members.filter((state) => state === "FAILED").length;
  return {
    initial: {
      old: { state: "FAILED", link: false, expired: false, members: [...config.members] },
      job: "absent",
      batch: "absent",
      members: config.members.map(() => "absent"),
      calls: [],
      called: 0,
      answered: false,
    },
    next(from, steps) {
      if (from.called < config.calls) {
        steps.chance("Retry", (to) => {
          to.calls.push(0);
          to.called += 1;
        });
      }
      for (const [index, at] of from.calls.entries()) {
        steps.chance("the call is cut short", (to) => to.calls.splice(index, 1));
        steps.step(program[at] ?? "", (to) => take(to, index, program[at]));
      }
      stepNew(from, steps);
      stepPrune(from, steps);
    },
    broken,
    stuck: "I2 the retry cannot end any more",
    ended: ({ job, batch, members, calls }) =>
      calls.length === 0 &&
      !members.includes("live") &&
      job !== "PENDING" &&
      job !== "WAITING" &&
      batch !== "OPEN" &&
      batch !== "RUNNING",
    normalize: ({ calls }) => calls.sort(),
  };

  function take(to: State, index: number, op: Op | undefined): string | undefined {
    const { old } = to;
    const leave = (ok: boolean): undefined => {
      to.calls.splice(index, 1);
      to.answered ||= ok;
    };
    to.calls[index] = (to.calls[index] ?? 0) + 1;
    switch (op) {
      case "read":
        if (old.state === "gone") return leave(false);
        if (old.link && mutant !== "a repeat does not look at the link") return leave(true);
        if (mutant === "retry re-opens the old") old.state = "PENDING";
        return undefined;
      case "store batch":
        return store(to, "batch", "OPEN");
      case "store job":
        return store(
          to,
          "job",
          config.what === "master" && mutant !== "the page of the master is called again" ? "WAITING" : "PENDING",
        );
      case "copy":
        for (const [place, state] of old.members.entries()) {
          const wanted = state === "FAILED" || (state === "SUCCEEDED" && mutant === "what succeeded is copied too");
          if (to.batch === "OPEN" && wanted && to.members[place] === "absent") to.members[place] = "live";
        }
        return undefined;
      case "seal": {
        if (to.batch !== "OPEN") return undefined;
        const count = to.members.filter((state) => state !== "absent").length;
        if (count >= failed || mutant === "sealed without comparing the count") to.batch = "RUNNING";
        else {
          close(to);
          leave(false);
        }
        return undefined;
      }
      default: {
        if (old.state !== "gone" && mutant !== "only the new one names the old") old.link = true;
        if (to.calls[index] === program.length) leave(true);
        return undefined;
      }
    }
  }

  /** Under the derived id: what is there already is there to stay. */
  function store(to: State, what: "job" | "batch", state: "OPEN" | "PENDING" | "WAITING"): string | undefined {
    const there = to[what] !== "absent" && to[what] !== "gone";
    if (there && mutant === "the new one has an id of its own") return "I9 two retries of one";
    if (there) return undefined;
    if (to.answered && to[what] === "gone") return "I9 a retry that had run and was pruned was made again";
    put(to, { [what]: state });
    if (what === "batch") to.members = to.members.map(() => "absent");
    return undefined;
  }

  function stepNew(from: State, { step }: Steps<State>): void {
    if (from.job === "PENDING") {
      step("page of the retry is called", (to) => {
        to.job = "SUCCEEDED";
        return config.what === "master" ? "I3 a page that had succeeded was called again" : undefined;
      });
    }
    for (const [place, state] of from.members.entries()) {
      if (state !== "live") continue;
      step(`member ${place} is claimed`, (to) => {
        // What lies under something that is not there counts as under something that has ended.
        if (config.what === "master" && from.job === "absent")
          return "I2 a member was ended whose master was still to come";
        to.members[place] = "SUCCEEDED";
        return undefined;
      });
    }
    if (from.batch === "OPEN") step("seal timeout", close);
    if (from.batch === "RUNNING" && !from.members.includes("live"))
      step("fan-in", (to) => put(to, { batch: "SUCCEEDED" }));
    if (from.job === "WAITING" && isEnd(from.batch)) {
      step("master out of WAITING", (to) => put(to, { job: from.batch === "SUCCEEDED" ? "SUCCEEDED" : "FAILED" }));
    }
  }

  function stepPrune(from: State, { chance }: Steps<State>): void {
    const { old } = from;
    if (!old.expired) chance("retention of the old passes", (to) => put(to.old, { expired: true }));
    const next = old.members.findIndex((state) => state !== "gone");
    if (old.expired && next >= 0) chance("prune a member of the old", (to) => put(to.old.members, { [next]: "gone" }));
    if (old.expired && next < 0 && old.state !== "gone")
      chance("prune the old", (to) => put(to.old, { state: "gone" }));
    // No call lasts as long as a retention.
    if (from.calls.length > 0) return;
    if (isEnd(from.job)) chance("prune the new job", (to) => put(to, { job: "gone" }));
    if (isEnd(from.batch) && (config.what === "batch" || from.job === "gone")) {
      chance("prune the new batch", (to) => put(to, { batch: "gone" }));
    }
  }

  function broken(to: State, from: State): string | undefined {
    const { old, job, batch, members, answered } = to;
    if (old.state !== from.old.state && old.state !== "gone") return "I3 what had ended was opened again";
    const made = config.what === "batch" ? batch : job;
    if (answered && made === "absent") return "I1 OK was answered and nothing is stored";
    if (answered && old.state !== "gone" && !old.link) return "I3 a retry that is not linked both ways";
    if (members.some((state, place) => state !== "absent" && config.members[place] === "SUCCEEDED"))
      return "I3 what had succeeded runs again";
    const sealed = batch === "RUNNING" || batch === "SUCCEEDED";
    if (sealed && members.filter((state) => state !== "absent").length < failed)
      return "I10 a retry was sealed that lacks members";
    const early = config.what === "master" && isEnd(job) && !isEnd(batch) && batch !== "gone";
    return early ? "I12 a master ended before its batch" : undefined;
  }
}

function programOf(what: RetryConfig["what"], mutant: keyof typeof RETRY_MUTANTS | undefined): readonly Op[] {
  const early = mutant === "members are copied before their master is there";
  const filled: Record<RetryConfig["what"], readonly Op[]> = {
    job: ["store job"],
    batch: ["store batch", "copy", "seal"],
    master: early ? ["store batch", "copy", "store job", "seal"] : ["store batch", "store job", "copy", "seal"],
  };
  return mutant === "linked before it is stored"
    ? ["read", "link", ...filled[what], "link"]
    : ["read", ...filled[what], "link"];
}

/** A batch that nobody will seal: what of it had not run ends cancelled. */
function close(to: State): void {
  to.batch = "CANCELLED";
  to.members = to.members.map((state) => (state === "live" ? "CANCELLED" : state));
}
