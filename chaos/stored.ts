// What a store holds after a run, in words of the checker's own: it shares no code with the product, and reads each
// store as it lies there.

import { MongoClient } from "mongodb";
import { nameOf } from "./work.js";

export interface StoredAttempt {
  readonly number: number;
  readonly fence: number;
  readonly startTime: number;
  readonly endTime: number;
  readonly outcome: string;
}

export interface StoredJob {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly reason: string | undefined;
  readonly fence: number;
  readonly revision: number;
  readonly attemptCount: number;
  readonly interruptedCount: number;
  readonly maxAttempts: number;
  /** The last ones; the store keeps a bounded number. */
  readonly attempts: readonly StoredAttempt[];
  readonly result: string | undefined;
  readonly batch: string | undefined;
  readonly completes: string | undefined;
  readonly parent: string | undefined;
  readonly batches: readonly string[];
  readonly retryOf: string | undefined;
  readonly createTime: number;
  readonly finishTime: number | undefined;
}

export interface StoredBatch {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly reason: string | undefined;
  readonly total: number | undefined;
  readonly tally: Readonly<Record<string, number>> | undefined;
  readonly tolerated: number;
  readonly parent: string | undefined;
  readonly onCompleteJobId: string | undefined;
  readonly retryOf: string | undefined;
  readonly createTime: number;
  readonly sealTime: number | undefined;
  /** Its last member had ended, and its `on_complete` job may be made. */
  readonly completeTime: number | undefined;
  readonly finishTime: number | undefined;
}

export interface Stored {
  readonly jobs: readonly StoredJob[];
  readonly batches: readonly StoredBatch[];
}

/** As the numbers in SQLite stand for them. */
const JOB_STATES = ["PENDING", "RUNNING", "WAITING", "SUCCEEDED", "FAILED", "CANCELLED"];
const BATCH_STATES = ["OPEN", "RUNNING", "COMPLETING", "SUCCEEDED", "FAILED", "CANCELLED"];

export async function readMongo(uri: string): Promise<Stored> {
  const client = new MongoClient(uri, { readConcernLevel: "majority" });
  try {
    const database = client.db();
    const jobs: StoredJob[] = [];
    for await (const job of database.collection("jobs").find({}, { projection: { payload: 0 } })) {
      jobs.push({
        id: String(job._id),
        name: nameOf(job.endpoint.url),
        state: job.state,
        reason: job.stateReason,
        fence: job.fence,
        revision: job.revision,
        attemptCount: job.attemptCount,
        interruptedCount: job.interruptedCount,
        maxAttempts: job.maxAttempts,
        attempts: (job.attempts ?? []).map((attempt: { startTime: Date; endTime: Date }) => ({
          ...attempt,
          startTime: attempt.startTime.getTime(),
          endTime: attempt.endTime.getTime(),
        })),
        result: job.result === undefined ? undefined : Buffer.from(job.result.buffer).toString(),
        batch: job.batch,
        completes: job.completes,
        parent: job.parent,
        batches: job.batches ?? [],
        retryOf: job.retryOf,
        createTime: job.createTime.getTime(),
        finishTime: job.finishTime?.getTime(),
      });
    }
    const batches: StoredBatch[] = [];
    for await (const batch of database.collection("batches").find({ state: { $ne: "DRAFT" } })) {
      batches.push({
        id: String(batch._id),
        name: batch.key,
        state: batch.state,
        reason: batch.stateReason,
        total: batch.total,
        tally: batch.tally,
        tolerated: batch.failurePolicy.toleratedCount ?? 0,
        parent: batch.parent,
        onCompleteJobId: batch.onCompleteJobId,
        retryOf: batch.retryOf,
        createTime: batch.createTime.getTime(),
        sealTime: batch.sealTime?.getTime(),
        completeTime: batch.completeTime?.getTime(),
        finishTime: batch.finishTime?.getTime(),
      });
    }
    return { jobs, batches };
  } finally {
    await client.close();
  }
}

interface SqliteReader {
  prepare(sql: string): { all(): unknown[] };
}

interface Row {
  // biome-ignore lint/suspicious/noExplicitAny: columns of a schema that this file knows
  readonly [column: string]: any;
}

/** The file is closed: nobody serves it any more. */
export function readSqlite(database: SqliteReader): Stored {
  const orUndefined = <T>(value: T | null): T | undefined => value ?? undefined;
  const rows = database.prepare("SELECT job.*, result FROM job LEFT JOIN job_result USING (seq)").all() as Row[];
  const jobs = rows.map((row): StoredJob => {
    const spec = JSON.parse(row.spec);
    return {
      id: row.id,
      name: nameOf(spec.endpoint.url),
      state: JOB_STATES[row.state] ?? "",
      reason: orUndefined(row.state_reason),
      fence: row.fence,
      revision: row.revision,
      attemptCount: row.attempt_count,
      interruptedCount: row.interrupted_count,
      maxAttempts: row.max_attempts,
      attempts: row.attempts === null ? [] : JSON.parse(row.attempts),
      result: row.result === null ? undefined : Buffer.from(row.result).toString(),
      batch: orUndefined(row.batch),
      completes: orUndefined(row.completes),
      parent: orUndefined(row.parent),
      batches: row.batches === null ? [] : JSON.parse(row.batches),
      retryOf: spec.retryOf,
      createTime: row.create_time,
      finishTime: orUndefined(row.finish_time),
    };
  });
  const found = database.prepare("SELECT * FROM batch").all() as Row[];
  const batches = found.map((row): StoredBatch => {
    const spec = JSON.parse(row.spec);
    return {
      id: row.id,
      name: spec.key,
      state: BATCH_STATES[row.state] ?? "",
      reason: orUndefined(row.state_reason),
      total: orUndefined(row.total),
      tally: row.tally === null ? undefined : JSON.parse(row.tally),
      tolerated: spec.failurePolicy.toleratedCount ?? 0,
      parent: orUndefined(row.parent),
      onCompleteJobId: spec.onCompleteJobId,
      retryOf: spec.retryOf,
      createTime: row.create_time,
      sealTime: orUndefined(row.seal_time),
      completeTime: orUndefined(row.complete_time),
      finishTime: orUndefined(row.finish_time),
    };
  });
  return { jobs, batches };
}
