// The schema: its version, and the indexes that every query of this store names. Made where absent; a store that has
// others is refused.

import type { Collection, Db, Document, IndexDescription } from "mongodb";
import { DroverError } from "../../core/errors.js";
import { type Session, WRITE_CONCERN } from "./session.js";

const VERSION = 3;

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
  { name: "check", key: { checkTime: 1 }, partialFilterExpression: { checkTime: { $exists: true } } },
  // Live members, counts, and what changed since a time, all from one.
  {
    name: "byBatchState",
    key: { batch: 1, state: 1, updateTime: 1, _id: 1 },
    partialFilterExpression: { batch: { $exists: true } },
  },
  { name: "byBatch", key: { batch: 1, createTime: 1, _id: 1 }, partialFilterExpression: { batch: { $exists: true } } },
  {
    name: "byParent",
    key: { parent: 1, createTime: 1, _id: 1 },
    partialFilterExpression: { parent: { $exists: true } },
  },
];

const BATCH_INDEXES: readonly (IndexDescription & { readonly name: string })[] = [
  { name: "check", key: { checkTime: 1 }, partialFilterExpression: { checkTime: { $exists: true } } },
  { name: "byState", key: { state: 1, createTime: 1, _id: 1 } },
  {
    name: "byParent",
    key: { parent: 1, createTime: 1, _id: 1 },
    partialFilterExpression: { parent: { $exists: true } },
  },
  { name: "byRoot", key: { root: 1, createTime: 1, _id: 1 }, partialFilterExpression: { root: { $exists: true } } },
  { name: "expire", key: { expireTime: 1 }, partialFilterExpression: { expireTime: { $exists: true } } },
];

/** FAILED_PRECONDITION if the database cannot be used as it is. */
export async function prepareSchema({ database, jobs, batches, meta }: Session): Promise<void> {
  const made = { $setOnInsert: { version: VERSION } };
  await meta.updateOne({ _id: "schema" }, made, { upsert: true, writeConcern: WRITE_CONCERN });
  const version = (await meta.findOne({ _id: "schema" }))?.version ?? 0;
  if (version !== VERSION) throw unusable(`its schema has version ${version}, this Drover knows ${VERSION}`);
  await prepareIndexes(database, jobs, INDEXES);
  await prepareIndexes(database, batches, BATCH_INDEXES);
}

async function prepareIndexes<T extends Document>(
  database: Db,
  collection: Collection<T>,
  indexes: typeof INDEXES,
): Promise<void> {
  await database.createCollection(collection.collectionName).catch((error: Document) => {
    if (error.codeName !== "NamespaceExists") throw error;
  });
  const present = new Map((await collection.indexes()).map((index) => [index.name, index]));
  const absent = indexes.filter(({ name }) => !present.has(name));
  for (const index of indexes) {
    const there = present.get(index.name);
    if (there !== undefined && shapeOf(there) !== shapeOf(index)) {
      throw unusable(`its index ${index.name} is not as this Drover makes it`);
    }
  }
  if (absent.length > 0) await collection.createIndexes([...absent]);
}

function shapeOf({ key, partialFilterExpression }: Document): string {
  return JSON.stringify([Object.entries(key), partialFilterExpression ?? null]);
}

function unusable(why: string): DroverError {
  return new DroverError("FAILED_PRECONDITION", `the MongoDB store cannot be used: ${why}`);
}
