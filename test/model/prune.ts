// What is pruned, by two servers that may stall between a read and a delete, while callers use the same id or key again.
// A life is one use of an id, from submit to prune. What has ended and is past its retention goes, a batch after its
// master, its members with it and never otherwise; nothing of a later life goes with an earlier one.

import { type Model, put, type Steps } from "./explore.js";

export interface PruneConfig {
  /** The batch belongs to a master; otherwise to a key of its caller. */
  readonly master: boolean;
  readonly members: number;
  readonly pruners: number;
}

/** Each leaves one rule out; beside it what must be found. */
export const PRUNE_MUTANTS = {
  "prune of a live member": "I23",
  "a job is deleted by its id": "I23",
  "a batch is deleted by its id": "I23",
  "members that have ended, of whatever life": "I23",
  "a batch of whatever life": "I23",
  "a member goes by its own age": "I23",
  "a batch before its master": "I23",
  "a batch before its members": "I23",
  "a child batch by its master's id alone": "I9",
} as const;

interface Stored {
  state: "absent" | "live" | "ended";
  /** Which use of its id it is of: the store knows it by the time of creation. */
  life: number;
  /** Past its retention. */
  expired: boolean;
}

interface Pruner {
  at: "idle" | "job" | "members" | "batch";
  /** Which batch it found, and of which life what it found was. */
  place: number;
  life: number;
}

interface State {
  job: Stored;
  /** A batch without a master has one place; one with a master has one for each life of that. */
  batches: { self: Stored; members: Stored[] }[];
  pruners: Pruner[];
}

const LIVES = 2;
const IDLE: Pruner = { at: "idle", place: 0, life: 0 };

