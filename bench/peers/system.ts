// A system that is measured: how it is started, and what the benchmark asks of it.

import type { Cost } from "./cost.js";
import type { Database, DatabaseKind } from "./database.js";
import type { Ends } from "./ends.js";

/** What is the same for all systems. */
export interface Work {
  /** Of the page. */
  readonly url: string;
  /** Calls at the same time. */
  readonly concurrency: number;
}

export interface Started {
  /** Of its own processes, by what they are, such as `worker`. */
  readonly costs: Readonly<Record<string, Cost>>;
  /** Submits so many jobs in bulk and resolves when the last one is done and recorded. */
  runAll(count: number): Promise<void>;
}

export interface System {
  readonly name: string;
  /** How it is set up and what it records, for the reader of the results. */
  readonly setup: string;
  /** Undefined for one that stores in a file. */
  readonly database: DatabaseKind | undefined;
  /** Of the jobs asked for, one in so many: some are so slow that all of them would take hours. Default: 1. */
  readonly oneIn?: number;
  start(ends: Ends, work: Work, database: Database | undefined): Promise<Started>;
}
