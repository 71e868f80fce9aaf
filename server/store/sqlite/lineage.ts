// Whether what lies above a job still lets it run: its batch, and the jobs and batches above that. This is what makes
// the cancel of a whole tree one write at its top. An `on_complete` job heeds only a cancel of its own.

import { type Ancestor, type Batch, cutsBelow } from "../../core/batch.js";
import type { Job, JobState } from "../../core/job.js";
import { type BatchRow, batchOf } from "./batch-codec.js";
import { type JobRow, stateOf } from "./codec.js";
import type { Session } from "./session.js";

/** For one claim or one look: what it has read of batches and masters is not read again. */
export interface Lineage {
  /** What lies above this job is cancelled or has ended. */
  readonly isCut: (job: Pick<Job, "batchId">) => boolean;
  /** The same for the members of this batch, its own cancel apart. */
  readonly isCutAbove: (batch: Pick<Batch, "above">) => boolean;
}

export function lineageReader({ prepare }: Session): () => Lineage {
  const findBatch = prepare("SELECT * FROM batch WHERE id = ?");
  const findJob = prepare("SELECT state, cancel, own_end FROM job WHERE id = ?");

  function jobCuts(id: string): boolean {
    const row = findJob.get(id) as Pick<JobRow, "state" | "cancel" | "own_end"> | undefined;
    // Only a master that is stored after its batches is not there while they have live members.
    if (row === undefined) return false;
    const state: JobState = stateOf(row);
    return cutsBelow({
      state,
      ...(row.cancel === null ? {} : { cancel: JSON.parse(row.cancel) }),
      ...(row.own_end === null ? {} : { ownEnd: JSON.parse(row.own_end) }),
    });
  }

  function batchFlagged(id: string): boolean {
    const row = findBatch.get(id) as BatchRow | undefined;
    return row !== undefined && row.cancel !== null;
  }

  return () => {
    const batches = new Map<string, boolean>();
    const jobs = new Map<string, boolean>();
    const flagged = new Map<string, boolean>();
    const cuts = (ancestor: Ancestor): boolean =>
      "jobId" in ancestor
        ? remembered(jobs, ancestor.jobId, jobCuts)
        : remembered(flagged, ancestor.batchId, batchFlagged);
    const batchCuts = (id: string): boolean => {
      const row = findBatch.get(id) as BatchRow | undefined;
      if (row === undefined) return false;
      const { cancel, above } = batchOf(row);
      return cancel !== undefined || above.some(cuts);
    };
    return {
      isCut: ({ batchId }) => batchId !== undefined && remembered(batches, batchId, batchCuts),
      isCutAbove: ({ above }) => above.some(cuts),
    };
  };
}

function remembered<T>(known: Map<string, T>, id: string, find: (id: string) => T): T {
  const found = known.get(id);
  if (found !== undefined) return found;
  const value = find(id);
  known.set(id, value);
  return value;
}