export function pruneModel(config: PruneConfig, mutant?: keyof typeof PRUNE_MUTANTS): Model<State> {
  const apart = config.master && mutant !== "a child batch by its master's id alone";
  return {
    initial: {
      job: absent(),
      batches: Array.from({ length: apart ? LIVES : 1 }, () => ({
        self: absent(),
        members: Array.from({ length: config.members }, absent),
      })),
      pruners: Array.from({ length: config.pruners }, () => ({ ...IDLE })),
    },
    next(from, steps) {
      stepCaller(from, steps);
      stepWork(from, steps);
      for (const [index, pruner] of from.pruners.entries()) stepPruner(from, pruner, index, steps);
    },
    broken,
    stuck: "I23 what has ended stays for ever",
    ended: ({ job, batches, pruners }) =>
      [job, ...batches.flatMap(({ self, members }) => [self, ...members])].every(({ state }) => state === "absent") &&
      pruners.every(({ at }) => at === "idle"),
    normalize: ({ pruners }) => pruners.sort((a, b) => (Object.values(a).join() < Object.values(b).join() ? -1 : 1)),
  };

  function stepCaller(from: State, { step, chance }: Steps<State>): void {
    const first = from.batches[0]?.self ?? absent();
    const { job } = from;
    if (!config.master) {
      if (first.state === "absent" && first.life < LIVES) chance("SubmitBatch", (to) => fill(to, 0, first.life + 1));
      return;
    }
    if (job.state === "absent" && job.life < LIVES) {
      chance("SubmitJob", (to) => put(to, { job: { state: "live", life: job.life + 1, expired: false } }));
    }
    const place = apart ? job.life - 1 : 0;
    const batch = from.batches[place]?.self;
    if (job.state !== "live" || batch?.life === job.life) return;
    if (batch?.state === "absent") step("the page opens its batch", (to) => fill(to, place, job.life));
    else step("the page attaches to its batch", () => "I9 attached to the batch of an earlier life");
  }

  function fill({ batches }: State, place: number, life: number): string | undefined {
    const batch = batches[place];
    if (batch === undefined) return undefined;
    if (batch.members.some(({ state }) => state !== "absent")) return "I9 attached to members of an earlier life";
    batch.self = { state: "live", life, expired: false };
    batch.members = batch.members.map(() => ({ state: "live", life, expired: false }));
    return undefined;
  }

  function stepWork({ job, batches }: State, { step }: Steps<State>): void {
    for (const [place, { self, members }] of batches.entries()) {
      const on = (change: (batch: State["batches"][number]) => void) => (to: State) => {
        const batch = to.batches[place];
        if (batch !== undefined) change(batch);
      };
      for (const [index, member] of members.entries()) {
        if (member.state === "live")
          step(
            "a member ends",
            on((to) => put(to.members[index], { state: "ended" })),
          );
      }
      if (self.state === "live" && members.every(({ state }) => state !== "live")) {
        step(
          "the batch ends",
          on((to) => put(to.self, { state: "ended" })),
        );
      }
      if (self.state === "ended" && !self.expired)
        step(
          "retention of the batch passes",
          on((to) => put(to.self, { expired: true })),
        );
    }
    const own = batches[apart ? job.life - 1 : 0]?.self;
    if (job.state === "live" && own?.life === job.life && own.state === "ended") {
      step("the master ends", (to) => put(to.job, { state: "ended" }));
    }
    if (job.state === "ended" && !job.expired)
      step("retention of the master passes", (to) => put(to.job, { expired: true }));
  }

  /** What the whole predicate says of a batch. */
  function prunable({ job, batches }: State, place: number): boolean {
    const batch = batches[place]?.self;
    if (batch === undefined || batch.state !== "ended" || !batch.expired) return false;
    return !config.master || job.state === "absent" || job.life !== batch.life;
  }

  function stepPruner(from: State, pruner: Pruner, index: number, { step, chance }: Steps<State>): void {
    const { job, batches } = from;
    const move = (to: State, next: Pruner) => put(to.pruners, { [index]: { ...next } });
    if (pruner.at !== "idle") chance("a pruner dies", (to) => move(to, IDLE));
    if (pruner.at === "idle") {
      if (job.state === "ended" && job.expired)
        step("a pruner finds the master", (to) => move(to, { at: "job", place: 0, life: job.life }));
      for (const [place, { self }] of batches.entries()) {
        const early = mutant === "a batch before its master" && self.state === "ended" && self.expired;
        const aged = mutant === "a member goes by its own age" && self.state === "live";
        const at = mutant === "a batch before its members" ? "batch" : "members";
        if (prunable(from, place) || early || aged)
          step("a pruner finds a batch", (to) => move(to, { at, place, life: self.life }));
      }
    } else if (pruner.at === "job") {
      step("a pruner deletes the master", (to) => {
        move(to, IDLE);
        const expired = job.state === "ended" && job.expired;
        if (!expired && mutant !== "a job is deleted by its id") return undefined;
        if (job.state === "live") return "I23 a live job was pruned";
        remove(to.job);
        return undefined;
      });
    } else if (pruner.at === "members") {
      const found = (batches[pruner.place]?.members ?? []).findIndex((member) => goes(member, pruner));
      if (found < 0) step("a pruner finds no more members", (to) => move(to, { ...pruner, at: "batch" }));
      else {
        step("a pruner deletes a member", (to) => {
          const member = to.batches[pruner.place]?.members[found];
          if (member?.state === "live") return "I23 a live member was pruned";
          if (!prunable(from, pruner.place)) return "I23 a member was pruned and its batch was not to be";
          if (member !== undefined) remove(member);
          return undefined;
        });
      }
    } else {
      step("a pruner deletes the batch", (to) => {
        move(to, mutant === "a batch before its members" ? { ...pruner, at: "members" } : IDLE);
        const found = batches[pruner.place]?.self;
        const same = found?.life === pruner.life || mutant === "a batch of whatever life";
        const may = same && prunable(from, pruner.place);
        if (!may && mutant !== "a batch is deleted by its id") return undefined;
        if (found?.state === "live") return "I23 a live batch was pruned";
        remove(to.batches[pruner.place]?.self);
        return undefined;
      });
    }
  }

  /** Members that have ended, and were made before the end of the batch that was read. */
  function goes(member: Stored, { life }: Pruner): boolean {
    if (mutant === "prune of a live member") return member.state !== "absent";
    return member.state === "ended" && (member.life <= life || mutant === "members that have ended, of whatever life");
  }

  function broken({ batches }: State): string | undefined {
    const orphans = batches.some(
      ({ self, members }) => self.state === "absent" && members.some(({ state }) => state !== "absent"),
    );
    return orphans ? "I23 members were left, and nothing tells of them" : undefined;
  }
}

function absent(): Stored {
  return { state: "absent", life: 0, expired: false };
}

/** It keeps its life: how often its id was used. */
function remove(record: Stored | undefined): void {
  put(record, { state: "absent", expired: false });
}
