// Reading jobs: by id, and in lists. A list runs on an index from its first job to its last; those without a state
// merge the runs of the index that begins with one.

import type { Filter } from "mongodb";
import { DroverError } from "../../core/errors.js";
import { JOB_STATES, type Job, type JobView } from "../../core/job.js";
import { type JobFilter, LISTABLE, type ListRequest } from "../../core/store.js";
import { type JobDocument, jobOf } from "./documents.js";
import type { Session } from "./session.js";
import { attempt } from "./unavailable.js";

const ANY_STATE = { $in: [...JOB_STATES] };

function projection(view: JobView): Record<string, 0> {
  return view === "FULL" ? { digest: 0 } : { digest: 0, payload: 0, result: 0 };
}

export function getVerb({ jobs }: Session): (ids: readonly string[], view: JobView) => Promise<Job[]> {
  return (ids, view) =>
    attempt(async () => {
      const found = jobs.find(
        { _id: { $in: [...ids] } },
        { projection: projection(view), readConcern: { level: "majority" } },
      );
      return (await found.toArray()).map(jobOf);
    });
}

export function listVerb({ jobs }: Session): (request: ListRequest) => Promise<Job[]> {
  return ({ filter, limit, oldestFirst, after, view }) =>
    attempt(async () => {
      const direction = oldestFirst ? 1 : -1;
      const found = jobs.find({ ...matching(filter), ...behind(after, oldestFirst) } as Filter<JobDocument>, {
        projection: projection(view),
        sort: { createTime: direction, _id: direction },
        hint: indexFor(filter),
        limit,
      });
      return (await found.toArray()).map(jobOf);
    });
}

function matching({ queue, state, kind, label, batch, parent }: JobFilter): Filter<JobDocument> {
  if (batch !== undefined) return { batch };
  if (parent !== undefined) return { parent };
  if (kind !== undefined) return { kind };
  if (label !== undefined) return { labels: label };
  return { ...(queue === undefined ? {} : { queue }), state: state ?? ANY_STATE } as Filter<JobDocument>;
}

export function behind(after: ListRequest["after"], oldestFirst: boolean): Filter<JobDocument> {
  if (after === undefined) return {};
  const createTime = new Date(after.createTime);
  const [beyond, from] = oldestFirst ? (["$gt", "$gte"] as const) : (["$lt", "$lte"] as const);
  // The first condition bounds the scan of the index, the second passes over those of the same instant.
  return {
    createTime: { [from]: createTime },
    $or: [{ createTime: { [beyond]: createTime } }, { _id: { [beyond]: after.id } }],
  } as Filter<JobDocument>;
}

function indexFor(filter: JobFilter): string {
  const given = Object.keys(filter).sort();
  if (!LISTABLE.some((set) => set.length === given.length && set.every((name) => given.includes(name)))) {
    throw new DroverError("INVALID_ARGUMENT", `no index for filters by ${given.join(" and ")}`);
  }
  if (filter.batch !== undefined) return "byBatch";
  if (filter.parent !== undefined) return "byParent";
  if (filter.kind !== undefined) return "byKind";
  if (filter.label !== undefined) return "byLabel";
  return filter.queue === undefined ? "byState" : "byQueue";
}
