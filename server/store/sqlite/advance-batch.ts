// The next step of one batch: see `advance.ts`.

import type { AdvanceWork } from "../../core/advance-work.js";
import {
  type Batch,
  type BatchCancelKind,
  type BatchCounts,
  batchRetentionMs,
  failsByPolicy,
  isBatchTerminal,
  onCompletePayload,
  runsOnComplete,
  type Verdict,
  verdictAfter,
  verdictOf,
} from "../../core/batch.js";
import type { Job } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import { batchStateCode } from "./batch-codec.js";
import { flagWrite } from "./batches.js";
import { type Cancelled, cancelMembersWrite, cancelWrite } from "./cancel.js";
import { COLUMNS, jobOf, type PackedRow, rowOf, stateCode } from "./codec.js";
import { insertVerb } from "./insert.js";
import { lineageReader } from "./lineage.js";
import { countWrite, failedCount } from "./members.js";
import type { Session } from "./session.js";

export function batchStep(session: Session): (batch: Batch, appendTime: number, work: AdvanceWork) => void {
  const { prepare, now } = session;
  const findJob = prepare(`SELECT ${COLUMNS} FROM job WHERE id = ?`);
  const live = prepare(`
    SELECT 1 FROM job INDEXED BY job_by_batch_state
    WHERE batch = ? AND state IN (${stateCode("PENDING")}, ${stateCode("RUNNING")}, ${stateCode("WAITING")}) LIMIT 1`);
  const complete = prepare(`
    UPDATE batch SET state = ${batchStateCode("COMPLETING")}, tally = ?2, complete_time = ?3, update_time = ?3, revision = revision + 1
    WHERE id = ?1`);
  const end = prepare(`
    UPDATE batch SET state = ?2, state_reason = ?3, tally = ?4, finish_time = ?5,
      expire_time = ?6, update_time = ?5, revision = revision + 1
    WHERE id = ?1`);
  const told = prepare("UPDATE batch SET check_time = NULL WHERE id = ?");
  const lookAt = prepare(`UPDATE job SET check_time = ?2 WHERE id = ?1 AND state = ${stateCode("WAITING")}`);
  const stale = prepare("UPDATE batch SET expire_time = ?2 WHERE id = ?1 AND expire_time IS NULL");
  const count = countWrite(session);
  const failed = failedCount(session);
  const insert = insertVerb(session);
  const flag = flagWrite(session);
  const cancelMembers = cancelMembersWrite(session);
  const cancelJob = cancelWrite(session);
  const lineage = lineageReader(session);

  return (batch, appendTime, work) => {
    if (isBatchTerminal(batch.state)) return tellMaster(batch, work);
    if (batch.state === "OPEN") {
      if (appendTime + batch.sealTimeoutMs <= now() && !isKeptOpen(batch)) {
        const reason = `it was not sealed within ${batch.sealTimeoutMs} ms of the last append`;
        changed(flag(batch, "SEAL_TIMEOUT", reason), work);
      }
      return;
    }
    if (batch.state === "COMPLETING") return finish(batch, batch.tally as BatchCounts, work);
    if (batch.cancel === undefined && batch.failurePolicy.mode === "CANCEL_REST") {
      if (failsByPolicy(batch.failurePolicy, failed(batch.id), batch.total ?? 0)) {
        return changed(flag(batch, "REST", "more members failed than is tolerated"), work);
      }
    }
    if (live.get(batch.id) !== undefined) {
      if (batch.cancel === undefined || !cancelSome(batch, batch.cancel.kind, work)) work.unfinished.push(batch.id);
      else work.againBatches.add(batch.id);
      return;
    }
    // Its last member may have been ended for what was cancelled above, before that was noted here.
    if (batch.cancel === undefined && lineage().isCutAbove(batch)) {
      return changed(flag(batch, "PARENT_ENDED", CUT_ABOVE), work);
    }
    const tally = count(batch.id);
    if (runsOnComplete(batch)) return startOnComplete(batch, tally, work);
    write(batch, verdictOf(batch, tally), tally, work);
  };

  function changed(batch: Batch, work: AdvanceWork): void {
    work.changed.add(batch.id);
    work.againBatches.add(batch.id);
  }

  /** Its master's page may still append, or run again and do so. */
  function isKeptOpen({ parentJobId }: Batch): boolean {
    const packed = parentJobId === undefined ? undefined : (findJob.get(parentJobId) as PackedRow | undefined);
    if (packed === undefined) return false;
    const { state } = jobOf(rowOf(packed));
    return state === "PENDING" || state === "RUNNING";
  }

  function startOnComplete(batch: Batch, tally: BatchCounts, work: AdvanceWork): void {
    const { onComplete, onCompleteJobId: id, parentJobId, rootJobId, depth } = batch;
    if (onComplete === undefined || id === undefined) return;
    const payload = onCompletePayload(batch, verdictOf(batch, tally), tally);
    insert([
      {
        ...onComplete,
        ...{ id, payload, depth, completes: batch.id, digest: new Uint8Array(32), start: { delayMs: 0 } },
        ...(parentJobId === undefined ? {} : { parentJobId }),
        ...(rootJobId === undefined ? {} : { rootJobId }),
      },
    ]);
    complete.run(batch.id, JSON.stringify(tally), now());
    work.changed.add(batch.id);
    work.queues.add(onComplete.queue);
  }

  /** COMPLETING: ends with its `on_complete` job, and cancels that when it is itself cancelled. */
  function finish(batch: Batch, tally: BatchCounts, work: AdvanceWork): void {
    const packed = findJob.get(batch.onCompleteJobId ?? "") as PackedRow | undefined;
    const row = packed === undefined ? undefined : rowOf(packed);
    const job = row === undefined ? undefined : jobOf(row);
    if (row !== undefined && job !== undefined && isLive(job)) {
      work.unfinished.push(batch.id);
      if (!runsOnComplete(batch)) note(job.id, cancelJob(row, WITH_BATCH), work);
      return;
    }
    // Its job may have been ended for what was cancelled above, before that was noted here.
    if (job?.stateReason === "PARENT_ENDED" && runsOnComplete(batch) && lineage().isCutAbove(batch)) {
      return changed(flag(batch, "PARENT_ENDED", CUT_ABOVE), work);
    }
    write(batch, verdictAfter(verdictOf(batch, tally), job?.state ?? "absent"), tally, work);
  }

  /** False if nothing was left to cancel. */
  function cancelSome(batch: Batch, kind: BatchCancelKind, work: AdvanceWork): boolean {
    const ends = kind === "PARENT_ENDED" ? "PARENT_ENDED" : "CANCELLED";
    const { done, more } = cancelMembers(batch.id, WITH_BATCH.reason, ends);
    for (const [id, cancelled] of done) note(id, cancelled, work);
    return more;
  }

  function note(id: string, cancelled: Cancelled, work: AdvanceWork): void {
    if (cancelled.kind === "departed") work.departed.push(cancelled.departed);
    else if (cancelled.kind === "flagged") work.flagged.push(id);
    else if (cancelled.kind === "turned") work.againJobs.add(id);
  }

  function write(batch: Batch, verdict: Verdict, tally: BatchCounts, work: AdvanceWork): void {
    const time = now();
    // Below a master it is kept as long as that.
    const expireTime = batch.parentJobId === undefined ? time + batchRetentionMs(verdict.state) : null;
    end.run(batch.id, batchStateCode(verdict.state), verdict.reason, JSON.stringify(tally), time, expireTime);
    work.changed.add(batch.id);
    tellMaster(batch, work);
  }

  function tellMaster({ id, parentJobId }: Batch, work: AdvanceWork): void {
    told.run(id);
    if (parentJobId === undefined) return;
    if (findJob.get(parentJobId) === undefined) stale.run(id, now() + limits.defaultFailedRetentionMs);
    else {
      lookAt.run(parentJobId, now());
      work.againJobs.add(parentJobId);
    }
  }
}

const CUT_ABOVE = "what lies above it was cancelled";
const WITH_BATCH = { reason: "its batch was cancelled", ends: "CANCELLED", graceMs: limits.cancelGraceMs } as const;

function isLive({ state }: Job): boolean {
  return state === "PENDING" || state === "RUNNING" || state === "WAITING";
}
