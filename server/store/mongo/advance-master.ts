// The next step of one master that waits for its batches: see `advance.ts`.

import type { Filter } from "mongodb";
import type { AdvanceWork } from "../../core/advance-work.js";
import { isBatchTerminal, isWaitedFor, masterEnd } from "../../core/batch.js";
import type { OwnEnd } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import { type BatchDocument, batchOf } from "./batch-documents.js";
import { openDraft } from "./batches.js";
import { cancelBatchWrite } from "./cancel-batch.js";
import { departed, type JobDocument, jobOf } from "./documents.js";
import { cutReasons } from "./lineage.js";
import { sealWrite } from "./seal.js";
import { BY_ID, type Session } from "./session.js";

/** A WAITING master: closes its batches by its own end, and ends when all have ended. */
export function masterStep(session: Session): (id: string, work: AdvanceWork) => Promise<void> {
  const { jobs, batches } = session;
  const seal = sealWrite(session);
  const cancelBatch = cancelBatchWrite(session);

  return async (id, work) => {
    const document = await jobs.findOne({ _id: id, state: "WAITING" }, { projection: { payload: 0, result: 0 } });
    if (document === null) return;
    const { ownEnd: own, batchIds } = jobOf(document);
    if (own === undefined) return;
    let open = false;
    for (const batch of await batches.find({ _id: { $in: [...batchIds] } }).toArray()) {
      if ((await closeBy(own, batch, work)) === "not yet") open = true;
    }
    const now = (await batches.find({ _id: { $in: [...batchIds] } }).toArray()).map(batchOf);
    const waitedFor = now.filter((batch) => isWaitedFor(batch, own));
    if (!waitedFor.every(({ state }) => isBatchTerminal(state))) {
      // From now on the end of each batch tells, unless one did since this was read, or one is still to be closed.
      const { checkTime } = document;
      if (open || checkTime === undefined) return;
      await jobs.updateOne({ _id: id, checkTime }, { $unset: { checkTime: "" } }, BY_ID);
      return;
    }
    const cut = own.state === "SUCCEEDED" && (await cutReasons(session, [document])).size > 0;
    const { state, reason } = masterEnd(cut ? CUT_OFF : own, waitedFor);
    const kept = state === "FAILED" ? limits.defaultFailedRetentionMs : limits.defaultRetentionMs;
    const expires = document.batch === undefined && document.completes === undefined;
    const fields = {
      state,
      stateReason: reason,
      finishTime: "$$NOW",
      expireTime: expires ? { $add: ["$$NOW", document.retentionMs ?? kept] } : "$$REMOVE",
      ownEnd: "$$REMOVE",
      checkTime: "$$REMOVE",
      updateTime: "$$NOW",
      revision: { $add: ["$revision", 1] },
    };
    const waiting = { _id: id, state: "WAITING", "ownEnd.state": own.state } as Filter<JobDocument>;
    const ended = await jobs.updateOne(waiting, [{ $set: fields }], BY_ID);
    if (ended.matchedCount === 0) work.againJobs.add(id);
    else work.departed.push(departed({ ...document, state }));
  };

  /** A batch that was left open is sealed for a master that succeeded, and goes down with one that did not. */
  async function closeBy(own: OwnEnd, batch: BatchDocument, work: AdvanceWork): Promise<"done" | "not yet"> {
    const { _id, state, cancel, parentClosePolicy } = batch;
    if (state === "DRAFT") {
      await openDraft(batches, _id);
      return closeBy(own, { ...batch, state: "OPEN" }, work);
    }
    if (isBatchTerminal(state)) return "done";
    if (own.state !== "SUCCEEDED" && parentClosePolicy === "CANCEL") {
      if (cancel?.kind === "EXPLICIT" || cancel?.kind === "PARENT_ENDED") return "done";
      await cancelBatch(_id, "PARENT_ENDED", `its master ended ${own.state}`);
    } else if (own.state === "SUCCEEDED" && state === "OPEN" && cancel === undefined) {
      if ((await seal(_id)).kind === "busy") return "not yet";
    } else return "done";
    work.changed.add(_id);
    work.againBatches.add(_id);
    return "done";
  }
}

/** A master that would have gone on, below something that was cancelled. */
const CUT_OFF: OwnEnd = { state: "CANCELLED", reason: "PARENT_ENDED" };
