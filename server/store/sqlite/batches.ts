// Batches as callers move them: made, filled, sealed, cancelled, read. Each is one transaction, so none needs the
// steps that a store without transactions takes.

import { BATCH_STATES, type Batch, type BatchCancelKind, isBatchTerminal, isStrong } from "../../core/batch.js";
import type {
  AddJobsRequest,
  AddJobsResult,
  BatchStore,
  CreateBatchResult,
  ListBatchesRequest,
  SealRequest,
  SealResult,
} from "../../core/batch-store.js";
import { DroverError, notFound } from "../../core/errors.js";
import type { Job, NewJob } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import { lineageBefore, lineageBelow } from "../../core/lineage.js";
import type { Holding } from "../../core/store.js";
import { type BatchRow, batchOf, batchStateCode, fixedText } from "./batch-codec.js";
import { COLUMNS, jobOf, type PackedRow, rowOf } from "./codec.js";
import type { Statement } from "./driver.js";
import { insertVerb } from "./insert.js";
import type { Session } from "./session.js";

type Verb<Name extends Exclude<keyof BatchStore, "changesLateMs">> = (
  ...given: Parameters<BatchStore[Name]>
) => Awaited<ReturnType<BatchStore[Name]>>;

/** Inside a transaction that is to be undone, and yet is no error. */
export class Refused<Result> extends Error {
  constructor(readonly result: Result) {
    super("refused");
  }
}

export function createBatchVerb({ prepare, now }: Session): Verb<"createBatch"> {
  const findJob = prepare(`SELECT ${COLUMNS} FROM job WHERE id = ?`);
  const find = prepare("SELECT * FROM batch WHERE id = ?");
  const register = prepare(`
    UPDATE job SET batches = ?2, update_time = ?3, revision = revision + 1 WHERE seq = ?1`);
  const insert = prepare(`
    INSERT INTO batch (id, digest, spec, parent, root, state, append_time, check_time, create_time, update_time,
      revision)
    VALUES (?1, ?2, ?3, ?4, ?5, ${batchStateCode("OPEN")}, ?6, ?7, ?6, ?6, 1)`);

  return (batch, master): CreateBatchResult => {
    const time = now();
    const held = master === undefined ? undefined : heldJob(findJob, master);
    if (master !== undefined && held === undefined) return { kind: "lost" };
    if (held?.job.cancel !== undefined) return { kind: "cancelled" };
    const there = find.get(batch.id) as BatchRow | undefined;
    if (there !== undefined) {
      // Under a master what is stored wins: it runs again, and attaches.
      if (master === undefined && Buffer.compare(there.digest, batch.digest) !== 0) return { kind: "conflict" };
      return { kind: "stored", batch: batchOf(there), existing: true };
    }
    const lineage =
      held === undefined
        ? lineageBefore(batch.masterId)
        : lineageBelow(held.job, ownBatch(held.job), batch.parentClosePolicy);
    if (lineage.depth > limits.depth) return { kind: "deep" };
    if (held !== undefined) {
      if (held.job.batchIds.length >= limits.batchesPerJob) return { kind: "full" };
      register.run(held.seq, JSON.stringify([...held.job.batchIds, batch.id]), time);
    }
    insert.run(
      batch.id,
      batch.digest,
      fixedText(batch, lineage),
      lineage.parentJobId ?? null,
      lineage.rootJobId ?? null,
      time,
      time + limits.batchCheckMs,
    );
    return { kind: "stored", batch: batchOf(find.get(batch.id) as BatchRow), existing: false };
  };

  function ownBatch({ batchId, completes }: Job): Batch | undefined {
    const row = find.get(batchId ?? completes ?? "") as BatchRow | undefined;
    return row === undefined ? undefined : batchOf(row);
  }
}

