// Reading the members of a batch: whether any is live, how many are in each state, and which have changed.

import type { Filter } from "mongodb";
import type { BatchStore } from "../../core/batch-store.js";
import type { JobState } from "../../core/job.js";
import { type JobDocument, jobOf } from "./documents.js";
import type { Session } from "./session.js";
import { attempt } from "./unavailable.js";

export async function hasLive({ jobs }: Session, batchId: string): Promise<boolean> {
  const live = { batch: batchId, state: { $in: ["PENDING", "RUNNING", "WAITING"] } } as Filter<JobDocument>;
  return (await jobs.findOne(live, { projection: { _id: 1 }, hint: "byBatchState" })) !== null;
}

/** How many did not succeed: a few entries of the index where few are tolerated. */
export function failedCount({ jobs }: Session, batchId: string): Promise<number> {
  const failed = { batch: batchId, state: { $in: ["FAILED", "CANCELLED"] } } as Filter<JobDocument>;
  return jobs.countDocuments(failed, { hint: "byBatchState" });
}

export function countVerb({ jobs }: Session): BatchStore["countMembers"] {
  return (batchId) =>
    attempt(async () => {
      // From the index alone.
      const groups = await jobs
        .aggregate<{ _id: JobState; count: number }>(
          [{ $match: { batch: batchId } }, { $group: { _id: "$state", count: { $sum: 1 } } }],
          { hint: "byBatchState" },
        )
        .toArray();
      const of = (state: JobState) => groups.find(({ _id }) => _id === state)?.count ?? 0;
      return {
        total: groups.reduce((sum, { count }) => sum + count, 0),
        pending: of("PENDING"),
        running: of("RUNNING"),
        waiting: of("WAITING"),
        succeeded: of("SUCCEEDED"),
        failed: of("FAILED"),
        cancelled: of("CANCELLED"),
      };
    });
}

export function changedMembersVerb({ jobs }: Session): BatchStore["changedMembers"] {
  return ({ batchId, state, after, limit }) =>
    attempt(async () => {
      const time = new Date(after?.updateTime ?? 0);
      const behind = [{ updateTime: { $gt: time } }, { updateTime: time, _id: { $gt: after?.id ?? "" } }];
      // The first condition bounds the scan of the index, the second passes over those of the same instant.
      const which = { batch: batchId, state, updateTime: { $gte: time }, $or: behind } as Filter<JobDocument>;
      const found = jobs.find(which, {
        projection: { payload: 0, result: 0, digest: 0 },
        sort: { updateTime: 1, _id: 1 },
        hint: "byBatchState",
        limit,
      });
      return (await found.toArray()).map(jobOf);
    });
}

export function dueChecksVerb({ jobs, batches }: Session): BatchStore["dueChecks"] {
  const due = { checkTime: { $exists: true }, $expr: { $lte: ["$checkTime", "$$NOW"] } };
  const some = (limit: number, kind: "batch" | "job") => [
    { $match: due },
    { $sort: { checkTime: 1 } },
    { $limit: limit },
    { $project: { _id: 1, kind: { $literal: kind } } },
  ];
  return (limit) =>
    attempt(async () => {
      // One command for both: a server with nothing to do asks for little else.
      const others = { $unionWith: { coll: jobs.collectionName, pipeline: some(limit, "job") } };
      const found = await batches
        .aggregate<{ _id: string; kind: "batch" | "job" }>([...some(limit, "batch"), others])
        .toArray();
      const ids = (kind: "batch" | "job") => found.flatMap((one) => (one.kind === kind ? one._id : []));
      return { batchIds: ids("batch"), jobIds: ids("job") };
    });
}
