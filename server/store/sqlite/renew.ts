// Renew and report: a holder keeps its lease, shows how far it is, or hands the lease to its page.
// A lease that is merely renewed does not raise the revision: nobody who watches would see more than its new end.

import type { Progress } from "../../core/attempt.js";
import type { Holding, RenewResult, Report, ReportResult } from "../../core/store.js";
import type { JobRow } from "./codec.js";
import type { Session } from "./session.js";

export function renewVerb({
  prepare,
  now,
  due,
}: Session): (holdings: readonly Holding[], leaseMs: number) => RenewResult {
  // An accepted job is its page's to renew: it may become one while its server's renewal is on the way.
  const renew = prepare(`
    UPDATE job SET available_time = iif(lease_accepted, available_time, ?3) WHERE id = ?1 AND lease_token = ?2
    RETURNING queue, rank, cancel`);

  return (holdings, leaseMs) => {
    const expireTime = now() + leaseMs;
    const lost: string[] = [];
    const cancelled: { jobId: string; reason: string }[] = [];
    for (const { jobId, token } of holdings) {
      const row = renew.get(jobId, token, expireTime) as Pick<JobRow, "queue" | "rank" | "cancel"> | undefined;
      if (row === undefined) {
        lost.push(jobId);
        continue;
      }
      due.note(row.queue, row.rank, expireTime);
      if (row.cancel !== null) cancelled.push({ jobId, reason: (JSON.parse(row.cancel) as { reason: string }).reason });
    }
    return { lost, cancelled };
  };
}

export function reportVerb({ prepare, now, due }: Session): (reports: readonly Report[]) => ReportResult[] {
  const report = prepare(`
    UPDATE job SET available_time = iif(lease_accepted AND cancel IS NOT NULL, available_time, ?3),
      lease_accepted = max(lease_accepted, ?4), progress = ifnull(?5, progress), revision = revision + ?6,
      update_time = iif(?6, ?7, update_time)
    WHERE id = ?1 AND lease_token = ?2
    RETURNING queue, rank, available_time, cancel IS NOT NULL AS flagged`);
  const lastToken = prepare("SELECT last_token FROM job WHERE id = ?");

  return (reports) => {
    const time = now();
    return reports.map(({ jobId, token, progress, accept, leaseMs }) => {
      const shown =
        progress === undefined ? null : JSON.stringify({ ...progress, updateTime: time } satisfies Progress);
      const changes = shown !== null || accept === true ? 1 : 0;
      const row = report.get(jobId, token, time + leaseMs, accept === true ? 1 : 0, shown, changes, time) as
        | { readonly queue: string; readonly rank: number; readonly available_time: number; readonly flagged: number }
        | undefined;
      if (row === undefined) {
        const last = lastToken.get(jobId) as { readonly last_token: string | null } | undefined;
        return { kind: last?.last_token === token ? "settled" : "lost" };
      }
      due.note(row.queue, row.rank, row.available_time);
      return { kind: "held", cancelRequested: row.flagged === 1, leaseExpireTime: row.available_time };
    });
  };
}