export function addJobsVerb(session: Session): Verb<"addJobs"> {
  const { prepare, now } = session;
  const access = accessTo(session);
  const insert = insertVerb(session);
  const find = prepare("SELECT digest FROM job WHERE id = ?");
  const append = prepare("UPDATE batch SET append_time = ?2, update_time = ?2, revision = revision + 1 WHERE id = ?1");

  return ({ batchId, jobs, by }: AddJobsRequest): AddJobsResult => {
    const batch = access(batchId, by);
    if (batch === "lost") return { kind: "lost" };
    if (batch.state !== "OPEN" || batch.cancel !== undefined) {
      // A repeat of what was added before the batch was closed.
      const there = jobs.map(({ id }) => find.get(id) as { readonly digest: Uint8Array } | undefined);
      const other = there.findIndex((row, place) => row !== undefined && differs(row.digest, jobs[place]));
      if (other >= 0) return { kind: "conflict", index: other };
      if (batch.total !== undefined && there.every((row) => row !== undefined)) return { kind: "added", queues: [] };
      return { kind: batch.cancel === undefined ? "sealed" : "cancelled" };
    }
    const results = insert(jobs);
    const index = results.findIndex(
      (result, place) => result.kind === "conflict" && jobs[place]?.childKey === undefined,
    );
    if (index >= 0) throw new Refused<AddJobsResult>({ kind: "conflict", index });
    append.run(batchId, now());
    return { kind: "added", queues: [...new Set(jobs.map(({ queue }) => queue))] };
  };
}

/** Under a key of its own what is stored wins. */
function differs(digest: Uint8Array, job: NewJob | undefined): boolean {
  return job !== undefined && job.childKey === undefined && Buffer.compare(digest, job.digest) !== 0;
}

export function sealVerb(session: Session): Verb<"sealBatch"> {
  const access = accessTo(session);
  const seal = sealWrite(session);
  const count = session.prepare("SELECT count(*) AS count FROM job WHERE batch = ?");

  return ({ batchId, expectedCount, by }: SealRequest): SealResult => {
    const batch = access(batchId, by);
    if (batch === "lost") return { kind: "lost" };
    const total = batch.total ?? (count.get(batchId) as { readonly count: number }).count;
    if (batch.total === undefined && (batch.state !== "OPEN" || batch.cancel !== undefined))
      return { kind: "cancelled" };
    if (expectedCount !== undefined && expectedCount !== total) return { kind: "mismatch", count: total };
    return { kind: "sealed", batch: batch.total === undefined ? seal(batchId) : batch };
  };
}

/** Seals an OPEN batch with as many members as it has. */
export function sealWrite({ prepare, now }: Session): (batchId: string) => Batch {
  const write = prepare(`
    UPDATE batch SET state = ${batchStateCode("RUNNING")}, total = (SELECT count(*) FROM job WHERE batch = ?1),
      seal_time = ?2, check_time = ?2, update_time = ?2, revision = revision + 1
    WHERE id = ?1 RETURNING *`);
  return (batchId) => batchOf(write.get(batchId, now()) as BatchRow);
}

export function cancelBatchVerb(session: Session): Verb<"cancelBatch"> {
  const find = session.prepare("SELECT * FROM batch WHERE id = ?");
  const flag = flagWrite(session);
  return (id, kind, reason) => {
    const row = find.get(id) as BatchRow | undefined;
    return row === undefined ? undefined : flag(batchOf(row), kind, reason);
  };
}

/** Closes a batch and flags it for cancel, unless it has ended or is flagged by a cause as strong. */
export function flagWrite({ prepare, now }: Session): (batch: Batch, kind: BatchCancelKind, reason: string) => Batch {
  const write = prepare(`
    UPDATE batch SET state = max(state, ${batchStateCode("RUNNING")}), cancel = ?2, check_time = ?3, update_time = ?3,
      revision = revision + 1
    WHERE id = ?1 RETURNING *`);
  return (batch, kind, reason) => {
    const earlier = batch.cancel?.kind;
    if (isBatchTerminal(batch.state) || (earlier !== undefined && (isStrong(earlier) || !isStrong(kind)))) return batch;
    const time = now();
    return batchOf(write.get(batch.id, JSON.stringify({ kind, reason, time }), time) as BatchRow);
  };
}

