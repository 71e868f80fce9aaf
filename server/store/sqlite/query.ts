// Get and list: jobs by id, and page by page in order of creation. Every list walks an index in its order; what an
// index does not begin with is merged from its runs, one for each state.

import { invalid } from "../../core/errors.js";
import { JOB_STATES, type Job, type JobView } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import { type JobFilter, LISTABLE, type ListRequest, type ListResult } from "../../core/store.js";
import { COLUMNS, isStorable, jobOf, type PackedRow, rowOf, stateCode } from "./codec.js";
import type { SqlValue, Statement } from "./driver.js";
import type { Session } from "./session.js";

const SELECTED: Readonly<Record<JobView, string>> = { BASIC: COLUMNS, FULL: `${COLUMNS}, payload, result` };
const JOINED: Readonly<Record<JobView, string>> = {
  BASIC: "",
  FULL: "LEFT JOIN job_payload USING (seq) LEFT JOIN job_result USING (seq)",
};

export function getVerb({ prepare }: Session): (ids: readonly string[], view: JobView) => Job[] {
  const find = (view: JobView) => prepare(`SELECT ${SELECTED[view]} FROM job ${JOINED[view]} WHERE job.id = ?`);
  const statements = { BASIC: find("BASIC"), FULL: find("FULL") };
  return (ids, view) =>
    [...new Set(ids)].flatMap((id) => {
      const row = isStorable(id) ? (statements[view].get(id) as PackedRow | undefined) : undefined;
      return row === undefined ? [] : [jobOf(rowOf(row))];
    });
}

export function listVerb(session: Session): (request: ListRequest) => ListResult {
  const { prepare } = session;
  const get = getVerb(session);
  const statements = new Map<string, Statement>();

  /** Whole, one after the other, until they are too much for one page. */
  const whole = (jobs: readonly Job[]): Job[] => {
    const page: Job[] = [];
    let bytes = 0;
    for (const { id } of jobs) {
      const [job] = get([id], "FULL") as [Job];
      bytes += job.payload.length + (job.result?.length ?? 0);
      if (page.length > 0 && bytes > limits.listedBytes) break;
      page.push(job);
    }
    return page;
  };

  return (request) => {
    const filter = Object.values(request.filter);
    if (!filter.every(isStorable)) return { jobs: [], more: false };
    const plan = planOf(request);
    let statement = statements.get(plan.sql);
    if (statement === undefined) {
      statement = prepare(plan.sql);
      statements.set(plan.sql, statement);
    }
    const found = (statement.all(...plan.values) as PackedRow[]).map((row) => jobOf(rowOf(row)));
    const listed = found.slice(0, request.limit);
    const jobs = request.view === "FULL" ? whole(listed) : listed;
    return { jobs, more: jobs.length < found.length };
  };
}

interface Plan {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** A stretch of an index that is in order of creation. */
interface Run {
  readonly table: string;
  readonly where: string;
  readonly values: readonly SqlValue[];
}

/** One more than is asked for tells whether there is more. */
function planOf({ filter, limit, oldestFirst, after }: ListRequest): Plan {
  const order = oldestFirst ? "ASC" : "DESC";
  const runs = runsOf(filter);
  const beyond = after === undefined ? "" : `AND (create_time, id) ${oldestFirst ? ">" : "<"} (?, ?)`;
  const pages = runs.map(
    ({ table, where }) =>
      `SELECT * FROM (SELECT create_time, id FROM ${table} WHERE ${where} ${beyond}
        ORDER BY create_time ${order}, id ${order} LIMIT ?)`,
  );
  const sql = `
    SELECT ${SELECTED.BASIC} FROM (${pages.join(" UNION ALL ")} ORDER BY create_time ${order}, id ${order} LIMIT ?) AS page
      JOIN job ON job.id = page.id
    ORDER BY page.create_time ${order}, page.id ${order}`;
  const bounds: readonly SqlValue[] = [...(after === undefined ? [] : [after.createTime, after.id]), limit + 1];
  return { sql, values: [...runs.flatMap(({ values }) => [...values, ...bounds]), limit + 1] };
}

function runsOf(filter: JobFilter): readonly Run[] {
  const { state, queue, kind, label, batch, parent } = filter;
  const given = (Object.keys(filter) as (keyof JobFilter)[]).filter((key) => filter[key] !== undefined);
  if (!LISTABLE.some((keys) => keys.length === given.length && keys.every((key) => given.includes(key)))) {
    throw invalid([{ field: "filter", description: `cannot be ${given.join(" and ")} together` }]);
  }
  if (label !== undefined) return [{ table: "job_label", where: "label = ?", values: [label] }];
  if (batch !== undefined) return [{ table: "job INDEXED BY job_by_batch", where: "batch = ?", values: [batch] }];
  if (parent !== undefined) return [{ table: "job INDEXED BY job_by_parent", where: "parent = ?", values: [parent] }];
  if (kind !== undefined) return [{ table: "job INDEXED BY job_by_kind", where: "kind = ?", values: [kind] }];
  const states = state === undefined ? JOB_STATES : [state];
  return states.map((each) =>
    queue === undefined
      ? { table: "job INDEXED BY job_by_state", where: "state = ?", values: [stateCode(each)] }
      : { table: "job INDEXED BY job_by_queue", where: "queue = ? AND state = ?", values: [queue, stateCode(each)] },
  );
}
