// What the verbs share: the collections, the store's clock, and how every write and read is confirmed.

import type { Binary, Collection, Db, MongoClient } from "mongodb";
import type { Log } from "../../core/observer.js";
import type { BatchDocument } from "./batch-documents.js";
import type { JobDocument } from "./documents.js";
import type { StoreClock } from "./store-clock.js";

export interface QueueDocument {
  readonly _id: string;
  readonly paused: boolean;
}

export interface MetaDocument {
  readonly _id: string;
  readonly version?: number;
  readonly key?: Binary;
}

export interface Session {
  readonly client: MongoClient;
  readonly database: Db;
  readonly jobs: Collection<JobDocument>;
  readonly batches: Collection<BatchDocument>;
  readonly queues: Collection<QueueDocument>;
  readonly meta: Collection<MetaDocument>;
  readonly clock: StoreClock;
  /** A new lease token of 22 characters. */
  readonly token: () => string;
  readonly log: Log | undefined;
}

/**
 * Acknowledged means: on the disks of a majority. A write that is not confirmed in this time has an unknown outcome,
 * and is read back or repeated.
 */
export const WRITE_CONCERN = { w: "majority", journal: true, wtimeoutMS: 10_000 } as const;

/** For a write that is acknowledged, or that a later step depends on. */
export const DURABLE = { writeConcern: WRITE_CONCERN } as const;

/**
 * For a write that names its documents by their ids. Without the hint the planner may come to them by an index of
 * states, and walk a hundred entries for each (seen on mongod 6.0 with a backlog of 400,000 jobs).
 */
export const BY_ID = { ...DURABLE, hint: "_id_" } as const;
