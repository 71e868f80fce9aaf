// Cancel of one job, by whoever asks for it, and purge of what waits in a queue.

import type { Job, OwnEnd, StateReason } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import type { Departed, Round } from "../../core/store.js";
import { COLUMNS, type JobRow, jobOf, type PackedRow, rowOf, stateCode, stateOf } from "./codec.js";
import { departed, LEAVING_COLUMNS, type Leaving, leaveWrite } from "./leave.js";
import type { Session } from "./session.js";

/** What a cancel did. `turned`: a master that waits will end so, after its batches. */
export type Cancelled =
  | { readonly kind: "departed"; readonly departed: Departed }
  | { readonly kind: "flagged" | "turned" | "nothing" };

/** The rule for every cancel of a job: PENDING ends, RUNNING is asked to, WAITING is turned, what has ended stays. */
export function cancelWrite(
  session: Session,
): (row: JobRow, why: { readonly reason: string; readonly ends: StateReason; readonly graceMs: number }) => Cancelled {
  const { prepare, now, due } = session;
  const flag = prepare(`
    UPDATE job SET cancel = ifnull(cancel, ?2), available_time = ?3, update_time = ?4, revision = revision + 1
    WHERE seq = ?1`);
  const turn = prepare(`
    UPDATE job SET own_end = ?2, check_time = ?3, update_time = ?4, revision = revision + 1 WHERE seq = ?1`);
  const leave = leaveWrite(session);

  return (row, { reason, ends, graceMs }) => {
    const time = now();
    const end = { state: "CANCELLED", reason: ends } as const satisfies OwnEnd;
    switch (stateOf(row)) {
      case "PENDING":
        return { kind: "departed", departed: departed(row, leave(row, { next: end }, time)) };
      case "RUNNING": {
        const until = row.available_time ?? time;
        const newUntil = row.lease_accepted === 1 ? Math.min(until, time + graceMs) : until;
        // Asked again, with nothing to add: it stays as it is.
        if (row.cancel !== null && newUntil === until) return { kind: "nothing" };
        flag.run(row.seq, JSON.stringify({ reason, time }), newUntil, time);
        due.note(row.queue, row.rank, newUntil);
        return { kind: "flagged" };
      }
      case "WAITING":
        // A first bad end stays, whatever it was.
        if (jobOf(row).ownEnd?.state !== "SUCCEEDED") return { kind: "nothing" };
        turn.run(row.seq, JSON.stringify(end), time, time);
        return { kind: "turned" };
      default:
        return { kind: "nothing" };
    }
  };
}

export function cancelVerb(session: Session): (id: string, reason: string, graceMs: number) => Job | undefined {
  const find = session.prepare(`SELECT ${COLUMNS} FROM job WHERE id = ?`);
  const cancel = cancelWrite(session);
  return (id, reason, graceMs) => {
    const found = find.get(id) as PackedRow | undefined;
    if (found === undefined) return undefined;
    cancel(rowOf(found), { reason, ends: "CANCELLED", graceMs });
    return jobOf(rowOf(find.get(id) as PackedRow));
  };
}

/** Of a batch that is cancelled: at most `limits.setSize` members in each state; true if there may be more. */
export function cancelMembersWrite(
  session: Session,
): (
  batchId: string,
  reason: string,
  ends: StateReason,
) => { readonly done: readonly [string, Cancelled][]; more: boolean } {
  const { prepare } = session;
  const members = (state: Job["state"], more: string) =>
    prepare(`
      SELECT ${COLUMNS} FROM job INDEXED BY job_by_batch_state
      WHERE batch = ? AND state = ${stateCode(state)} ${more} LIMIT ?`);
  const kinds = [
    members("PENDING", ""),
    members("RUNNING", "AND cancel IS NULL"),
    members("WAITING", "AND own_end ->> 'state' = 'SUCCEEDED'"),
  ];
  const cancel = cancelWrite(session);
  return (batchId, reason, ends) => {
    const rows = kinds.flatMap((statement) => statement.all(batchId, limits.setSize) as PackedRow[]).map(rowOf);
    const why = { reason, ends, graceMs: limits.cancelGraceMs };
    return { done: rows.map((row) => [row.id, cancel(row, why)]), more: rows.length > 0 };
  };
}

export function purgeVerb(session: Session): (queue: string, limit: number) => Round<Departed[]> {
  const { prepare, now } = session;
  const pending = prepare(`
    SELECT ${LEAVING_COLUMNS} FROM job INDEXED BY job_by_queue
    WHERE queue = ? AND state = ${stateCode("PENDING")} ORDER BY create_time, id LIMIT ?`);
  const leave = leaveWrite(session);
  const next = { state: "CANCELLED", reason: "CANCELLED" } as const;

  return (queue, limit) => {
    const time = now();
    const found = pending.all(queue, limit) as Leaving[];
    return { done: found.map((row) => departed(row, leave(row, { next }, time))), more: found.length === limit };
  };
}
