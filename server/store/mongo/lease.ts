// Renew and report: a holder keeps its leases, shows how far it is, or hands a lease to its page.
// A lease that is merely renewed does not raise the revision: nobody who watches would see more than its new end.

import type { Holding, RenewResult, Report, ReportResult } from "../../core/store.js";
import type { JobDocument } from "./documents.js";
import { BY_ID, type Session } from "./session.js";
import { heldBy, itemOf } from "./sets.js";
import { attempt } from "./unavailable.js";

type Seen = Pick<JobDocument, "_id" | "state" | "lease" | "last" | "cancel" | "availableTime">;
const SEEN = { state: 1, lease: 1, last: 1, cancel: 1, availableTime: 1 } as const;

/** The jobs as they are now, by id. */
async function look({ jobs }: Session, holdings: readonly Holding[]): Promise<Map<string, Seen>> {
  const ids = holdings.map(({ jobId }) => jobId);
  const found = await jobs.find({ _id: { $in: ids } }, { projection: SEEN }).toArray();
  return new Map(found.map((job) => [job._id, job]));
}

export function renewVerb(session: Session): (holdings: readonly Holding[], leaseMs: number) => Promise<RenewResult> {
  return (holdings, leaseMs) =>
    attempt(async () => {
      if (holdings.length === 0) return { lost: [], cancelled: [] };
      // An accepted job is its page's to renew: it may become one while its server's renewal is on the way.
      const availableTime = { $cond: ["$lease.accepted", "$availableTime", { $add: ["$$NOW", leaseMs] }] };
      await session.jobs.updateMany(heldBy(holdings), [{ $set: { availableTime } }], BY_ID);
      const seen = await look(session, holdings);
      const lost: string[] = [];
      const cancelled: { jobId: string; reason: string }[] = [];
      for (const { jobId, token } of holdings) {
        const job = seen.get(jobId);
        if (job?.lease?.token !== token) lost.push(jobId);
        else if (job.cancel !== undefined) cancelled.push({ jobId, reason: job.cancel.reason });
      }
      return { lost, cancelled };
    });
}

export function reportVerb(session: Session): (reports: readonly Report[]) => Promise<ReportResult[]> {
  return (reports) =>
    attempt(async () => {
      if (reports.length === 0) return [];
      const ids = reports.map(({ jobId }) => jobId);
      const own = reports.map(({ progress, accept, leaseMs }) => {
        const changes = progress !== undefined || accept === true;
        return { progress: progress ?? null, accept: accept === true, leaseMs, raise: changes ? 1 : 0 };
      });
      const flagged = { $ne: [{ $type: "$cancel" }, "missing"] };
      const fields = {
        availableTime: {
          $cond: [{ $and: ["$lease.accepted", flagged] }, "$availableTime", { $add: ["$$NOW", "$_own.leaseMs"] }],
        },
        "lease.accepted": { $or: ["$lease.accepted", "$_own.accept"] },
        progress: {
          $cond: [
            { $eq: ["$_own.progress", null] },
            "$progress",
            { $mergeObjects: ["$_own.progress", { updateTime: "$$NOW" }] },
          ],
        },
        revision: { $add: ["$revision", "$_own.raise"] },
        updateTime: { $cond: ["$_own.raise", "$$NOW", "$updateTime"] },
        _own: "$$REMOVE",
      };
      const pipeline = [{ $set: { _own: itemOf(ids, own) } }, { $set: fields }];
      await session.jobs.updateMany(heldBy(reports), pipeline, BY_ID);
      const seen = await look(session, reports);
      return reports.map(({ jobId, token }): ReportResult => {
        const job = seen.get(jobId);
        if (job?.lease?.token !== token) return { kind: job?.last === token ? "settled" : "lost" };
        return {
          kind: "held",
          cancelRequested: job.cancel !== undefined,
          leaseExpireTime: job.availableTime?.getTime() ?? 0,
        };
      });
    });
}
