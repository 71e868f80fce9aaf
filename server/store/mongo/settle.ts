// Settle: what a set of ended attempts came to, in one update. Each job picks its own outcome, guarded by its own token.

import { Binary } from "mongodb";
import type { Settlement } from "../../core/retry.js";
import type { SettleResult } from "../../core/store.js";
import type { JobDocument } from "./documents.js";
import { leaveStages } from "./leave.js";
import { BY_ID, type Session } from "./session.js";
import { heldBy, itemOf } from "./sets.js";
import { attempt } from "./unavailable.js";

export function settleVerb({
  jobs,
  token: newMark,
}: Session): (settlements: readonly Settlement[]) => Promise<SettleResult[]> {
  /** `mark` tells later which jobs this very call wrote, whatever was confirmed. */
  async function write(settlements: readonly Settlement[], mark: string): Promise<number> {
    const ids = settlements.map(({ jobId }) => jobId);
    const { before, fields } = leaveStages({
      state: "$_own.state",
      reason: "$_own.reason",
      delayMs: { $ifNull: ["$_own.delayMs", 0] },
      keepsPlace: "$_own.keepsPlace",
      attempts: "$_own.attempts",
      interruptions: 0,
      busy: "$_own.busy",
      failure: "$_own.failure",
      attempt: "$_own.attempt",
      last: "$_own.last",
    });
    const { matchedCount } = await jobs.updateMany(
      heldBy(settlements),
      [
        { $set: { _own: itemOf(ids, settlements.map(ownPart)) } },
        { $set: before },
        {
          $set: {
            ...fields,
            result: { $ifNull: ["$_own.result", "$$REMOVE"] },
            resultContentType: { $ifNull: ["$_own.contentType", "$$REMOVE"] },
            lastMark: mark,
            _own: "$$REMOVE",
          },
        },
      ],
      BY_ID,
    );
    return matchedCount;
  }

  return async (settlements) => {
    if (settlements.length === 0) return [];
    const mark = newMark();
    return attempt(async () => {
      if ((await write(settlements, mark)) === settlements.length) return settlements.map(() => "settled" as const);
      // Some were not held; or a try before this one was applied and not confirmed.
      const ids = settlements.map(({ jobId }) => jobId);
      const found = new Map<string, Pick<JobDocument, "last" | "lastMark">>();
      for await (const job of jobs.find({ _id: { $in: ids } }, { projection: { last: 1, lastMark: 1 } })) {
        found.set(job._id, job);
      }
      return settlements.map(({ jobId, token }) => {
        const job = found.get(jobId);
        if (job?.last !== token) return "lost";
        return job.lastMark === mark ? "settled" : "already";
      });
    });
  };
}

function ownPart({ token, next, counts, failure, attempt }: Settlement): Record<string, unknown> {
  return {
    state: next.state,
    ...(next.state === "SUCCEEDED"
      ? { reason: "OK", contentType: next.contentType, result: new Binary(next.result) }
      : {}),
    ...(next.state === "FAILED" || next.state === "CANCELLED" ? { reason: next.reason } : {}),
    ...(next.state === "PENDING" ? { delayMs: next.delayMs } : {}),
    keepsPlace: "keepsPlace" in next,
    attempts: counts === "attempt" ? 1 : 0,
    busy: counts === "busy" ? 1 : 0,
    failure: failure ?? null,
    attempt,
    last: token,
  };
}
