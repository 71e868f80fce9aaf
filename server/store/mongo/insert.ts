// Insert: new jobs, and what is there already. The id is the guard, the digest tells a repeat from another job.

import { MongoBulkWriteError, MongoServerError, type WriteError } from "mongodb";
import { storeUnavailable } from "../../core/errors.js";
import type { NewJob } from "../../core/job.js";
import type { InsertResult } from "../../core/store.js";
import { documentOf, type JobDocument, jobOf } from "./documents.js";
import type { Session } from "./session.js";
import { WRITE_CONCERN } from "./session.js";
import { attempt } from "./unavailable.js";

const DUPLICATE = 11_000;

export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE;
}

export function insertVerb({ jobs, queues, clock }: Session): (given: readonly NewJob[]) => Promise<InsertResult[]> {
  /** Queues that are known to be stored. They are never deleted. */
  const known = new Set<string>();

  async function noteQueues(given: readonly NewJob[]): Promise<void> {
    const names = [...new Set(given.map(({ queue }) => queue))].filter((name) => !known.has(name));
    if (names.length === 0) return;
    const upserts = names.map((name) => ({
      updateOne: { filter: { _id: name }, update: { $setOnInsert: { paused: false } }, upsert: true },
    }));
    await queues.bulkWrite(upserts, { ordered: false, writeConcern: WRITE_CONCERN });
    for (const name of names) known.add(name);
  }

  /** Places of those whose id is taken. */
  async function insertAll(documents: JobDocument[]): Promise<Set<number>> {
    try {
      await jobs.insertMany(documents, { ordered: false, writeConcern: WRITE_CONCERN });
      return new Set();
    } catch (error) {
      if (!(error instanceof MongoBulkWriteError)) throw error;
      // Not confirmed, whatever else is said: the repeat finds what is stored, and waits for it.
      if (error.result.getWriteConcernError() !== undefined) throw error;
      const errors = [error.writeErrors].flat() as WriteError[];
      if (errors.length === 0 || errors.some(({ code }) => code !== DUPLICATE)) throw error;
      return new Set(errors.map(({ index }) => index));
    }
  }

  return (given) =>
    attempt(async () => {
      if (given.length === 0) return [];
      await noteQueues(given);
      const now = clock.now();
      const documents = given.map((job) => documentOf(job, now));
      const taken = await insertAll(documents);
      const found = new Map<string, JobDocument>();
      if (taken.size > 0) {
        const ids = [...taken].map((index) => documents[index]?._id ?? "");
        for await (const document of jobs.find({ _id: { $in: ids } }, { projection: { payload: 0, result: 0 } })) {
          found.set(document._id, document);
        }
      }
      return documents.map((document, index): InsertResult => {
        if (!taken.has(index)) return { kind: "inserted", createTime: now };
        const there = found.get(document._id);
        if (there === undefined) throw storeUnavailable(new Error(`job ${document._id} was deleted meanwhile`));
        const same = Buffer.compare(there.digest.value(), document.digest.value()) === 0;
        return same ? { kind: "existing", job: jobOf(there) } : { kind: "conflict" };
      });
    });
}
