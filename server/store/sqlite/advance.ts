// Fan-in and fan-out of cancels: for each batch or master that it is asked to look at, the next step, if one is due.
// Anyone may ask, any number of times. "Is any live member left?" is asked of the index; nothing is counted on the way.

import { type AdvanceWork, advanceOf, newWork } from "../../core/advance-work.js";
import type { Advance, Checks } from "../../core/batch-store.js";
import { limits } from "../../core/limits.js";
import { batchStep } from "./advance-batch.js";
import { masterStep } from "./advance-master.js";
import { type BatchRow, batchOf } from "./batch-codec.js";
import type { Session } from "./session.js";

export function advanceVerb(session: Session): (checks: Checks) => Advance {
  const { prepare, now } = session;
  const find = prepare("SELECT * FROM batch WHERE id = ?");
  const checkLater = prepare("UPDATE batch SET check_time = ?2 WHERE id = ?1");
  const stepBatch = batchStep(session);
  const stepMaster = masterStep(session);

  function lookAtBatch(id: string, work: AdvanceWork): void {
    const row = find.get(id) as BatchRow | undefined;
    // A batch that has ended and told its master has no check to come.
    if (row === undefined || row.check_time === null) return;
    const time = now();
    // The older the last change, the longer the wait.
    const wait = Math.min(limits.batchCheckMaxMs, Math.max(limits.batchCheckMs, (time - row.update_time) / 10));
    checkLater.run(id, time + Math.round(wait));
    stepBatch(batchOf(row), row.append_time, work);
  }

  return ({ batchIds, jobIds }) => {
    const work = newWork();
    // One transaction holds the thread: what comes after a set of writes waits for the next.
    const isFull = () => work.departed.length + work.flagged.length >= limits.setSize;
    for (const id of batchIds) {
      if (isFull()) work.againBatches.add(id);
      else lookAtBatch(id, work);
    }
    for (const id of jobIds) {
      if (isFull()) work.againJobs.add(id);
      else stepMaster(id, work);
    }
    return advanceOf(work);
  };
}
