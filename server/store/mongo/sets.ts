// Sets: how one update writes to each of its documents what is meant for it, and only if it is still held by the token
// that comes with it.

import type { Document } from "mongodb";
import type { Holding } from "../../core/store.js";

/** The item of `items` that stands where this document's id stands in `ids`. Literal: a value is never an expression. */
export function itemOf(ids: readonly string[], items: readonly unknown[]): Document {
  return { $arrayElemAt: [{ $literal: items }, { $indexOfArray: [{ $literal: ids }, "$_id"] }] };
}

/**
 * Held, each by its own token. Pairwise: a set of ids and a set of tokens would let a stale holder in where the same
 * server holds the job again.
 */
export function heldBy(holdings: readonly Holding[]): Document {
  const ids = holdings.map(({ jobId }) => jobId);
  const tokens = holdings.map(({ token }) => token);
  return { _id: { $in: ids }, state: "RUNNING", $expr: { $eq: ["$lease.token", itemOf(ids, tokens)] } };
}

/** For a find of so many documents: by default the first answer holds 101, and the rest is another round trip. */
export function inOneAnswer(count: number): { readonly batchSize: number } {
  // One more than are there tells the server to close the cursor.
  return { batchSize: count + 1 };
}
