// What is done to jobs that have ended: noting a retry, and deletion after the retention.

import type { Filter } from "mongodb";
import { DroverError, notFound } from "../../core/errors.js";
import type { Round } from "../../core/store.js";
import type { BatchDocument } from "./batch-documents.js";
import type { JobDocument } from "./documents.js";
import { BY_ID, type Session } from "./session.js";
import { attempt } from "./unavailable.js";

export function linkRetryVerb({ jobs }: Session): (jobId: string, retriedBy: string) => Promise<string> {
  return (jobId, retriedBy) =>
    attempt(async () => {
      const unlinked = {
        _id: jobId,
        state: { $in: ["SUCCEEDED", "FAILED", "CANCELLED"] },
        retriedBy: { $exists: false },
      } as Filter<JobDocument>;
      const link = { retriedBy: { $literal: retriedBy }, updateTime: "$$NOW", revision: { $add: ["$revision", 1] } };
      await jobs.updateOne(unlinked, [{ $set: link }], BY_ID);
      const job = await jobs.findOne({ _id: jobId }, { projection: { state: 1, retriedBy: 1 } });
      if (job === null) throw notFound("job", jobId);
      if (job.retriedBy !== undefined) return job.retriedBy;
      throw new DroverError("FAILED_PRECONDITION", `job ${jobId} is ${job.state}: it has not ended`);
    });
}

/** The batches of a deleted master are marked for the next round; a batch goes when its last member is gone. */
export function pruneVerb({ jobs, batches }: Session): (limit: number) => Promise<Round<number>> {
  const expired = { expireTime: { $exists: true }, $expr: { $lte: ["$expireTime", "$$NOW"] } };

  async function remove(found: readonly Pick<JobDocument, "_id" | "batches">[], also: Filter<JobDocument>) {
    const below = found.flatMap((job) => job.batches ?? []);
    const release = async () => {
      if (below.length === 0) return;
      const ended = { _id: { $in: below }, finishTime: { $exists: true }, expireTime: { $exists: false } };
      await batches.updateMany(ended as Filter<BatchDocument>, [{ $set: { expireTime: "$$NOW" } }], BY_ID);
    };
    // Before their master goes, since nothing else would tell of them. And after: one that ended between the two found
    // its master still there.
    await release();
    const ids = { $in: found.map(({ _id }) => _id) };
    const { deletedCount } = await jobs.deleteMany({ _id: ids, ...also }, BY_ID);
    await release();
    return deletedCount;
  }

  return (limit) =>
    attempt(async () => {
      const projection = { _id: 1, batches: 1 } as const;
      const found = await jobs.find(expired, { projection, hint: "expire", limit }).toArray();
      let count = found.length === 0 ? 0 : await remove(found, expired);
      const gone = await batches
        .find(expired, { projection: { onCompleteJobId: 1, finishTime: 1 }, hint: "expire", limit })
        .toArray();
      for (const { _id, onCompleteJobId, finishTime } of gone) {
        if (count >= limit) break;
        const members = await jobs
          .find({ batch: _id }, { projection, hint: "byBatch", limit: limit - count })
          .toArray();
        if (finishTime === undefined) continue;
        // Never a live one, nor one of a later use of the same key.
        const called = { $elemMatch: { outcome: { $ne: "INTERRUPTED" } } };
        const late = { state: "CANCELLED", attempts: { $not: called } };
        const own = { batch: _id, finishTime: { $exists: true }, $or: [{ createTime: { $lte: finishTime } }, late] };
        if (members.length > 0) {
          const removed = await remove(members, own as Filter<JobDocument>);
          count += removed;
          if (removed < members.length) continue;
        }
        if (count >= limit) break;
        if (onCompleteJobId !== undefined) {
          const summary = { _id: onCompleteJobId, completes: _id };
          await remove(await jobs.find(summary, { projection }).toArray(), summary);
        }
        await batches.deleteOne({ _id, finishTime, ...expired }, BY_ID);
        count += 1;
      }
      return { done: count, more: found.length === limit || gone.length === limit || count >= limit };
    });
}
