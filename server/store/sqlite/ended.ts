// What is done to jobs that have ended: noting a retry, and deletion when their retention is over.

import { DroverError, notFound } from "../../core/errors.js";
import { isTerminal } from "../../core/job.js";
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

export function pruneVerb({ prepare, now }: Session): (limit: number) => number {
  const expired = prepare(`
    SELECT seq, id, create_time, spec FROM job INDEXED BY job_expire
    WHERE expire_time IS NOT NULL AND expire_time <= ? ORDER BY expire_time LIMIT ?`);
  const deletes = ["job", "job_payload", "job_result"].map((table) => prepare(`DELETE FROM ${table} WHERE seq = ?`));
  const deleteLabel = prepare("DELETE FROM job_label WHERE label = ? AND create_time = ? AND id = ?");

  return (limit) => {
    const rows = expired.all(now(), limit) as Pick<JobRow, "seq" | "id" | "create_time" | "spec">[];
    for (const { seq, id, create_time, spec } of rows) {
      const { labels } = JSON.parse(spec) as { labels: Readonly<Record<string, string>> };
      for (const [key, value] of Object.entries(labels)) deleteLabel.run(`${key}=${value}`, create_time, id);
      for (const each of deletes) each.run(seq);
    }
    return rows.length;
  };
}
