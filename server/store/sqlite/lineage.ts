// Reads what lies above a job, for the rule of `core/lineage.ts`.

import type { Ancestor, Batch } from "../../core/batch.js";
import type { Job, StateReason } from "../../core/job.js";
import { batchStops, cutReason, jobStops, ownBatchOf } from "../../core/lineage.js";
import { type BatchRow, batchOf } from "./batch-codec.js";
import { type JobRow, stateOf } from "./codec.js";
import type { Session } from "./session.js";

/** For one claim or one look: what it has read of batches and masters is not read again. */
export interface LineageReader {
  /** Why this job is not to run any more; undefined while it may. */
  readonly cut: (job: Pick<Job, "batchId" | "completes">) => StateReason | undefined;
  /** What lies above this batch is cancelled or has ended; its own cancel apart. */
  readonly isCutAbove: (batch: Pick<Batch, "above">) => boolean;
}

export function lineageReader({ prepare }: Session): () => LineageReader {
  const findBatch = prepare("SELECT * FROM batch WHERE id = ?");
  const findJob = prepare("SELECT state, cancel, own_end FROM job WHERE id = ?");

  function readBatch(id: string): Batch | undefined {
    const row = findBatch.get(id) as BatchRow | undefined;
    return row === undefined ? undefined : batchOf(row);
  }

  function readStops(id: string): boolean {
    const row = findJob.get(id) as Pick<JobRow, "state" | "cancel" | "own_end"> | undefined;
    // Only a master that is stored after its batches is not there while they have live members.
    if (row === undefined) return false;
    return jobStops({
      state: stateOf(row),
      ...(row.cancel === null ? {} : { cancel: JSON.parse(row.cancel) }),
      ...(row.own_end === null ? {} : { ownEnd: JSON.parse(row.own_end) }),
    });
  }

  return () => {
    const batches = new Map<string, Batch | undefined>();
    const jobs = new Map<string, boolean>();
    const batch = (id: string) => remembered(batches, id, readBatch);
    const stops = (ancestor: Ancestor): boolean => {
      if ("jobId" in ancestor) return remembered(jobs, ancestor.jobId, readStops);
      const found = batch(ancestor.batchId);
      return found !== undefined && batchStops(ancestor, found);
    };
    return {
      cut: (job) => {
        const own = ownBatchOf(job);
        const found = own === undefined || "jobId" in own ? undefined : batch(own.batchId);
        return own === undefined || found === undefined ? undefined : cutReason(own, found, stops);
      },
      isCutAbove: ({ above }) => above.some(stops),
    };
  };
}

function remembered<T>(known: Map<string, T>, id: string, find: (id: string) => T): T {
  if (!known.has(id)) known.set(id, find(id));
  return known.get(id) as T;
}
