// What an app does with jobs that are stored: read, list, cancel, retry.

import { invalid, notFound } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import { isTerminal, type Job } from "../core/job.js";
import { limits } from "../core/limits.js";
import { shortText } from "../core/short-text.js";
import { type JobFilter, type JobStore, LISTABLE, type ListCursor } from "../core/store.js";
import { hasControl } from "../core/submission.js";
import type { JobControl, ListQuery } from "./api.js";
import type { FanIn } from "./fan-in.js";
import { badPageToken, decodePageToken, encodePageToken, pageSizeOf } from "./page-token.js";
import type { Retries } from "./retries.js";

export interface StoredJobsOptions {
  readonly store: JobStore;
  readonly feed: Feed;
  readonly fanIn: Pick<FanIn, "departed" | "touch">;
  readonly retries: Retries;
}

export class StoredJobs implements JobControl {
  readonly #store: JobStore;
  readonly #feed: Feed;

  readonly #fanIn: Pick<FanIn, "departed" | "touch">;
  readonly #retries: Retries;

  constructor(options: StoredJobsOptions) {
    this.#store = options.store;
    this.#feed = options.feed;
    this.#fanIn = options.fanIn;
    this.#retries = options.retries;
  }

  async get(id: string): Promise<Job> {
    checkId(id);
    const [job] = await this.#store.get([id], "FULL");
    if (job === undefined) throw notFound("job", id);
    return job;
  }

  async list(query: ListQuery): Promise<{ jobs: readonly Job[]; nextPageToken: string }> {
    const { filter, oldestFirst, view } = query;
    checkFilter(filter);
    const limit = pageSizeOf(query.pageSize);
    const scope = ["jobs", oldestFirst, Object.entries(filter).sort()];
    const after = cursorOf(decodePageToken(scope, query.pageToken));
    const { jobs, more } = await this.#store.list({
      filter,
      limit,
      oldestFirst,
      view,
      ...(after === undefined ? {} : { after }),
    });
    const last = jobs.at(-1);
    const goesOn = more && last !== undefined;
    return { jobs, nextPageToken: goesOn ? encodePageToken(scope, [last.createTime, last.id]) : "" };
  }

  async cancel(id: string, reason: string): Promise<Job> {
    checkId(id);
    if (reason.length > limits.messageChars) {
      throw invalid([{ field: "reason", description: `must be at most ${limits.messageChars} characters` }]);
    }
    const job = await this.#store.cancel(id, shortText(reason), limits.cancelGraceMs);
    if (job === undefined) throw notFound("job", id);
    const batchIds = job.batchId === undefined ? [] : [job.batchId];
    this.#feed.publish({ jobIds: [id], cancelled: toldOf(job), batchIds });
    const batchId = isTerminal(job.state) ? (job.batchId ?? job.completes) : undefined;
    const waits = job.state === "WAITING";
    if (job.state === "RUNNING") await this.#cancelBelow(job);
    this.#fanIn.departed([{ jobId: id, waits, ...(batchId === undefined ? {} : { batchId }) }]);
    return job;
  }

  /** Its page has some seconds more; those of its batches hear of it now. */
  async #cancelBelow({ batchIds }: Job): Promise<void> {
    if (batchIds.length === 0) return;
    for (const { id, parentClosePolicy } of await this.#store.getBatches(batchIds, "BASIC")) {
      if (parentClosePolicy !== "CANCEL") continue;
      await this.#store.cancelBatch(id, "PARENT_ENDED", "its master was cancelled");
      this.#fanIn.touch(id);
    }
  }

  retry(id: string): Promise<{ job: Job; existing: boolean }> {
    checkId(id);
    return this.#retries.job(id);
  }
}

/** Whom a cancel concerns: the job, and of a master its whole tree. */
function toldOf({ id, state, batchIds, rootJobId }: Job): string[] {
  if (isTerminal(state)) return [];
  return batchIds.length === 0 ? [id] : [id, rootJobId ?? id];
}

const ID = /^~?[A-Za-z0-9._:-]+$|^~[A-Za-z0-9_-]+$/;

export function checkId(id: string, field = "job_id"): void {
  if (id.length < 1 || id.length > limits.idChars || !ID.test(id)) {
    throw invalid([{ field, description: `must be 1 to ${limits.idChars} of A-Z a-z 0-9 . _ : -` }]);
  }
}

function checkFilter(filter: JobFilter): void {
  const given = Object.keys(filter);
  if (!LISTABLE.some((set) => set.length === given.length && set.every((name) => given.includes(name)))) {
    const known = LISTABLE.map((set) => set.join(" and ") || "none").join("; ");
    throw invalid([
      { field: given.join(", "), description: `this combination has no index; those that have: ${known}` },
    ]);
  }
  for (const [field, value] of Object.entries(filter)) {
    if (value.length > limits.labelKeyChars + limits.labelValueChars + 1 || hasControl(value)) {
      throw invalid([{ field, description: "is longer than any that is stored, or holds control characters" }]);
    }
  }
  if (filter.label !== undefined && !/^[^=]+=/.test(filter.label)) {
    throw invalid([{ field: "label", description: 'must be "key=value"' }]);
  }
}

export function cursorOf(position: readonly unknown[] | undefined): ListCursor | undefined {
  if (position === undefined) return undefined;
  const [createTime, id] = position;
  if (typeof createTime !== "number" || !Number.isSafeInteger(createTime) || typeof id !== "string")
    throw badPageToken();
  return { createTime, id };
}
