// What the verbs of an open SQLite store share: prepared statements, the clock, tokens, and what is kept in memory
// because one process owns the file.

import type { Statement } from "./driver.js";
import type { DueQueues } from "./due-queues.js";

export interface Session {
  readonly prepare: (sql: string) => Statement;
  /** Never goes backwards. */
  readonly now: () => number;
  /** A new lease token of 22 characters. */
  readonly token: () => string;
  /** 0 up to 1. */
  readonly random: () => number;
  readonly due: DueQueues;
  /** Names of paused queues, as they are stored. */
  readonly paused: ReadonlySet<string>;
}
