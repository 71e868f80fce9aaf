// Insert: new jobs, and what is there already. The id is the guard, the digest tells a repeat from another job.

import { type Job, type Kinship, type NewJob, type OwnEnd, rankOf } from "../../core/job.js";
import type { InsertResult } from "../../core/store.js";
import { COLUMNS, jobOf, NOTHING, type PackedRow, rowOf, specText, stateCode } from "./codec.js";
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
      const availableTime = waits !== undefined ? null : startOf(job, createTime);
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
        waits === undefined ? null : JSON.stringify(SUCCEEDED),
        waits === undefined ? null : createTime,
        job.completes ?? null,
        waits === undefined ? null : JSON.stringify(waits.contentType),
      );
      if (changes === 0) {
        const row = find.get(job.id) as PackedRow & { readonly digest: Uint8Array };
        const same = Buffer.compare(row.digest, job.digest) === 0;
        return same ? { kind: "stored", job: jobOf(rowOf(row)), existing: true } : { kind: "conflict" };
      }
      if (waits !== undefined && waits.result.length > 0) insertResult.run(Number(lastInsertRowid), waits.result);
      if (job.payload.length > 0) insertPayload.run(Number(lastInsertRowid), job.payload);
      for (const [key, value] of Object.entries(job.labels)) insertLabel.run(`${key}=${value}`, createTime, job.id);
      if (!queues.has(job.queue)) {
        insertQueue.run(job.queue);
        queues.add(job.queue);
      }
      if (availableTime !== null) due.note(job.queue, rank, availableTime);
      return { kind: "stored", job: newJob(job, createTime, availableTime ?? undefined), existing: false };
    });
  };
}

/** How a master ends that was made to wait for retried batches: its page had succeeded. */
const SUCCEEDED: OwnEnd = { state: "SUCCEEDED", reason: "OK" };

/** When it is due: never later than its deadline, so that a claim ends it in time. */
function startOf({ start, deadlineTime }: NewJob, now: number): number {
  const wanted = "time" in start ? start.time : now + start.delayMs;
  return Math.round(Math.min(wanted, deadlineTime ?? wanted));
}

/** Field by field: copying all but a few with a rest pattern took 5 µs a job, a quarter of the insert. */
function newJob(given: NewJob, createTime: number, availableTime: number | undefined): Job {
  const { deadlineTime, retentionMs, retryOf, waits } = given;
  return {
    ...(given.depth === undefined ? undefined : kinshipOf(given)),
    id: given.id,
    kind: given.kind,
    queue: given.queue,
    endpoint: given.endpoint,
    payload: NOTHING,
    contentType: given.contentType,
    priority: given.priority,
    labels: given.labels,
    maxAttempts: given.maxAttempts,
    backoff: given.backoff,
    attemptTimeoutMs: given.attemptTimeoutMs,
    ...(deadlineTime === undefined ? undefined : { deadlineTime }),
    ...(retentionMs === undefined ? undefined : { retentionMs }),
    ...(retryOf === undefined ? undefined : { retryOf }),
    depth: given.depth ?? 0,
    batchIds: waits?.batchIds ?? [],
    ...(waits === undefined ? { state: "PENDING" as const } : { state: "WAITING" as const, ownEnd: SUCCEEDED }),
    attemptCount: 0,
    interruptedCount: 0,
    busyCount: 0,
    fence: 0,
    ...(availableTime === undefined ? undefined : { availableTime }),
    attempts: [],
    createTime,
    updateTime: createTime,
    revision: 1,
  };
}

function kinshipOf({ batchId, completes, parentJobId, rootJobId, childKey }: NewJob): Omit<Kinship, "depth"> {
  return {
    ...(batchId === undefined ? undefined : { batchId }),
    ...(completes === undefined ? undefined : { completes }),
    ...(parentJobId === undefined ? undefined : { parentJobId }),
    ...(rootJobId === undefined ? undefined : { rootJobId }),
    ...(childKey === undefined ? undefined : { childKey }),
  };
}
