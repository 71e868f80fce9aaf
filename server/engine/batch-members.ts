// What is made of a batch and its members on the way in: the id and place of a member, the id of an `on_complete` job.

import type { Batch, BatchSpec, NewBatch } from "../core/batch.js";
import type { NewJob } from "../core/job.js";
import { derivedId } from "./derived-id.js";

/** The settings of a new batch, with the id that its `on_complete` job will have. */
export function withOnCompleteId(spec: BatchSpec, batchId: string): BatchSpec & Pick<NewBatch, "onCompleteJobId"> {
  return spec.onComplete === undefined ? spec : { ...spec, onCompleteJobId: derivedId("onComplete", batchId) };
}

/** A job as a member: its id is derived from the batch and its own key, or from the chunk and its place there. */
export function memberOf(batch: Batch, chunkKey: string, job: NewJob, place: number): NewJob {
  const { childKey } = job;
  const id = childKey === undefined ? [batch.id, chunkKey, place] : [batch.id, childKey];
  return {
    ...job,
    id: derivedId("member", ...id),
    batchId: batch.id,
    depth: batch.depth,
    ...(batch.parentJobId === undefined ? {} : { parentJobId: batch.parentJobId }),
    ...(batch.rootJobId === undefined ? {} : { rootJobId: batch.rootJobId }),
  };
}
