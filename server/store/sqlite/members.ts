// Reading the members of a batch: how many are in each state, and which have changed.

import type { BatchCounts } from "../../core/batch.js";
import type { Checks, MembersRequest } from "../../core/batch-store.js";
import { JOB_STATES, type Job } from "../../core/job.js";
import { COLUMNS, jobOf, type PackedRow, rowOf, stateCode } from "./codec.js";
import type { Session } from "./session.js";

export function countWrite({ prepare }: Session): (batchId: string) => BatchCounts {
  const count = prepare(`
    SELECT state, count(*) AS count FROM job INDEXED BY job_by_batch_state WHERE batch = ? GROUP BY state`);
  return (batchId) => {
    const rows = count.all(batchId) as { readonly state: number; readonly count: number }[];
    const of = (state: Job["state"]) => rows.find((row) => JOB_STATES[row.state] === state)?.count ?? 0;
    return {
      total: rows.reduce((sum, row) => sum + row.count, 0),
      pending: of("PENDING"),
      running: of("RUNNING"),
      waiting: of("WAITING"),
      succeeded: of("SUCCEEDED"),
      failed: of("FAILED"),
      cancelled: of("CANCELLED"),
    };
  };
}

/** How many did not succeed: a few entries of the index where few are tolerated. */
export function failedCount({ prepare }: Session): (batchId: string) => number {
  const count = prepare(`
    SELECT count(*) AS count FROM job INDEXED BY job_by_batch_state
    WHERE batch = ? AND state IN (${stateCode("FAILED")}, ${stateCode("CANCELLED")})`);
  return (batchId) => (count.get(batchId) as { readonly count: number }).count;
}

export function changedMembersVerb({ prepare }: Session): (request: MembersRequest) => Job[] {
  const find = prepare(`
    SELECT ${COLUMNS} FROM job INDEXED BY job_by_batch_state
    WHERE batch = ?1 AND state = ?2 AND (update_time, id) > (?3, ?4) ORDER BY update_time, id LIMIT ?5`);
  return ({ batchId, state, after, limit }) =>
    (find.all(batchId, stateCode(state), after?.updateTime ?? 0, after?.id ?? "", limit) as PackedRow[]).map((row) =>
      jobOf(rowOf(row)),
    );
}

export function dueChecksVerb({ prepare, now }: Session): (limit: number) => Checks {
  const due = (table: "batch" | "job") =>
    prepare(`
      SELECT id FROM ${table} INDEXED BY ${table}_check WHERE check_time IS NOT NULL AND check_time <= ?
      ORDER BY check_time LIMIT ?`);
  const [batches, jobs] = [due("batch"), due("job")];
  return (limit) => {
    const time = now();
    const ids = (rows: unknown[]) => (rows as { readonly id: string }[]).map(({ id }) => id);
    return { batchIds: ids(batches.all(time, limit)), jobIds: ids(jobs.all(time, limit)) };
  };
}
