// Insert: new jobs, and what is there already. The id is the guard, the digest tells a repeat from another job.

import { MADE_TO_WAIT, startTimeOf } from "../../core/insertion.js";
import { type NewJob, rankOf } from "../../core/job.js";
import type { InsertResult } from "../../core/store.js";
import { COLUMNS, jobOf, type PackedRow, rowOf, specText, stateCode } from "./codec.js";
import type { Session } from "./session.js";

/** Stores those whose id is free. In a transaction of the caller's. */
export function insertVerb({ prepare, now, due }: Session): (jobs: readonly NewJob[]) => InsertResult[] {
  const insertJob = prepare(`
    INSERT INTO job (id, digest, queue, rank, kind, spec, max_attempts, deadline_time, retention_ms, create_time, state,
      available_time, batch, parent, batches, own_end, check_time, completes, result_content_type,
      revision, update_time, fence, attempt_count,
      interrupted_count, busy_count)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, 1, ?10, 0, 0, 0, 0)
    ON CONFLICT (id) DO NOTHING`);
  const insertPayload = prepare("INSERT INTO job_payload (seq, payload) VALUES (?, ?)");
  const insertResult = prepare("INSERT INTO job_result (seq, result) VALUES (?, ?)");
  const insertLabel = prepare("INSERT INTO job_label (label, create_time, id) VALUES (?, ?, ?)");
  const insertQueue = prepare("INSERT INTO queue (name, paused) VALUES (?, 0) ON CONFLICT (name) DO NOTHING");
  const find = prepare(`SELECT ${COLUMNS}, digest FROM job WHERE id = ?`);

  return (jobs) => {
    const createTime = now();
    const queues = new Set<string>();
    return jobs.map((job) => {
      const { waits } = job;
      const availableTime = waits !== undefined ? null : startTimeOf(job, createTime);
      const rank = rankOf(job.priority, job.depth ?? 0);
      const { changes, lastInsertRowid } = insertJob.run(
        job.id,
        job.digest,
        job.queue,
        rank,
        job.kind,
        specText(job),
        job.maxAttempts,
        job.deadlineTime ?? null,
        job.retentionMs ?? null,
        createTime,
        stateCode(waits === undefined ? "PENDING" : "WAITING"),
        availableTime,
        job.batchId ?? null,
        job.parentJobId ?? null,
        waits === undefined ? null : JSON.stringify(waits.batchIds),
        waits === undefined ? null : JSON.stringify(MADE_TO_WAIT),
        waits === undefined ? null : createTime,
        job.completes ?? null,
        waits === undefined ? null : JSON.stringify(waits.contentType),
      );
      if (changes === 0) {
        const row = find.get(job.id) as PackedRow & { readonly digest: Uint8Array };
        const same = Buffer.compare(row.digest, job.digest) === 0;
        return same ? { kind: "existing", job: jobOf(rowOf(row)) } : { kind: "conflict" };
      }
      if (waits !== undefined && waits.result.length > 0) insertResult.run(Number(lastInsertRowid), waits.result);
      if (job.payload.length > 0) insertPayload.run(Number(lastInsertRowid), job.payload);
      for (const [key, value] of Object.entries(job.labels)) insertLabel.run(`${key}=${value}`, createTime, job.id);
      if (!queues.has(job.queue)) {
        insertQueue.run(job.queue);
        queues.add(job.queue);
      }
      if (availableTime !== null) due.note(job.queue, rank, availableTime);
      return { kind: "inserted", createTime };
    });
  };
}
