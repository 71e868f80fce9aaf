// Fan-in and fan-out of cancels: for each batch or master that it is asked to look at, the next step, if one is due.
// Anyone may ask, any number of times: each step is one guarded write, and what a crash leaves half done is found by
// its `checkTime`. The batch is read before its members: the other order would miss one that is added between.

import { advanceOf, newWork } from "../../core/advance-work.js";
import type { Advance, BatchStore } from "../../core/batch-store.js";
import { limits } from "../../core/limits.js";
import { batchStep } from "./advance-batch.js";
import { masterStep } from "./advance-master.js";
import type { BatchDocument } from "./batch-documents.js";
import { BY_ID, type Session } from "./session.js";
import { attempt } from "./unavailable.js";

export function advanceVerb(session: Session): BatchStore["advance"] {
  const stepBatch = batchStep(session);
  const stepMaster = masterStep(session);

  return ({ batchIds, jobIds }) =>
    attempt(async (): Promise<Advance> => {
      const work = newWork();
      await inLanes(await toLookAt(session, batchIds), (batch) => stepBatch(batch, work));
      await inLanes(jobIds, (id) => stepMaster(id, work));
      return advanceOf(work);
    });
}

/** The batches that are to be looked at at all; for the whole set the next look is put off. */
async function toLookAt({ batches }: Session, ids: readonly string[]): Promise<BatchDocument[]> {
  if (ids.length === 0) return [];
  // A batch that has ended and told its master has no check to come. The older the last change, the longer the wait.
  const which = { _id: { $in: [...ids] }, checkTime: { $exists: true } };
  const age = { $divide: [{ $subtract: ["$$NOW", "$updateTime"] }, 10] };
  const wait = { $min: [limits.batchCheckMaxMs, { $max: [limits.batchCheckMs, age] }] };
  await batches.updateMany(which, [{ $set: { checkTime: { $add: ["$$NOW", { $round: [wait, 0] }] } } }], BY_ID);
  return batches.find(which, { hint: "_id_" }).toArray();
}

/** A few at a time: each step waits for the store several times. */
async function inLanes<T>(all: readonly T[], step: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const lane = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await step(one);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, all.length) }, lane));
}

const LANES = 8;
