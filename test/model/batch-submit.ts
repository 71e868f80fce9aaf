// The submitters of the batch model: each carries out its program under the token of its attempt, whether that still
// holds or not, and may give up between any two operations. The sweep seals for a master that has succeeded.

import type { Rules, State, Submitter } from "./batch-state.js";
import { put, type Steps } from "./explore.js";
import { isEnd } from "./states.js";
import { type Op, programOf, SWEEP_PROGRAM } from "./submission.js";

export function submitters({ config, mutant }: Rules) {
  const byName = mutant === "a pending entry names its chunk, not the content";
  const programs = [SWEEP_PROGRAM, ...config.chunks.map((chunks) => programOf(chunks, byName))];
  return { step, skip, revise };

  function step(submitter: Submitter, index: number, steps: Steps<State>): void {
    const op = programs[submitter.fence]?.[submitter.at];
    if (op === undefined) return;
    const of = submitter.fence === 0 ? "sweep" : `#${submitter.fence}`;
    const quit = (to: State) => put(to.submitters[index], { at: -1, counted: null });
    if (submitter.at > 0) steps.chance(`${of} gives up`, quit);
    steps.step(`${of} ${op.kind} ${"entry" in op ? op.entry : ""}`, (to) => {
      const self = to.submitters[index];
      if (self === undefined) return undefined;
      const result = submit(to, self, op);
      if (result === "again") self.at -= 1;
      else if (result === "refused") quit(to);
      else if (result === undefined) self.at += 1;
      else if (typeof result === "number") self.at += result;
      else return result;
      return undefined;
    });
  }

  /** One operation. Nothing: on to the next; a number: so many further; or what it breaks. */
  function submit(to: State, self: Submitter, op: Op): undefined | number | "refused" | "again" | `I${string}` {
    const { master, batch, members } = to;
    const holds = self.fence === 0 || (master.state === "RUNNING" && master.fence === self.fence);
    const attached = self.fence === 0 || batch.fence === self.fence;
    switch (op.kind) {
      case "draft":
        if (batch.state === "absent") batch.state = "DRAFT";
        return undefined;
      case "register":
        if (mutant === "register without the token" ? isEnd(master.state) : !holds || master.cancel) return "refused";
        if (!holds) return "I11 a batch joined a master without its token";
        master.registered = true;
        return undefined;
      case "open":
        if (batch.fence > self.fence) return "refused";
        batch.fence = self.fence;
        if (batch.state === "DRAFT") batch.state = "OPEN";
        return undefined;
      case "enter": {
        const may = batch.state === "OPEN" && batch.cancel === "" && (attached || mutant === "a zombie appends");
        if (!may) return stored(to, op.places) ? answer(to, op.places, op.places.length + 2) : "refused";
        if (!attached) return "I6 an attempt appended after a later one had attached";
        if (!batch.pending.includes(op.entry)) batch.pending = [...batch.pending, op.entry].sort();
        revise(to);
        return undefined;
      }
      case "insert":
        if (members[op.place] === "absent") members[op.place] = "live";
        return undefined;
      case "leave": {
        if (batch.state === "OPEN" && batch.pending.includes(op.entry)) {
          batch.pending = batch.pending.filter((entry) => entry !== op.entry);
          revise(to);
          return answer(to, op.places, 1);
        }
        return stored(to, op.places) ? answer(to, op.places, 1) : "refused";
      }
      case "count":
        self.counted = members.filter((state) => state !== "absent").length;
        return undefined;
      case "seal": {
        if (batch.state !== "OPEN" || !attached) return "refused";
        const pending = batch.pending.length > 0 && mutant !== "seal ignores pending chunks";
        if (pending || self.counted === null || self.counted < 0) return "again";
        batch.state = "RUNNING";
        batch.total = self.counted;
        revise(to);
        self.counted = null;
        return undefined;
      }
      default:
        return op satisfies never;
    }
  }

  function answer({ answered }: State, places: readonly number[], further: number): number {
    for (const place of places) answered[place] = true;
    return further;
  }

  /** All of a chunk is there, and nobody will say of the batch that it is not. */
  function stored({ batch, members }: State, places: readonly number[]): boolean {
    const there = places.every((place) => members[place] !== "absent");
    return there && (batch.state === "OPEN" || batch.total >= 0 || mutant === "late insert is counted");
  }

  function revise({ submitters }: State): void {
    if (mutant === "seal without comparing the revision") return;
    for (const submitter of submitters) if (submitter.counted !== null) submitter.counted = -1;
  }

  /** Moves whoever has nothing left that could change anything, now or ever, past it: the same runs, fewer states. */
  function skip(state: State): void {
    for (const self of state.submitters) {
      while (idles(state, self, programs[self.fence]?.[self.at])) self.at += 1;
      const op = programs[self.fence]?.[self.at];
      if (op?.kind === "seal" && self.counted === -1) put(self, { at: self.at - 1, counted: null });
      if (op === undefined || futile(state, self, op)) put(self, { at: -1, counted: null });
    }
  }

  function idles({ batch, members }: State, self: Submitter, op: Op | undefined): boolean {
    if (op?.kind === "draft") return batch.state !== "absent";
    if (op?.kind === "open") return batch.fence === self.fence && batch.state !== "DRAFT";
    return op?.kind === "insert" && members[op.place] !== "absent";
  }

  function futile({ master, batch }: State, self: Submitter, op: Op): boolean {
    if (op.kind === "count" || op.kind === "seal") return batch.state !== "OPEN";
    if (op.kind !== "register" || mutant === "register without the token") return false;
    return master.state !== "RUNNING" || master.fence !== self.fence;
  }
}
