// Cancel of one job, and purge of what waits in a queue.

import type { Job } from "../../core/job.js";
import { COLUMNS, type JobRow, jobOf, type PackedRow, rowOf, stateCode, stateOf } from "./codec.js";
import { LEAVING_COLUMNS, type Leaving, leaveWrite } from "./leave.js";
import type { Session } from "./session.js";

const CANCELLED = { next: { state: "CANCELLED", reason: "CANCELLED" } } as const;

export function cancelVerb(session: Session): (id: string, reason: string, graceMs: number) => Job | undefined {
  const { prepare, now, due } = session;
  const find = prepare(`SELECT ${COLUMNS} FROM job WHERE id = ?`);
  const flag = prepare(`
    UPDATE job SET cancel = ifnull(cancel, ?2), available_time = ?3, update_time = ?4, revision = revision + 1
    WHERE seq = ?1`);
  const leave = leaveWrite(session);

  return (id, reason, graceMs) => {
    const found = find.get(id) as PackedRow | undefined;
    if (found === undefined) return undefined;
    const row = rowOf(found);
    const state = stateOf(row);
    const time = now();
    if (state === "PENDING") leave(row, CANCELLED, time);
    else if (state === "RUNNING") {
      const end = row.available_time ?? time;
      const newEnd = row.lease_accepted === 1 ? Math.min(end, time + graceMs) : end;
      // Asked again, with nothing to add: it stays as it is.
      if (row.cancel !== null && newEnd === end) return jobOf(row);
      flag.run(row.seq, JSON.stringify({ reason, time }), newEnd, time);
      due.note(row.queue, row.rank, newEnd);
    } else return jobOf(row);
    return jobOf(rowOf(find.get(id) as PackedRow));
  };
}

export function purgeVerb(session: Session): (queue: string, limit: number) => string[] {
  const { prepare, now } = session;
  const pending = prepare(`
    SELECT ${LEAVING_COLUMNS}, id FROM job INDEXED BY job_by_queue
    WHERE queue = ? AND state = ${stateCode("PENDING")} ORDER BY create_time, id LIMIT ?`);
  const leave = leaveWrite(session);

  return (queue, limit) => {
    const time = now();
    return (pending.all(queue, limit) as (Leaving & Pick<JobRow, "id">)[]).map((row) => {
      leave(row, CANCELLED, time);
      return row.id;
    });
  };
}
