// Queues: those that ever had a job or were paused, what they hold, and whether they are paused.

import type { QueueInfo } from "../../core/store.js";
import { isStorable, stateCode } from "./codec.js";
import type { Session } from "./session.js";

interface QueueRow {
  readonly name: string;
  readonly paused: number;
}

export interface QueueVerbs {
  readonly list: (afterName: string, limit: number) => QueueInfo[];
  readonly get: (name: string) => QueueInfo | undefined;
  readonly setPaused: (name: string, paused: boolean) => void;
  /** Names of those that are paused. */
  readonly paused: () => string[];
}

export function queueVerbs({ prepare, now }: Pick<Session, "prepare" | "now">): QueueVerbs {
  const list = prepare("SELECT name, paused FROM queue WHERE name > ? ORDER BY name LIMIT ?");
  const find = prepare("SELECT name, paused FROM queue WHERE name = ?");
  const pause = prepare(
    "INSERT INTO queue (name, paused) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET paused = excluded.paused",
  );
  const paused = prepare("SELECT name FROM queue WHERE paused = 1");
  // One walk over the queue's part of the claim's index, which holds all that this asks for.
  const count = prepare(`
    SELECT
      count(*) FILTER (WHERE state = ${stateCode("PENDING")} AND available_time <= ?2) AS pending,
      count(*) FILTER (WHERE state = ${stateCode("PENDING")} AND available_time > ?2) AS scheduled,
      count(*) FILTER (WHERE state = ${stateCode("RUNNING")}) AS running,
      min(available_time) FILTER (WHERE state = ${stateCode("PENDING")} AND available_time <= ?2) AS oldest
    FROM job INDEXED BY job_claim WHERE queue = ?1 AND available_time IS NOT NULL`);

  const info = (row: QueueRow): QueueInfo => {
    const { pending, scheduled, running, oldest } = count.get(row.name, now()) as QueueInfo["counts"] & {
      readonly oldest: number | null;
    };
    const counts = { pending, scheduled, running };
    const oldestAvailableTime = oldest === null ? {} : { oldestAvailableTime: oldest };
    return { name: row.name, paused: row.paused === 1, counts, ...oldestAvailableTime };
  };

  return {
    list: (afterName, limit) => (list.all(afterName, limit) as QueueRow[]).map(info),
    get: (name) => {
      const row = isStorable(name) ? (find.get(name) as QueueRow | undefined) : undefined;
      return row === undefined ? undefined : info(row);
    },
    setPaused: (name, isPaused) => {
      pause.run(name, isPaused ? 1 : 0);
    },
    paused: () => (paused.all() as { name: string }[]).map(({ name }) => name),
  };
}
