// Whether what lies above a claimed job still lets it run. Asked for a whole claim at once, after the jobs are held:
// those under something cancelled or ended are ended before anyone sees them. This is what makes the cancel of a whole
// tree one write at its top. An `on_complete` job heeds only a cancel of its own.

import { cutsBelow, isBatchTerminal } from "../../core/batch.js";
import type { BatchDocument } from "./batch-documents.js";
import type { JobDocument } from "./documents.js";
import { leaveStages, NO_COUNT } from "./leave.js";
import { type Session, WRITE_CONCERN } from "./session.js";

const { before, fields } = leaveStages({ state: "CANCELLED", reason: "PARENT_ENDED", delayMs: 0, ...NO_COUNT });

/** The same jobs, those cut off as they are after their end. */
export async function endBelow(session: Session, taken: readonly JobDocument[], token: string): Promise<JobDocument[]> {
  const cut = await cutBatches(session, taken);
  const held = taken.filter(({ batch, state }) => state === "RUNNING" && batch !== undefined && cut.has(batch));
  if (held.length === 0) return [...taken];
  const ids = { $in: held.map(({ _id }) => _id) };
  const pipeline = [{ $set: before }, { $set: { ...fields, lastMark: token } }];
  await session.jobs.updateMany({ _id: ids, state: "RUNNING", "lease.token": token }, pipeline, {
    writeConcern: WRITE_CONCERN,
  });
  const ended = await session.jobs.find({ _id: ids }, { projection: { payload: 0, result: 0, digest: 0 } }).toArray();
  const now = new Map(ended.map((job) => [job._id, job]));
  return taken.map((job) => now.get(job._id) ?? job);
}

type Above = Pick<BatchDocument, "_id" | "state" | "cancel" | "above">;

/** Ids of the jobs' batches whose members are not to run any more. */
export async function cutBatches(
  { jobs, batches }: Session,
  taken: readonly Pick<JobDocument, "batch">[],
): Promise<Set<string>> {
  const ids = [...new Set(taken.flatMap(({ batch }) => batch ?? []))];
  if (ids.length === 0) return new Set();
  const projection = { state: 1, cancel: 1, above: 1 } as const;
  const own = (await batches.find({ _id: { $in: ids } }, { projection }).toArray()) as Above[];
  const ancestors = own.flatMap(({ above }) => above);
  const batchIds = [...new Set(ancestors.flatMap((one) => ("batchId" in one ? one.batchId : [])))];
  const jobIds = [...new Set(ancestors.flatMap((one) => ("jobId" in one ? one.jobId : [])))];
  const [batchesAbove, jobsAbove] = await Promise.all([
    batchIds.length === 0 ? [] : batches.find({ _id: { $in: batchIds } }, { projection }).toArray(),
    jobIds.length === 0
      ? []
      : jobs.find({ _id: { $in: jobIds } }, { projection: { state: 1, cancel: 1, ownEnd: 1 } }).toArray(),
  ]);
  const stopped = new Set(batchesAbove.filter(({ cancel }) => cancel !== undefined).map(({ _id }) => _id));
  for (const { _id, state, cancel, ownEnd } of jobsAbove) {
    const flagged = cancel === undefined ? {} : { cancel: { ...cancel, time: cancel.time.getTime() } };
    if (cutsBelow({ state, ...flagged, ...(ownEnd === undefined ? {} : { ownEnd }) })) stopped.add(_id);
  }
  const cuts = ({ state, cancel, above }: Above): boolean =>
    cancel !== undefined ||
    (state !== "DRAFT" && isBatchTerminal(state)) ||
    above.some((one) => stopped.has("jobId" in one ? one.jobId : one.batchId));
  return new Set(own.filter(cuts).map(({ _id }) => _id));
}
