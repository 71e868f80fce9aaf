// Reads what lies above claimed jobs, for the rule of `core/lineage.ts`: for a whole claim at once, after the jobs are
// held. Those that are not to run are ended before anyone sees them.

import type { Ancestor } from "../../core/batch.js";
import type { StateReason } from "../../core/job.js";
import { batchStops, cutReason, jobStops, ownBatchOf } from "../../core/lineage.js";
import type { BatchDocument } from "./batch-documents.js";
import type { JobDocument } from "./documents.js";
import { CANCELLED, leaveStages } from "./leave.js";
import { BY_ID, type Session } from "./session.js";

type Linked = Pick<JobDocument, "_id" | "batch" | "completes">;

/** Of jobs that are held under this token: those that may run, and those that were cut off, as they are after their end. */
export async function endBelow(
  session: Session,
  taken: readonly JobDocument[],
  token: string,
): Promise<{ readonly held: readonly JobDocument[]; readonly ended: readonly JobDocument[] }> {
  const cut = await cutReasons(session, taken);
  if (cut.size === 0) return { held: taken, ended: [] };
  for (const reason of new Set(cut.values())) {
    const ids = [...cut].flatMap(([id, why]) => (why === reason ? id : []));
    const { before, fields } = leaveStages({ ...CANCELLED, reason });
    // No page was called for this claim: if it is the first, the job has never started.
    fields.startTime = { $cond: [{ $eq: ["$fence", 1] }, "$$REMOVE", "$startTime"] };
    await session.jobs.updateMany(
      { _id: { $in: ids }, state: "RUNNING", "lease.token": token },
      [{ $set: before }, { $set: { ...fields, lastMark: token } }],
      BY_ID,
    );
  }
  const projection = { payload: 0, result: 0, digest: 0 } as const;
  const ended = await session.jobs.find({ _id: { $in: [...cut.keys()] }, lastMark: token }, { projection }).toArray();
  // One that was not ended here is no longer this claim's: its lease is over, or somebody else's.
  return { held: taken.filter(({ _id }) => !cut.has(_id)), ended };
}

/** Why jobs are not to run any more, by their ids; those that may are absent. */
export async function cutReasons(session: Session, jobs: readonly Linked[]): Promise<Map<string, StateReason>> {
  const links = new Map<string, Ancestor & { readonly batchId: string }>();
  for (const { _id, batch, completes } of jobs) {
    const own = ownBatchOf({
      ...(batch === undefined ? {} : { batchId: batch }),
      ...(completes === undefined ? {} : { completes }),
    });
    if (own !== undefined && "batchId" in own) links.set(_id, own);
  }
  const cut = new Map<string, StateReason>();
  if (links.size === 0) return cut;
  const own = await readBatches(
    session,
    [...links.values()].map(({ batchId }) => batchId),
  );
  const stops = await readStops(
    session,
    [...own.values()].flatMap(({ above }) => above),
  );
  for (const [id, link] of links) {
    const batch = own.get(link.batchId);
    // A draft has neither members nor a job that completes it.
    if (batch === undefined || batch.state === "DRAFT") continue;
    const reason = cutReason(link, { ...batch, state: batch.state }, stops);
    if (reason !== undefined) cut.set(id, reason);
  }
  return cut;
}

/** What lies above a batch is cancelled or has ended; its own cancel apart. */
export async function isCutAbove(session: Session, { above }: Pick<BatchDocument, "above">): Promise<boolean> {
  const stops = await readStops(session, above);
  return above.some(stops);
}

type Read = Pick<BatchDocument, "_id" | "state" | "cancel" | "above">;

async function readBatches({ batches }: Session, ids: readonly string[]): Promise<Map<string, Read>> {
  if (ids.length === 0) return new Map();
  const projection = { state: 1, cancel: 1, above: 1 } as const;
  const found = (await batches.find({ _id: { $in: [...new Set(ids)] } }, { projection }).toArray()) as Read[];
  return new Map(found.map((batch) => [batch._id, batch]));
}

async function readStops(session: Session, ancestors: readonly Ancestor[]): Promise<(ancestor: Ancestor) => boolean> {
  const jobIds = [...new Set(ancestors.flatMap((one) => ("jobId" in one ? one.jobId : [])))];
  const batchIds = ancestors.flatMap((one) => ("batchId" in one ? one.batchId : []));
  const projection = { state: 1, cancel: 1, ownEnd: 1 } as const;
  const [batches, jobs] = await Promise.all([
    readBatches(session, batchIds),
    jobIds.length === 0 ? [] : session.jobs.find({ _id: { $in: jobIds } }, { projection }).toArray(),
  ]);
  const stopped = new Set<string>();
  for (const { _id, state, cancel, ownEnd } of jobs) {
    const flagged = cancel === undefined ? {} : { cancel: { ...cancel, time: cancel.time.getTime() } };
    if (jobStops({ state, ...flagged, ...(ownEnd === undefined ? {} : { ownEnd }) })) stopped.add(_id);
  }
  return (ancestor) => {
    if ("jobId" in ancestor) return stopped.has(ancestor.jobId);
    const batch = batches.get(ancestor.batchId);
    return batch !== undefined && batchStops(ancestor, batch);
  };
}
