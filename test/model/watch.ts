// One watcher of one job: wake-ups that get lost, a poll, a reader slower than the changes, a stream that breaks and is
// resumed after the last revision that was seen. It is shown rising revisions and, before OK, always the last.

import type { Model, Steps } from "./explore.js";

export interface WatchConfig {
  /** The revision with which the job ends. */
  readonly last: number;
  /** How often the stream may break. */
  readonly breaks: number;
}

/** Each leaves one rule out; beside it what must be found. */
export const WATCH_MUTANTS = {
  "nothing but wake-ups": "I17",
  "what is read is shown, whatever was shown before": "I17",
  "resuming after the end shows nothing": "I17",
  "ended before what waits is shown": "I17",
  "shown before it is durable": "I17",
} as const;

interface State {
  /** What the store holds; terminal with the last. */
  revision: number;
  /** What the server was told, and has not read yet. */
  woken: boolean;
  server: "closed" | "reading" | "idle" | "over";
  /** A read that started from what the store held then; 0 if none is under way. */
  read: number;
  /** Waits for a slow reader; a newer one takes its place. 0 if none. */
  slot: number;
  /** The newest that this stream has put into the slot. */
  put: number;
  /** What the reader saw last, over all streams; its cursor. */
  seen: number;
  breaks: number;
}

export function watchModel(config: WatchConfig, mutant?: keyof typeof WATCH_MUTANTS): Model<State> {
  const initial: State = { revision: 1, woken: false, server: "closed", read: 0, slot: 0, put: 0, seen: 0, breaks: 0 };
  const isLast = (revision: number) => revision === config.last;
  return {
    initial,
    next(from, { step, chance }) {
      change(from, { step, chance });
      serve(from, { step, chance });
      if (from.server !== "over" && from.server !== "closed" && from.breaks < config.breaks) {
        chance("the stream breaks", (to) => {
          Object.assign(to, { server: "closed", woken: false, read: 0, slot: 0, breaks: to.breaks + 1 });
        });
      }
    },
    broken(to, from) {
      if (to.seen < from.seen) return "I17 an older revision was shown after a newer one";
      if (to.seen > to.revision) return "I17 a state was shown that is not durable";
      if (to.server !== "over") return undefined;
      return isLast(to.seen) ? undefined : "I17 the watch ended OK without the last state";
    },
    stuck: "I17 the watch cannot end any more",
    ended: ({ server }) => server === "over",
  };

  /** The job goes on; whoever is subscribed may be woken, or the wake-up is lost. */
  function change({ revision, server }: State, { step, chance }: Steps<State>): void {
    if (isLast(revision)) return;
    const listens = server === "idle" || server === "reading";
    step("the job changes", (to) => {
      to.revision += 1;
    });
    if (listens) {
      chance("the job changes, and wakes the watch", (to) => {
        to.revision += 1;
        to.woken = true;
      });
    }
  }

  function serve(from: State, { step }: Steps<State>): void {
    const { revision, server, read, slot, woken } = from;
    if (server === "closed") {
      step("connect", (to) => {
        const blind = mutant === "resuming after the end shows nothing" && isLast(revision) && to.seen > 0;
        Object.assign(to, { server: "reading", read: 0, put: blind ? revision : 0 });
      });
    }
    if (server === "reading" && read === 0) {
      step("ask the store", (to) => {
        const early = mutant === "shown before it is durable" && !isLast(revision);
        to.read = early ? revision + 1 : revision;
        to.woken = false;
      });
    }
    if (server === "reading" && read > 0) step("the store answers", answer);
    const polls = mutant !== "nothing but wake-ups";
    if (server === "idle" && (woken || polls)) {
      step(woken ? "woken" : "poll", (to) => {
        to.server = "reading";
      });
    }
    if (server === "idle" && slot > 0) {
      step("the reader takes what waits", (to) => {
        to.seen = slot;
        to.slot = 0;
        return slot <= from.seen && !isLast(slot) ? "I17 a state was shown that is not newer" : undefined;
      });
    }
    const over = server === "idle" && isLast(from.put);
    if (over && (slot === 0 || mutant === "ended before what waits is shown")) {
      step("end OK", (to) => {
        to.server = "over";
      });
    }
  }

  /** Newer than what was put before, or the last after a resume: that is shown again rather than never. */
  function answer(to: State): void {
    const { read } = to;
    to.read = 0;
    to.server = "idle";
    const newer = read > Math.max(to.put, isLast(read) && to.put === 0 ? 0 : to.seen);
    if (!newer && mutant !== "what is read is shown, whatever was shown before") return;
    to.slot = read;
    to.put = read;
  }
}
