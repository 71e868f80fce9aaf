// Fan-in and fan-out of cancels: for each batch or master that it is asked to look at, the next step, if one is due.
// Anyone may ask, any number of times: each step is one guarded write, and what a crash leaves half done is found by
// its `checkTime`. The batch is read before its members: the other order would miss one that is added between.

import type { Advance, BatchStore } from "../../core/batch-store.js";
import type { Departed } from "../../core/store.js";
import { batchStep } from "./advance-batch.js";
import { masterStep } from "./advance-master.js";
import type { Session } from "./session.js";
import { attempt } from "./unavailable.js";

/** What `advance` gathers while it works. */
export interface Work {
  readonly departed: Departed[];
  readonly flagged: string[];
  readonly changed: Set<string>;
  readonly queues: Set<string>;
  readonly againBatches: Set<string>;
  readonly againJobs: Set<string>;
  readonly unfinished: string[];
}

export function advanceVerb(session: Session): BatchStore["advance"] {
  const stepBatch = batchStep(session);
  const stepMaster = masterStep(session);

  return ({ batchIds, jobIds }) =>
    attempt(async (): Promise<Advance> => {
      const work: Work = {
        departed: [],
        flagged: [],
        changed: new Set(),
        queues: new Set(),
        againBatches: new Set(),
        againJobs: new Set(),
        unfinished: [],
      };
      await inLanes(batchIds, (id) => stepBatch(id, work));
      await inLanes(jobIds, (id) => stepMaster(id, work));
      const { changed, queues, againBatches, againJobs, ...lists } = work;
      const again = { batchIds: [...againBatches], jobIds: [...againJobs] };
      return { ...lists, changed: [...changed], queues: [...queues], again };
    });
}

/** A few at a time: each step waits for the store several times. */
async function inLanes(ids: readonly string[], step: (id: string) => Promise<void>): Promise<void> {
  const left = [...ids];
  const lane = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) await step(id);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, ids.length) }, lane));
}

const LANES = 8;
