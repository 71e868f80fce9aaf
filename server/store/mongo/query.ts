// Reading jobs: by id, and in lists. A list runs on an index from its first job to its last; those without a state
// merge the runs of the index that begins with one.

import type { Filter } from "mongodb";
import { DroverError } from "../../core/errors.js";
import { JOB_STATES, type Job, type JobView } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import { type JobFilter, LISTABLE, type ListRequest, type ListResult } from "../../core/store.js";
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

export function listVerb(session: Session): (request: ListRequest) => Promise<ListResult> {
  const { jobs } = session;
  const get = getVerb(session);

  /** As many as one page holds, by their sizes. */
  async function fitting(listed: readonly Job[]): Promise<string[]> {
    const ids = listed.map(({ id }) => id);
    const bytes = {
      $add: [{ $binarySize: { $ifNull: ["$payload", ""] } }, { $binarySize: { $ifNull: ["$result", ""] } }],
    };
    const sizes = await jobs.find<Sized>({ _id: { $in: ids } }, { projection: { bytes } }).toArray();
    const bytesOf = new Map(sizes.map((job) => [job._id, job.bytes]));
    const page: string[] = [];
    let left: number = limits.listedBytes;
    for (const id of ids) {
      left -= bytesOf.get(id) ?? 0;
      if (page.length > 0 && left < 0) break;
      page.push(id);
    }
    return page;
  }

  return async function list(request): Promise<ListResult> {
    const { filter, limit, oldestFirst, after, view } = request;
    const direction = oldestFirst ? 1 : -1;
    const matches = { ...matching(filter), ...behind(after, oldestFirst) } as Filter<JobDocument>;
    const found = await attempt(() =>
      jobs
        .find(matches, {
          projection: projection("BASIC"),
          sort: { createTime: direction, _id: direction },
          hint: indexFor(filter),
          // One more tells whether there is more.
          limit: limit + 1,
        })
        .toArray(),
    );
    const listed = found.slice(0, limit).map(jobOf);
    if (view === "BASIC") return { jobs: listed, more: listed.length < found.length };
    const page = await attempt(() => fitting(listed));
    const full = new Map((await get(page, "FULL")).map((job) => [job.id, job]));
    // What was deleted meanwhile is not there.
    const whole = page.flatMap((id) => full.get(id) ?? []);
    const more = page.length < found.length;
    const last = listed[page.length - 1];
    if (whole.length > 0 || !more || last === undefined) return { jobs: whole, more };
    return list({ ...request, after: { createTime: last.createTime, id: last.id } });
  };
}

interface Sized {
  readonly _id: string;
  readonly bytes: number;
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
