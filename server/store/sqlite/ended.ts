// What is done to jobs that have ended: noting a retry, and deletion when their retention is over.

import { DroverError, notFound } from "../../core/errors.js";
import { isTerminal } from "../../core/job.js";
import type { Round } from "../../core/store.js";
import { type JobRow, stateOf } from "./codec.js";
import type { Session } from "./session.js";

export function linkRetryVerb({ prepare, now }: Session): (jobId: string, retriedBy: string) => string {
  const find = prepare("SELECT seq, state, retried_by FROM job WHERE id = ?");
  const note = prepare("UPDATE job SET retried_by = ?2, update_time = ?3, revision = revision + 1 WHERE seq = ?1");

  return (jobId, retriedBy) => {
    const row = find.get(jobId) as Pick<JobRow, "seq" | "state" | "retried_by"> | undefined;
    if (row === undefined) throw notFound("job", jobId);
    if (row.retried_by !== null) return row.retried_by;
    const state = stateOf(row);
    if (!isTerminal(state)) throw new DroverError("FAILED_PRECONDITION", `job ${jobId} is ${state}: it has not ended`);
    note.run(row.seq, retriedBy, now());
    return retriedBy;
  };
}

/** Deleting a master marks its batches for the next round, a batch goes when its last member is gone. */
export function pruneVerb(session: Session): (limit: number) => Round<number> {
  const { prepare, now } = session;
  const expiredJobs = prepare(`
    SELECT ${DELETED} FROM job INDEXED BY job_expire
    WHERE expire_time IS NOT NULL AND expire_time <= ? ORDER BY expire_time LIMIT ?`);
  const expiredBatches = prepare(`
    SELECT id, spec ->> 'onCompleteJobId' AS last FROM batch INDEXED BY batch_expire
    WHERE expire_time IS NOT NULL AND expire_time <= ? ORDER BY expire_time LIMIT ?`);
  const members = prepare(`SELECT ${DELETED} FROM job INDEXED BY job_by_batch WHERE batch = ? LIMIT ?`);
  const onComplete = prepare(`SELECT ${DELETED} FROM job WHERE id = ?`);
  const deleteBatch = prepare("DELETE FROM batch WHERE id = ?");
  const deleteJob = jobDelete(session);

  return (limit) => {
    const time = now();
    const jobs = expiredJobs.all(time, limit) as DeletedRow[];
    for (const job of jobs) deleteJob(job, time);
    let count = jobs.length;
    const batches = expiredBatches.all(time, limit) as { readonly id: string; readonly last: string | null }[];
    for (const { id, last } of batches) {
      const some = members.all(id, limit - count) as DeletedRow[];
      for (const member of some) deleteJob(member, time);
      count += some.length;
      if (count >= limit) break;
      const summary = onComplete.get(last) as DeletedRow | undefined;
      if (summary !== undefined) deleteJob(summary, time);
      deleteBatch.run(id);
      count += 1;
    }
    return { done: count, more: jobs.length === limit || batches.length === limit || count >= limit };
  };
}

const DELETED = "seq, id, create_time, spec, batches";
type DeletedRow = Pick<JobRow, "seq" | "id" | "create_time" | "spec" | "batches">;

function jobDelete({ prepare }: Session): (row: DeletedRow, time: number) => void {
  const deletes = ["job", "job_payload", "job_result"].map((table) => prepare(`DELETE FROM ${table} WHERE seq = ?`));
  const deleteLabel = prepare("DELETE FROM job_label WHERE label = ? AND create_time = ? AND id = ?");
  const expire = prepare(`
    UPDATE batch SET expire_time = ?2
    WHERE id IN (SELECT value FROM json_each(?1)) AND finish_time IS NOT NULL AND expire_time IS NULL`);
  return ({ seq, id, create_time, spec, batches }, time) => {
    const { labels } = JSON.parse(spec) as { labels: Readonly<Record<string, string>> };
    for (const [key, value] of Object.entries(labels)) deleteLabel.run(`${key}=${value}`, create_time, id);
    for (const each of deletes) each.run(seq);
    if (batches !== null) expire.run(batches, time);
  };
}
