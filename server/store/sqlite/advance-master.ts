// The next step of one master that waits for its batches: see `advance.ts`.

import type { AdvanceWork } from "../../core/advance-work.js";
import { type Batch, isBatchTerminal, isWaitedFor, masterEnd } from "../../core/batch.js";
import type { OwnEnd } from "../../core/job.js";
import { type BatchRow, batchOf } from "./batch-codec.js";
import { flagWrite, sealWrite } from "./batches.js";
import { COLUMNS, jobOf, type PackedRow, rowOf, stateCode } from "./codec.js";
import { departed, expiry } from "./leave.js";
import { lineageReader } from "./lineage.js";
import type { Session } from "./session.js";

/** A WAITING master: closes its batches by its own end, and ends when all have ended. */
export function masterStep(session: Session): (id: string, work: AdvanceWork) => void {
  const { prepare, now } = session;
  const findJob = prepare(`SELECT ${COLUMNS} FROM job WHERE id = ?`);
  const findBatches = prepare("SELECT * FROM batch WHERE id IN (SELECT value FROM json_each(?))");
  const end = prepare(`
    UPDATE job SET state = ?2, state_reason = ?3, own_end = NULL, check_time = NULL, finish_time = ?4, expire_time = ?5,
      update_time = ?4, revision = revision + 1
    WHERE seq = ?1`);
  const lineage = lineageReader(session);
  const waitOn = prepare("UPDATE job SET check_time = NULL WHERE seq = ?");
  const seal = sealWrite(session);
  const flag = flagWrite(session);

  return (id, work) => {
    const packed = findJob.get(id) as PackedRow | undefined;
    if (packed === undefined) return;
    const row = rowOf(packed);
    const job = jobOf(row);
    const own = job.ownEnd;
    if (job.state !== "WAITING" || own === undefined) return;
    const batches = (findBatches.all(JSON.stringify(job.batchIds)) as BatchRow[]).map(batchOf);
    for (const batch of batches) closeBy(own, batch, work);
    const waitedFor = batches.filter((batch) => isWaitedFor(batch, own));
    if (!waitedFor.every(({ state }) => isBatchTerminal(state))) {
      // From now on the end of each batch tells.
      waitOn.run(row.seq);
      return;
    }
    const { state, reason } = masterEnd(
      own.state === "SUCCEEDED" && lineage().cut(job) !== undefined ? CUT_OFF : own,
      waitedFor,
    );
    const time = now();
    end.run(row.seq, stateCode(state), reason, time, expiry(row, state, time));
    work.departed.push(departed(row, state));
  };

  /** A batch that was left open is sealed for a master that succeeded, and goes down with one that did not. */
  function closeBy(own: OwnEnd, batch: Batch, work: AdvanceWork): void {
    if (isBatchTerminal(batch.state)) return;
    let now = batch;
    if (own.state !== "SUCCEEDED" && batch.parentClosePolicy === "CANCEL") {
      now = flag(batch, "PARENT_ENDED", `its master ended ${own.state}`);
    } else if (batch.state === "OPEN" && batch.cancel === undefined && own.state === "SUCCEEDED") now = seal(batch.id);
    if (now === batch) return;
    work.changed.add(batch.id);
    work.againBatches.add(batch.id);
  }
}

/** A master that would have gone on, below something that was cancelled. */
const CUT_OFF: OwnEnd = { state: "CANCELLED", reason: "PARENT_ENDED" };