export function getBatchesVerb({ prepare }: Session): Verb<"getBatches"> {
  const find = (columns: string) =>
    prepare(`SELECT ${columns} FROM batch WHERE id IN (SELECT value FROM json_each(?))`);
  const views = { BASIC: find(LISTED), FULL: find("*") };
  return (ids, view) => (views[view].all(JSON.stringify(ids)) as BatchRow[]).map(batchOf);
}

export function listBatchesVerb({ prepare }: Session): Verb<"listBatches"> {
  const statements = new Map<string, Statement>();
  const prepared = (sql: string): Statement => {
    const known = statements.get(sql) ?? prepare(sql);
    statements.set(sql, known);
    return known;
  };
  return ({ state, parentJobId, rootJobId, limit, oldestFirst, after }: ListBatchesRequest) => {
    const order = oldestFirst ? "ASC" : "DESC";
    const beyond = after === undefined ? "" : `AND (create_time, id) ${oldestFirst ? ">" : "<"} (?, ?)`;
    const bounds = after === undefined ? [] : [after.createTime, after.id];
    const run = (index: string, where: string, value: string | number): BatchRow[] =>
      prepared(`
        SELECT ${LISTED} FROM batch INDEXED BY ${index} WHERE ${where} = ? ${beyond}
        ORDER BY create_time ${order}, id ${order} LIMIT ?`).all(value, ...bounds, limit) as BatchRow[];
    if (parentJobId !== undefined) return run("batch_by_parent", "parent", parentJobId).map(batchOf);
    if (rootJobId !== undefined) return run("batch_by_root", "root", rootJobId).map(batchOf);
    const states = state === undefined ? ALL_STATES : [batchStateCode(state)];
    const direction = oldestFirst ? 1 : -1;
    return states
      .flatMap((code) => run("batch_by_state", "state", code))
      .sort((a, b) => direction * (a.create_time - b.create_time || (a.id < b.id ? -1 : 1)))
      .slice(0, limit)
      .map(batchOf);
  };
}

const ALL_STATES = BATCH_STATES.map(batchStateCode);

/** All of `BatchRow`, without the payload of the `on_complete` job. */
const LISTED = `id, digest, json_remove(spec, '$.onComplete.payload') AS spec, parent, state, state_reason, cancel, total,
  tally, append_time, check_time, retried_by, create_time, seal_time, complete_time, finish_time, expire_time,
  update_time, revision`;

export function linkBatchRetryVerb({ prepare, now }: Session): Verb<"linkBatchRetry"> {
  const find = prepare("SELECT * FROM batch WHERE id = ?");
  const note = prepare("UPDATE batch SET retried_by = ?2, update_time = ?3, revision = revision + 1 WHERE id = ?1");
  return (id, retriedBy) => {
    const row = find.get(id) as BatchRow | undefined;
    if (row === undefined) throw notFound("batch", id);
    if (row.retried_by !== null) return row.retried_by;
    const { state } = batchOf(row);
    if (!isBatchTerminal(state))
      throw new DroverError("FAILED_PRECONDITION", `batch ${id} is ${state}: it has not ended`);
    note.run(id, retriedBy, now());
    return retriedBy;
  };
}

/** The batch, if the caller may add to it or seal it: anyone, or the page of its master or of a member that runs now. */
function accessTo({ prepare }: Session): (batchId: string, by: Holding | undefined) => Batch | "lost" {
  const find = prepare("SELECT * FROM batch WHERE id = ?");
  const findJob = prepare(`SELECT ${COLUMNS} FROM job WHERE id = ?`);
  return (batchId, by) => {
    const row = find.get(batchId) as BatchRow | undefined;
    if (row === undefined) throw notFound("batch", batchId);
    if (by !== undefined && heldJob(findJob, by) === undefined) return "lost";
    return batchOf(row);
  };
}

function heldJob(find: Statement, { jobId, token }: Holding) {
  const packed = find.get(jobId) as PackedRow | undefined;
  if (packed === undefined) return undefined;
  const row = rowOf(packed);
  return row.lease_token === token ? { seq: row.seq, job: jobOf(row) } : undefined;
}
