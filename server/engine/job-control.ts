// What an app does with jobs that are stored: read, list, cancel, retry.

import { hash } from "node:crypto";
import { DroverError, invalid, notFound } from "../core/errors.js";
import type { Feed } from "../core/feed.js";
import type { Job, JobSpec } from "../core/job.js";
import { limits } from "../core/limits.js";
import { type JobFilter, type JobStore, LISTABLE, type ListCursor } from "../core/store.js";
import { hasControl } from "../core/submission.js";
import type { JobControl, ListQuery } from "./api.js";
import { badPageToken, decodePageToken, encodePageToken, pageSizeOf } from "./page-token.js";

/** Begins the ids that this service derives; callers' ids never begin so, as the character is not one of theirs. */
const DERIVED = "~";

export class StoredJobs implements JobControl {
  readonly #store: JobStore;
  readonly #feed: Feed;

  constructor(options: { readonly store: JobStore; readonly feed: Feed }) {
    this.#store = options.store;
    this.#feed = options.feed;
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
    const jobs = await this.#store.list({
      filter,
      limit: limit + 1,
      oldestFirst,
      view,
      ...(after === undefined ? {} : { after }),
    });
    const page = jobs.slice(0, limit);
    const last = page.at(-1);
    const more = jobs.length > limit && last !== undefined;
    return { jobs: page, nextPageToken: more ? encodePageToken(scope, [last.createTime, last.id]) : "" };
  }

  async cancel(id: string, reason: string): Promise<Job> {
    checkId(id);
    if (reason.length > limits.messageChars) {
      throw invalid([{ field: "reason", description: `must be at most ${limits.messageChars} characters` }]);
    }
    const job = await this.#store.cancel(id, reason, limits.cancelGraceMs);
    if (job === undefined) throw notFound("job", id);
    this.#feed.publish({ jobIds: [id], cancelled: job.state === "RUNNING" ? [id] : [] });
    return job;
  }

  /** A new job with the content of one that failed or was cancelled. Its id is derived, so that a repeat finds it. */
  async retry(id: string): Promise<{ job: Job; existing: boolean }> {
    const old = await this.get(id);
    if (old.state !== "FAILED" && old.state !== "CANCELLED") {
      throw new DroverError(
        "FAILED_PRECONDITION",
        `job ${id} is ${old.state}: only a failed or cancelled job is retried`,
        {
          reason: "NOT_RETRYABLE",
        },
      );
    }
    const digest = hash("sha256", `retry of ${id}`, "buffer");
    const newId = `${DERIVED}${digest.toString("base64url").slice(0, 32)}`;
    const [result] = await this.#store.insert([
      { ...contentOf(old), id: newId, digest, start: { delayMs: 0 }, retryOf: id },
    ]);
    if (result?.kind !== "stored") throw new DroverError("INTERNAL", `the id derived for a retry of ${id} is taken`);
    await this.#store.linkRetry(id, newId);
    this.#feed.publish({ jobIds: [id, newId], queues: [old.queue] });
    return { job: result.job, existing: result.existing };
  }
}

/** All that a caller gave, save for a deadline that has passed with the first try. */
function contentOf(job: Job): JobSpec {
  const { id, kind, queue, endpoint, payload, contentType, priority, labels } = job;
  const { maxAttempts, backoff, attemptTimeoutMs, retentionMs } = job;
  return {
    ...{ id, kind, queue, endpoint, payload, contentType, priority, labels, maxAttempts, backoff, attemptTimeoutMs },
    ...(retentionMs === undefined ? {} : { retentionMs }),
  };
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

function cursorOf(position: readonly unknown[] | undefined): ListCursor | undefined {
  if (position === undefined) return undefined;
  const [createTime, id] = position;
  if (typeof createTime !== "number" || !Number.isSafeInteger(createTime) || typeof id !== "string")
    throw badPageToken();
  return { createTime, id };
}
