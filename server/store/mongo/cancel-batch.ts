// The cancel of a batch, by whoever asks for it: one write. `advance` ends what lies below.

import type { Filter } from "mongodb";
import { type Batch, type BatchCancelKind, isStrong } from "../../core/batch.js";
import type { BatchStore } from "../../core/batch-store.js";
import { type BatchDocument, batchOf } from "./batch-documents.js";
import { BY_ID, type Session } from "./session.js";
import { attempt } from "./unavailable.js";

export function cancelBatchVerb(session: Session): BatchStore["cancelBatch"] {
  const cancel = cancelBatchWrite(session);
  return (id, kind, reason) => attempt(() => cancel(id, kind, reason));
}

/** @param only what must hold of the batch besides, in the same write. */
export function cancelBatchWrite({
  batches,
}: Session): (
  id: string,
  kind: BatchCancelKind,
  reason: string,
  only?: Filter<BatchDocument>,
) => Promise<Batch | undefined> {
  return async (id, kind, reason, only = {}) => {
    // What somebody asks for, and the end of the master, stop an `on_complete` job that other causes let run.
    const weaker = isStrong(kind)
      ? [{ cancel: { $exists: false } }, { "cancel.kind": { $in: ["REST", "SEAL_TIMEOUT"] } }]
      : [{ cancel: { $exists: false } }];
    await batches.updateOne(
      { $and: [{ _id: id, state: { $in: LIVE }, $or: weaker }, only] } as Filter<BatchDocument>,
      [
        {
          $set: {
            state: { $cond: [{ $in: ["$state", ["DRAFT", "OPEN"]] }, "RUNNING", "$state"] },
            cancel: { kind, reason: { $literal: reason }, time: "$$NOW" },
            checkTime: "$$NOW",
            updateTime: "$$NOW",
            revision: { $add: ["$revision", 1] },
          },
        },
      ],
      BY_ID,
    );
    const after = await batches.findOne({ _id: id });
    return after === null ? undefined : batchOf(after);
  };
}

const LIVE = ["DRAFT", "OPEN", "RUNNING", "COMPLETING"];
