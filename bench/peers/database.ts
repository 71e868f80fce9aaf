// A database that a job system stands on: where it is, what it costs, what it promises.

import type { Cost } from "./cost.js";
import type { Ends } from "./ends.js";

export interface Database {
  readonly address: string;
  readonly version: string;
  /** Absent where it is not a process of the benchmark. */
  readonly cost: Cost | undefined;
}

export interface DatabaseKind {
  /** Such as `Redis`. */
  readonly name: string;
  readonly durability: string;
  /** Why it cannot be started, and what to do about it. Undefined where it can. */
  missing(): string | undefined;
  /** A new one, empty. */
  start(ends: Ends): Promise<Database>;
}
