// Masters below masters: job 0 opens batch 1, whose member is job 1, which opens batch 2, and so on. What is asked:
// a cancel at any place reaches all that lies below it and nothing else, and each level ends after the one beneath.
// How a batch is filled and its fan-in repeated is the matter of batch.ts; here a batch has one member.

import { type Model, put, type Steps } from "./explore.js";
import { type End, isEnd } from "./states.js";
import { stepBatch } from "./tree-batch.js";
import {
  batchOf,
  close,
  flagged,
  type Holder,
  holds,
  initial,
  isLive,
  jobOf,
  type State,
  type TREE_MUTANTS,
  type TreeConfig,
  type TreeJob,
} from "./tree-state.js";

export function treeModel(config: TreeConfig, mutant?: keyof typeof TREE_MUTANTS): Model<State> {
  const rules = { config, mutant };
  const deepest = config.claims.length - 1;
  return {
    initial: initial(config),
    next(from, steps) {
      for (let level = 0; level <= deepest; level += 1) {
        stepJob(from, level, steps);
        if (level > 0) stepBatch(rules, from, level, steps);
      }
      for (const [index, holder] of from.holders.entries()) stepHolder(from, holder, index, steps);
      stepCaller(from, steps);
    },
    broken,
    stuck: "I2 I13 the tree cannot end any more",
    ended: ({ jobs, batches }) =>
      jobs.every(({ state }) => state === "absent" || isEnd(state)) &&
      batches.every(({ state }, level) => isEnd(state) || !jobs[level - 1]?.registered),
    normalize(state) {
      // A holder that has lost its lease can only find that out.
      state.holders = state.holders.filter((holder) => holder.at === "claimed" || holds(state, holder));
      state.holders.sort((a, b) => a.level - b.level || a.fence - b.fence);
    },
  };

  function stepJob(from: State, level: number, { step, chance }: Steps<State>): void {
    const job = from.jobs[level];
    if (job === undefined || job.state === "absent" || isEnd(job.state)) return;
    const on = (change: (job: TreeJob, to: State) => void) => (to: State) => change(jobOf(to, level), to);
    const name = (what: string) => `job ${level}: ${what}`;

    if (job.state === "PENDING" || (job.state === "RUNNING" && job.lapsed)) {
      step(
        name("claim"),
        on((it, to) => {
          it.lapsed = false;
          if (it.cancel) return end(to, level, "CANCELLED");
          if (it.fence === config.claims[level]) return end(to, level, "FAILED");
          it.state = "RUNNING";
          it.fence += 1;
          const late = flagged(rules, to, level);
          to.holders.push({ level, fence: it.fence, at: "claimed", late });
        }),
      );
    }
    if (job.state === "RUNNING" && !job.lapsed) {
      const lapse = on((it) => put(it, { lapsed: true }));
      if (from.holders.some((holder) => holder.level === level && holds(from, holder)))
        chance(name("lapse, by a stall"), lapse);
      else step(name("lapse"), lapse);
    }
    const below = from.batches[level + 1];
    if (flagged(rules, from, level)) {
      if (job.state === "PENDING") step(name("sweep"), (to) => end(to, level, "CANCELLED"));
      if (job.state === "WAITING" && job.verdict !== "CANCELLED")
        step(name("sweep"), (to) => end(to, level, "CANCELLED"));
    }
    const endedBadly = job.state === "WAITING" && job.verdict !== "SUCCEEDED";
    if (
      endedBadly &&
      below !== undefined &&
      !isEnd(below.state) &&
      !below.cancel &&
      mutant !== "parent_close_policy is not applied"
    ) {
      step(name("close policy"), (to) => close(to, level + 1));
    }
  }

  /** The one rule for every end: what has a batch waits for it, unless it abandons it. */
  function end(to: State, level: number, verdict: End): void {
    const job = jobOf(to, level);
    const leaves =
      verdict !== "SUCCEEDED" && (config.abandon === level + 1 || mutant === "a master that failed does not wait");
    job.lapsed = false;
    if (job.registered && !leaves) put(job, { state: "WAITING", verdict });
    else job.state = verdict;
  }

  function stepHolder(from: State, holder: Holder, index: number, { step, chance }: Steps<State>): void {
    const { level, fence } = holder;
    const job = jobOf(from, level);
    const name = (what: string) => `job ${level} #${fence}: ${what}`;
    const move = (at: Holder["at"]) => (to: State) => put(to.holders[index], { at });
    const settle = (verdict: End) => (to: State) => {
      to.holders.splice(index, 1);
      if (holds(to, holder)) end(to, level, verdict);
    };
    chance(name("crash"), (to) => to.holders.splice(index, 1));
    if (holder.at === "claimed") {
      step(name("look above"), (to) => {
        const before = mutant === "what lies above is looked at before the claim";
        const stop = before ? false : flagged(rules, to, level, mutant === "cancel misses what is nested");
        if (!holds(to, holder) || stop) return move("stop")(to);
        move(level < deepest ? "register" : "answer")(to);
        return holder.late ? "I15 a page was called by a claim that came after Cancel" : undefined;
      });
      return;
    }
    if (holder.at === "stop") return step(name("settle CANCELLED"), settle("CANCELLED"));
    chance(name("page refuses"), settle("FAILED"));
    if (flagged(rules, from, level)) step(name("the grace is over"), settle("CANCELLED"));
    if (holder.at === "register") {
      step(name("register"), (to) => {
        if (job.cancel) return move("answer")(to);
        jobOf(to, level).registered = true;
        const batch = batchOf(to, level + 1);
        if (batch.state === "absent") batch.state = "OPEN";
        move("add")(to);
      });
    } else if (holder.at === "add") {
      step(name("add"), (to) => {
        const member = jobOf(to, level + 1);
        if (batchOf(to, level + 1).state === "OPEN" && member.state === "absent") member.state = "PENDING";
        move("seal")(to);
      });
    } else if (holder.at === "seal") {
      step(name("seal"), (to) => {
        const batch = batchOf(to, level + 1);
        if (batch.state === "OPEN") batch.state = "RUNNING";
        move("answer")(to);
      });
    } else step(name("page succeeds"), settle("SUCCEEDED"));
  }

  function stepCaller(from: State, { chance }: Steps<State>): void {
    const at = config.cancel;
    if (at === undefined) return;
    if ("job" in at) {
      const { state, cancel } = jobOf(from, at.job);
      if (state !== "absent" && !isEnd(state) && !cancel)
        chance("CANCEL job", (to) => put(jobOf(to, at.job), { cancel: true }));
    } else {
      const { state, cancel } = batchOf(from, at.batch);
      if ((state === "OPEN" || state === "RUNNING") && !cancel) chance("CANCEL batch", (to) => close(to, at.batch));
    }
  }

  function broken(to: State, from: State): string | undefined {
    for (const [level, job] of to.jobs.entries()) {
      const before = jobOf(from, level);
      const batch = to.batches[level + 1];
      if (isEnd(before.state) && job.state !== before.state) return "I3 a job that had ended was changed";
      if (isEnd(job.state) && job.registered && batch !== undefined && !isEnd(batch.state)) {
        if (job.state === "SUCCEEDED" || config.abandon !== level + 1) return "I12 a master ended before its batch";
      }
      if (before.state === "WAITING" && before.cancel && isEnd(job.state) && job.state === "SUCCEEDED") {
        return "I15 a master succeeded that had been cancelled while it waited";
      }
      if (
        before.state === "WAITING" &&
        before.verdict === "SUCCEEDED" &&
        job.state === "FAILED" &&
        batch?.state === "CANCELLED" &&
        flagged(rules, to, level)
      ) {
        return "I15 a master failed that lies under a cancel";
      }
    }
    for (const [level, batch] of to.batches.entries()) {
      const before = batchOf(from, level);
      if (isEnd(before.state) && batch.state !== before.state) return "I3 a batch that had ended was changed";
      const member = jobOf(to, level);
      if (level > 0 && isEnd(batch.state) && isLive(member.state)) return "I12 a batch ended before its member";
      if (batch.state === "FAILED" && member.state === "CANCELLED" && !member.cancel)
        return "I15 a batch failed that lies under a cancel";
      const reached = batch.cancel && !before.cancel && before.state === "RUNNING";
      if (level === config.abandon && reached) return "I15 a cancel reached a batch that lies under none";
    }
    return undefined;
  }
}
