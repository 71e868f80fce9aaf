// Which queues may have a job due, in memory: for each queue and rank a time before which nothing of it is due. One
// process owns the file, so nothing changes behind its back. It is never too late: every write that makes a job due
// notes it here, and after a failed write all is read afresh. A claim then looks at what is due and at nothing else:
// neither a million jobs scheduled for later nor thousands of idle queues cost it a read.

import type { Session } from "./session.js";

interface RankEntry {
  readonly rank: number;
  dueTime: number;
}

/** Ranks of a queue, the one to be claimed first in front. */
type QueueEntry = RankEntry[];

export class DueQueues {
  readonly #queues = new Map<string, QueueEntry>();
  #names: string[] = [];
  #known = false;

  /** A job of this queue and rank is due then. */
  note(queue: string, rank: number, dueTime: number): void {
    let ranks = this.#queues.get(queue);
    if (ranks === undefined) {
      ranks = [];
      this.#queues.set(queue, ranks);
      this.#names.splice(firstAfter(this.#names, queue), 0, queue);
    }
    const at = ranks.findIndex((entry) => entry.rank >= rank);
    const found = at < 0 ? undefined : ranks[at];
    if (found?.rank === rank) found.dueTime = Math.min(found.dueTime, dueTime);
    else ranks.splice(at < 0 ? ranks.length : at, 0, { rank, dueTime });
  }

  /** Nothing of this queue and rank is due before that time; undefined if it has no job to claim at all. */
  settle(queue: string, rank: number, dueTime: number | undefined): void {
    const ranks = this.#queues.get(queue);
    const at = ranks?.findIndex((entry) => entry.rank === rank) ?? -1;
    const found = ranks?.[at];
    if (ranks === undefined || found === undefined) return;
    if (dueTime !== undefined) found.dueTime = dueTime;
    else if (ranks.length > 1) ranks.splice(at, 1);
    else {
      this.#queues.delete(queue);
      this.#names.splice(firstAfter(this.#names, queue) - 1, 1);
    }
  }

  /** Names of queues that may have a job due, beginning after a name, once round. */
  due(afterName: string, now: number): string[] {
    const start = firstAfter(this.#names, afterName);
    const round = [...this.#names.slice(start), ...this.#names.slice(0, start)];
    return round.filter((name) => this.#queues.get(name)?.some((entry) => entry.dueTime <= now));
  }

  /** Ranks of a queue that may have a job due, the one to be claimed first in front. */
  ranks(queue: string, now: number): number[] {
    const ranks = this.#queues.get(queue) ?? [];
    return ranks.filter((entry) => entry.dueTime <= now).map((entry) => entry.rank);
  }

  /** What is known may be wrong: a write was undone. */
  forget(): void {
    this.#known = false;
  }

  /** Reads afresh if need be: one seek in the claim's index for each queue and rank. */
  refresh(earliest: () => readonly Earliest[]): void {
    if (this.#known) return;
    this.#queues.clear();
    this.#names = [];
    for (const { queue, rank, available_time } of earliest()) this.note(queue, rank, available_time);
    this.#known = true;
  }
}

/** Where the first name after `name` stands in a sorted list. */
function firstAfter(names: readonly string[], name: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? "") <= name) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Earliest {
  readonly queue: string;
  readonly rank: number;
  readonly available_time: number;
}

/** The earliest job to claim of every queue and rank, by seeks that skip from one pair to the next. */
export function earliestJobs({ prepare }: Pick<Session, "prepare">): () => Earliest[] {
  const seek = (where: string) =>
    prepare(`
      SELECT queue, rank, available_time FROM job INDEXED BY job_claim WHERE available_time IS NOT NULL AND ${where}
      ORDER BY queue, rank, available_time LIMIT 1`);
  const nextRank = seek("queue = ? AND rank > ?");
  const nextQueue = seek("queue > ?");

  return () => {
    const found: Earliest[] = [];
    let next = nextQueue.get("") as Earliest | undefined;
    while (next !== undefined) {
      found.push(next);
      next = (nextRank.get(next.queue, next.rank) ?? nextQueue.get(next.queue)) as Earliest | undefined;
    }
    return found;
  };
}
