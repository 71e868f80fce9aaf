// Batches as they are read: by id, in lists; and the one note that is made on those that have ended.

import type { Filter, UpdateFilter } from "mongodb";
import { BATCH_STATES } from "../../core/batch.js";
import type { BatchStore, ListBatchesRequest } from "../../core/batch-store.js";
import { DroverError, notFound } from "../../core/errors.js";
import { type BatchDocument, batchOf, VISIBLE } from "./batch-documents.js";
import { behind } from "./query.js";
import { BY_ID, type Session } from "./session.js";
import { attempt } from "./unavailable.js";

export function getBatchesVerb({ batches }: Session): BatchStore["getBatches"] {
  return (ids, view) =>
    attempt(async () => {
      const found = batches.find({ _id: { $in: [...ids] }, ...VISIBLE }, view === "FULL" ? {} : WITHOUT_PAYLOAD);
      return (await found.toArray()).map(batchOf);
    });
}

const WITHOUT_PAYLOAD = { projection: { "onComplete.payload": 0 } };

export function listBatchesVerb({ batches }: Session): BatchStore["listBatches"] {
  return ({ state, parentJobId, rootJobId, limit, oldestFirst, after }: ListBatchesRequest) =>
    attempt(async () => {
      const direction = oldestFirst ? 1 : -1;
      const [which, hint] =
        parentJobId !== undefined
          ? [{ parent: parentJobId, ...VISIBLE }, "byParent"]
          : rootJobId !== undefined
            ? [{ root: rootJobId, ...VISIBLE }, "byRoot"]
            : [{ state: state ?? { $in: [...BATCH_STATES] } }, "byState"];
      const found = batches.find({ ...which, ...behind(after, oldestFirst) } as Filter<BatchDocument>, {
        ...WITHOUT_PAYLOAD,
        sort: { createTime: direction, _id: direction },
        hint,
        limit,
      });
      return (await found.toArray()).map(batchOf);
    });
}

export function linkBatchRetryVerb({ batches }: Session): BatchStore["linkBatchRetry"] {
  return (id, retriedBy) =>
    attempt(async () => {
      const ended = { state: { $in: ["SUCCEEDED", "FAILED", "CANCELLED"] }, retriedBy: { $exists: false } };
      const link = { $set: { retriedBy }, $inc: { revision: 1 }, $currentDate: { updateTime: true } } as const;
      await batches.updateOne(
        { _id: id, ...ended } as Filter<BatchDocument>,
        link as UpdateFilter<BatchDocument>,
        BY_ID,
      );
      const batch = await batches.findOne({ _id: id });
      if (batch === null) throw notFound("batch", id);
      if (batch.retriedBy !== undefined) return batch.retriedBy;
      throw new DroverError("FAILED_PRECONDITION", `batch ${id} is ${batch.state}: it has not ended`);
    });
}
