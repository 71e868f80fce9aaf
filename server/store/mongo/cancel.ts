// Cancel of one job, and purge of what waits in a queue.

import type { Document, Filter } from "mongodb";
import type { Job, OwnEnd, StateReason } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import type { Departed, Round } from "../../core/store.js";
import { DEPARTED_FIELDS, departed, type JobDocument, jobOf } from "./documents.js";
import { CANCELLED, leaveStages } from "./leave.js";
import { BY_ID, type Session } from "./session.js";
import { attempt } from "./unavailable.js";

const { before, fields } = leaveStages(CANCELLED);
const END = [{ $set: before }, { $set: fields }];

/** What a cancel makes of a master that waits: it will end so, after its batches. */
export const TURNED = {
  ownEnd: { $literal: { state: "CANCELLED", reason: "CANCELLED" } satisfies OwnEnd },
  checkTime: "$$NOW",
  updateTime: "$$NOW",
  revision: { $add: ["$revision", 1] },
};

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
      // A first bad end stays, whatever it was.
      const waiting = { _id: id, state: "WAITING", "ownEnd.state": "SUCCEEDED" } as Filter<JobDocument>;
      const turn = [{ $set: TURNED }];
      for (;;) {
        const ended = await jobs.updateOne({ _id: id, state: "PENDING" }, END, BY_ID);
        if (ended.matchedCount === 0) await jobs.updateOne(waiting, turn, BY_ID);
        if (ended.matchedCount === 0) await jobs.updateOne(running, [{ $set: flag }], BY_ID);
        const job = await jobs.findOne({ _id: id }, { projection: { payload: 0, result: 0 } });
        if (job === null) return undefined;
        // Between the two it may have gone back to wait, or have been claimed.
        const missed =
          job.state === "PENDING" ||
          (job.state === "RUNNING" && job.cancel === undefined) ||
          (job.state === "WAITING" && job.ownEnd?.state === "SUCCEEDED");
        if (!missed) return jobOf(job);
      }
    });
}

export function purgeVerb(session: Session): (queue: string, limit: number) => Promise<Round<Departed[]>> {
  const { jobs, token: newToken } = session;
  return async (queue, limit) => {
    const waiting = { queue, state: "PENDING" } as const;
    const order = { sort: { createTime: 1, _id: 1 }, hint: "byQueue" } as const;
    const found = await attempt(() => jobs.find(waiting, { projection: { _id: 1 }, ...order, limit }).toArray());
    if (found.length === 0) return { done: [], more: false };
    const ids = { $in: found.map(({ _id }) => _id) };
    // The same for a repeat, which then still knows what the first try did.
    const mark = newToken();
    return attempt(async () => {
      const pipeline = [...END, { $set: { lastMark: mark } }];
      await jobs.updateMany({ _id: ids, ...waiting }, pipeline, BY_ID);
      const ended = await jobs.find({ _id: ids, lastMark: mark }, { projection: DEPARTED_FIELDS }).toArray();
      return { done: ended.map(departed), more: found.length === limit };
    });
  };
}

/** Of a batch that is cancelled: at most `limits.setSize` members in each state. */
export async function cancelMembers(
  { jobs, token: newToken }: Session,
  batchId: string,
  reason: string,
  ends: StateReason,
): Promise<{ departed: Departed[]; flagged: string[]; turned: string[] }> {
  const mark = newToken();
  /** Those that this very call wrote. */
  const change = async (which: Filter<JobDocument>, pipeline: Document[]): Promise<JobDocument[]> => {
    const found = await jobs
      .find({ batch: batchId, ...which }, { projection: { _id: 1 }, hint: "byBatchState", limit: limits.setSize })
      .toArray();
    if (found.length === 0) return [];
    const ids = { $in: found.map(({ _id }) => _id) };
    await jobs.updateMany({ _id: ids, ...which }, [...pipeline, { $set: { lastMark: mark } }], BY_ID);
    return jobs.find({ _id: ids, lastMark: mark }, { projection: DEPARTED_FIELDS }).toArray() as Promise<JobDocument[]>;
  };
  const end = leaveStages({ ...CANCELLED, reason: ends });
  const accepted = { $eq: ["$lease.accepted", true] };
  const soon = { $add: ["$$NOW", limits.cancelGraceMs] };
  const flag = {
    cancel: { reason: { $literal: reason }, time: "$$NOW" },
    availableTime: { $cond: [accepted, { $min: ["$availableTime", soon] }, "$availableTime"] },
    updateTime: "$$NOW",
    revision: { $add: ["$revision", 1] },
  };
  const ended = await change({ state: "PENDING" }, [{ $set: end.before }, { $set: end.fields }]);
  const flagged = await change({ state: "RUNNING", cancel: { $exists: false } } as Filter<JobDocument>, [
    { $set: flag },
  ]);
  const turned = await change({ state: "WAITING", "ownEnd.state": "SUCCEEDED" } as Filter<JobDocument>, [
    { $set: TURNED },
  ]);
  const idsOf = (documents: readonly JobDocument[]) => documents.map(({ _id }) => _id);
  return { departed: ended.map(departed), flagged: idsOf(flagged), turned: idsOf(turned) };
}
