// Settle: what a set of ended attempts came to. Each job is guarded by its own token.

import type { Settlement } from "../../core/retry.js";
import type { SettleResult } from "../../core/store.js";
import { type Departure, LEAVING_COLUMNS, type Leaving, leaveWrite } from "./leave.js";
import type { Session } from "./session.js";

interface Held {
  readonly lease_token: string | null;
  readonly last_token: string | null;
}

export function settleVerb(session: Session): (settlements: readonly Settlement[]) => SettleResult[] {
  const { prepare, now } = session;
  const find = prepare(`
    SELECT ${LEAVING_COLUMNS}, lease_token, last_token FROM job WHERE id IN (SELECT value FROM json_each(?))`);
  const insertResult = prepare("INSERT INTO job_result (seq, result) VALUES (?, ?)");
  const leave = leaveWrite(session);

  return (settlements) => {
    const time = now();
    const rows = find.all(JSON.stringify(settlements.map(({ jobId }) => jobId))) as (Leaving & Held)[];
    const jobs = new Map(rows.map((row) => [row.id, row]));
    return settlements.map((settlement) => {
      const { jobId, token, next } = settlement;
      const job = jobs.get(jobId);
      if (job?.lease_token !== token) return job?.last_token === token ? "already" : "lost";
      leave(job, departure(settlement), time);
      if (next.state === "SUCCEEDED" && next.result.length > 0) insertResult.run(job.seq, next.result);
      return "settled";
    });
  };
}

function departure({ token, next, counts, failure, attempt }: Settlement): Departure {
  return {
    next: next.state === "SUCCEEDED" ? { state: next.state, reason: "OK" } : next,
    attempts: counts === "attempt" ? 1 : 0,
    busy: counts === "busy" ? 1 : 0,
    attempt,
    settledBy: token,
    ...(failure === undefined ? {} : { failure }),
    ...(next.state === "SUCCEEDED" ? { resultContentType: next.contentType } : {}),
  };
}
