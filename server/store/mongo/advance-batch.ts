// The next step of one batch: see `advance.ts`.

import type { Filter, UpdateFilter } from "mongodb";
import type { AdvanceWork } from "../../core/advance-work.js";
import {
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
import { DroverError } from "../../core/errors.js";
import { isTerminal, type NewJob } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import { type BatchDocument, batchOf } from "./batch-documents.js";
import { openDraft } from "./batches.js";
import { cancelMembers, cancelVerb } from "./cancel.js";
import { cancelBatchWrite } from "./cancel-batch.js";
import type { JobDocument } from "./documents.js";
import { insertVerb } from "./insert.js";
import { isCutAbove } from "./lineage.js";
import { countVerb, failedCount, hasLive } from "./members.js";
import { BY_ID, type Session } from "./session.js";

const CUT_ABOVE = "what lies above it was cancelled";
const WITH_BATCH = "its batch was cancelled";

export function batchStep(session: Session): (document: BatchDocument, work: AdvanceWork) => Promise<void> {
  const { jobs, batches, clock } = session;
  const count = countVerb(session);
  const insert = insertVerb(session);
  const cancelBatch = cancelBatchWrite(session);
  const cancelJob = cancelVerb(session);

  return async (document, work) => {
    const { _id: id } = document;
    if (document.state === "DRAFT") return settleDraft(document, work);
    if (isBatchTerminal(document.state)) return tellMaster(document, work);
    if (document.state === "OPEN") return closeIfLate(document, work);
    if (document.state === "COMPLETING") return finish(document, work);
    const batch = batchOf(document);
    if (batch.cancel === undefined && batch.failurePolicy.mode === "CANCEL_REST") {
      if (failsByPolicy(batch.failurePolicy, await failedCount(session, id), batch.total ?? 0)) {
        await cancelBatch(id, "REST", "more members failed than is tolerated");
        return changed(id, work);
      }
    }
    if (await hasLive(session, id)) {
      if (batch.cancel === undefined) return void work.unfinished.push(id);
      const ends = batch.cancel.kind === "PARENT_ENDED" ? "PARENT_ENDED" : "CANCELLED";
      const done = await cancelMembers(session, id, WITH_BATCH, ends);
      work.departed.push(...done.departed);
      work.flagged.push(...done.flagged);
      for (const master of done.turned) work.againJobs.add(master);
      const more = done.departed.length + done.flagged.length + done.turned.length > 0;
      return void (more ? work.againBatches.add(id) : work.unfinished.push(id));
    }
    // Its last member may have been ended for what was cancelled above, before that was noted here.
    if (batch.cancel === undefined && (await isCutAbove(session, document))) {
      await cancelBatch(id, "PARENT_ENDED", CUT_ABOVE);
      return changed(id, work);
    }
    const tally = await count(id);
    // Of a batch that was closed, an insert may come as late as this.
    if (tally.pending + tally.running + tally.waiting > 0) return void work.unfinished.push(id);
    if (!runsOnComplete(batch)) return end(document, verdictOf(batch, tally), tally, work);
    const completing = { $set: { state: "COMPLETING", tally }, $inc: { revision: 1 }, ...NOW } as const;
    if (await compareAndSet(document, completing as UpdateFilter<BatchDocument>)) changed(id, work);
  };

  function changed(id: string, work: AdvanceWork): void {
    work.changed.add(id);
    work.againBatches.add(id);
  }

  async function compareAndSet(read: BatchDocument, update: UpdateFilter<BatchDocument>): Promise<boolean> {
    const unchanged = { _id: read._id, state: read.state, revision: read.revision };
    return (await batches.updateOne(unchanged, update, BY_ID)).matchedCount === 1;
  }

  /** Opened if its master has noted it; gone with a master that ended, or goes on, without it. */
  async function settleDraft({ _id, parent = "" }: BatchDocument, work: AdvanceWork): Promise<void> {
    const master = await jobs.findOne({ _id: parent }, { projection: { batches: 1, state: 1 } });
    if (master?.batches?.includes(_id)) {
      await openDraft(batches, _id);
      work.againBatches.add(_id);
    } else if (master === null || isTerminal(master.state) || master.state === "WAITING") {
      await batches.deleteOne({ _id, state: "DRAFT" }, BY_ID);
    }
  }

  async function closeIfLate(
    { _id, sealTimeoutMs, parent, appendTime }: BatchDocument,
    work: AdvanceWork,
  ): Promise<void> {
    if (appendTime.getTime() + sealTimeoutMs > clock.now()) return;
    // Its master's page may still append, or run again and do so.
    const alive = { _id: parent ?? "", state: { $in: ["PENDING", "RUNNING"] } } as Filter<JobDocument>;
    if (parent !== undefined && (await jobs.findOne(alive, { projection: { _id: 1 } })) !== null) return;
    const late = {
      _id,
      state: "OPEN",
      $expr: { $lte: [{ $add: ["$appendTime", sealTimeoutMs] }, "$$NOW"] },
    } as Filter<BatchDocument>;
    if ((await batches.findOne(late, { projection: { _id: 1 } })) === null) return;
    await cancelBatch(_id, "SEAL_TIMEOUT", `it was not sealed within ${sealTimeoutMs} ms of the last append`, late);
    changed(_id, work);
  }

  /** COMPLETING: makes its `on_complete` job, ends with it, and cancels it when it is itself cancelled. */
  async function finish(document: BatchDocument, work: AdvanceWork): Promise<void> {
    const batch = batchOf(document);
    const tally = document.tally as BatchCounts;
    const id = batch.onCompleteJobId ?? "";
    const job = await jobs.findOne({ _id: id }, { projection: { payload: 0, result: 0 } });
    const runs = runsOnComplete(batch);
    if (job === null && runs) {
      await insert([onCompleteJob(document, tally)]);
      work.queues.add(batch.onComplete?.queue ?? "");
      work.changed.add(batch.id);
      work.unfinished.push(batch.id);
    } else if (job !== null && !isTerminal(job.state)) {
      work.unfinished.push(batch.id);
      if (runs) return;
      const after = await cancelJob(id, WITH_BATCH, limits.cancelGraceMs);
      if (after === undefined) return;
      if (after.state === "RUNNING") work.flagged.push(id);
      if (after.state === "WAITING") work.againJobs.add(id);
      if (isTerminal(after.state)) work.departed.push({ jobId: id, batchId: batch.id, waits: false });
    } else if (job?.stateReason === "PARENT_ENDED" && runs && (await isCutAbove(session, document))) {
      // It was ended for what was cancelled above, before that was noted here.
      await cancelBatch(batch.id, "PARENT_ENDED", CUT_ABOVE);
      changed(batch.id, work);
    } else await end(document, verdictAfter(verdictOf(batch, tally), job?.state ?? "absent"), tally, work);
  }

  async function end(document: BatchDocument, verdict: Verdict, tally: BatchCounts, work: AdvanceWork): Promise<void> {
    const { _id, parent, state, revision } = document;
    // Below a master it is kept as long as that.
    const expireTime = parent === undefined ? { $add: ["$$NOW", batchRetentionMs(verdict.state)] } : "$$REMOVE";
    const fields = {
      state: verdict.state,
      stateReason: verdict.reason,
      tally: { $literal: tally },
      finishTime: "$$NOW",
      expireTime,
      // Until its master is told, it is still to be looked at.
      checkTime: parent === undefined ? "$$REMOVE" : "$$NOW",
      updateTime: "$$NOW",
      revision: { $add: ["$revision", 1] },
    };
    const done = await batches.updateOne({ _id, state, revision }, [{ $set: fields }], BY_ID);
    if (done.matchedCount === 0) return void work.againBatches.add(_id);
    work.changed.add(_id);
    if (parent !== undefined) await tellMaster(document, work);
  }

  async function tellMaster({ _id, parent }: BatchDocument, work: AdvanceWork): Promise<void> {
    if (parent !== undefined) {
      // Noted there before it is forgotten here: what a crash leaves between is found by either check.
      await jobs.updateOne({ _id: parent, state: "WAITING" }, [{ $set: { checkTime: "$$NOW" } }], BY_ID);
      if ((await jobs.findOne({ _id: parent }, { projection: { _id: 1 } })) === null) {
        const kept = { $add: ["$$NOW", limits.defaultFailedRetentionMs] };
        await batches.updateOne({ _id }, [{ $set: { expireTime: kept } }], BY_ID);
      } else work.againJobs.add(parent);
    }
    await batches.updateOne({ _id, finishTime: { $exists: true } }, { $unset: { checkTime: "" } }, BY_ID);
  }
}

const NOW = { $currentDate: { completeTime: true, updateTime: true, checkTime: true } } as const;

function onCompleteJob(document: BatchDocument, tally: BatchCounts): NewJob {
  const batch = batchOf(document);
  const { onComplete, onCompleteJobId, parentJobId, rootJobId, depth } = batch;
  if (onComplete === undefined || onCompleteJobId === undefined) {
    throw new DroverError("INTERNAL", `batch ${batch.id} has no on_complete job`);
  }
  return {
    ...onComplete,
    id: onCompleteJobId,
    payload: onCompletePayload(batch, verdictOf(batch, tally), tally),
    ...{ depth, completes: batch.id, digest: new Uint8Array(32), start: { delayMs: 0 } },
    ...(parentJobId === undefined ? {} : { parentJobId }),
    ...(rootJobId === undefined ? {} : { rootJobId }),
  };
}
