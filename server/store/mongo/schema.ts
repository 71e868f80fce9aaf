// The schema: its version, and the indexes that every query of this store names. Made where absent; a store that has
// others is refused.

import type { Document, IndexDescription } from "mongodb";
import { DroverError } from "../../core/errors.js";
import { type Session, WRITE_CONCERN } from "./session.js";

const VERSION = 1;

/**
 * Few, since each is paid for with every write. `claim` ends with the state and the id so that claims and counts read
 * no document.
 */
const INDEXES: readonly (IndexDescription & { readonly name: string })[] = [
  {
    name: "claim",
    key: { queue: 1, rank: 1, availableTime: 1, state: 1, _id: 1 },
    partialFilterExpression: { availableTime: { $exists: true } },
  },
  { name: "byState", key: { state: 1, createTime: 1, _id: 1 } },
  { name: "byQueue", key: { queue: 1, state: 1, createTime: 1, _id: 1 } },
  { name: "byKind", key: { kind: 1, createTime: 1, _id: 1 }, partialFilterExpression: { kind: { $exists: true } } },
  {
    name: "byLabel",
    key: { labels: 1, createTime: 1, _id: 1 },
    partialFilterExpression: { labels: { $exists: true } },
  },
  { name: "cancel", key: { "cancel.time": 1 }, partialFilterExpression: { "cancel.time": { $exists: true } } },
  {
    name: "deadline",
    key: { deadlineTime: 1 },
    partialFilterExpression: { deadlineTime: { $exists: true }, availableTime: { $exists: true } },
  },
  { name: "expire", key: { expireTime: 1 }, partialFilterExpression: { expireTime: { $exists: true } } },
];

/** FAILED_PRECONDITION if the database cannot be used as it is. */
export async function prepareSchema({ database, jobs, meta }: Session): Promise<void> {
  const made = { $setOnInsert: { version: VERSION } };
  await meta.updateOne({ _id: "schema" }, made, { upsert: true, writeConcern: WRITE_CONCERN });
  const version = (await meta.findOne({ _id: "schema" }))?.version ?? 0;
  if (version > VERSION) throw unusable(`its schema has version ${version}, this Drover knows ${VERSION}`);
  await database.createCollection(jobs.collectionName).catch((error: Document) => {
    if (error.codeName !== "NamespaceExists") throw error;
  });
  const present = new Map((await jobs.indexes()).map((index) => [index.name, index]));
  const absent = INDEXES.filter(({ name }) => !present.has(name));
  for (const index of INDEXES) {
    const there = present.get(index.name);
    if (there !== undefined && shapeOf(there) !== shapeOf(index)) {
      throw unusable(`its index ${index.name} is not as this Drover makes it`);
    }
  }
  if (absent.length > 0) await jobs.createIndexes([...absent]);
}

function shapeOf({ key, partialFilterExpression }: Document): string {
  return JSON.stringify([Object.entries(key), partialFilterExpression ?? null]);
}

function unusable(why: string): DroverError {
  return new DroverError("FAILED_PRECONDITION", `the MongoDB store cannot be used: ${why}`);
}
