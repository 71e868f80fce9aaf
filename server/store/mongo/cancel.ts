// Cancel of one job, and purge of what waits in a queue.

import type { Filter } from "mongodb";
import type { Job } from "../../core/job.js";
import { type JobDocument, jobOf } from "./documents.js";
import { CANCELLED, leaveStages } from "./leave.js";
import { type Session, WRITE_CONCERN } from "./session.js";
import { attempt } from "./unavailable.js";

const { before, fields } = leaveStages(CANCELLED);
const END = [{ $set: before }, { $set: fields }];

export function cancelVerb({
  jobs,
}: Session): (id: string, reason: string, graceMs: number) => Promise<Job | undefined> {
  return (id, reason, graceMs) =>
    attempt(async () => {
      const accepted = { $eq: ["$lease.accepted", true] };
      const soon = { $add: ["$$NOW", graceMs] };
      // Asked again, with nothing to add, it stays as it is.
      const news = {
        $or: [{ $eq: [{ $type: "$cancel" }, "missing"] }, { $and: [accepted, { $gt: ["$availableTime", soon] }] }],
      };
      const flag = {
        cancel: { $ifNull: ["$cancel", { reason: { $literal: reason }, time: "$$NOW" }] },
        availableTime: { $cond: [accepted, { $min: ["$availableTime", soon] }, "$availableTime"] },
        updateTime: "$$NOW",
        revision: { $add: ["$revision", 1] },
      };
      const running = { _id: id, state: "RUNNING", $expr: news } as Filter<JobDocument>;
      for (;;) {
        const ended = await jobs.updateOne({ _id: id, state: "PENDING" }, END, { writeConcern: WRITE_CONCERN });
        if (ended.matchedCount === 0) await jobs.updateOne(running, [{ $set: flag }], { writeConcern: WRITE_CONCERN });
        const job = await jobs.findOne({ _id: id }, { projection: { payload: 0, result: 0 } });
        if (job === null) return undefined;
        // Between the two it may have gone back to wait, or have been claimed.
        const missed = job.state === "PENDING" || (job.state === "RUNNING" && job.cancel === undefined);
        if (!missed) return jobOf(job);
      }
    });
}

export function purgeVerb({ jobs, token: newToken }: Session): (queue: string, limit: number) => Promise<string[]> {
  return (queue, limit) =>
    attempt(async () => {
      const waiting = { queue, state: "PENDING" } as const;
      const found = await jobs
        .find(waiting, { projection: { _id: 1 }, sort: { createTime: 1, _id: 1 }, limit })
        .toArray();
      const ids = found.map(({ _id }) => _id);
      if (ids.length === 0) return [];
      const mark = newToken();
      const pipeline = [...END, { $set: { lastMark: mark } }];
      await jobs.updateMany({ _id: { $in: ids }, ...waiting }, pipeline, { writeConcern: WRITE_CONCERN });
      const ended = await jobs.find({ _id: { $in: ids }, lastMark: mark }, { projection: { _id: 1 } }).toArray();
      return ended.map(({ _id }) => _id);
    });
}
