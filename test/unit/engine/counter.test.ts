// Counts for those who ask once: fresh, and not one for each.

import { expect, it } from "vitest";
import type { Batch, BatchCounts } from "../../../server/core/batch.js";
import { Counter } from "../../../server/engine/counter.js";
import { engineParts, turn } from "../../support/engine.js";

const countsOf = (total: number): BatchCounts => ({
  ...{ total, pending: total, running: 0, waiting: 0, succeeded: 0, failed: 0, cancelled: 0 },
});

it("counts a batch once at a time: who asks meanwhile shares the count that begins after it", async () => {
  const parts = await engineParts();
  const begun: { resolve: (counts: BatchCounts) => void; reject: (error: Error) => void }[] = [];
  parts.store.countMembers = () => new Promise((resolve, reject) => begun.push({ resolve, reject }));
  const counter = new Counter(parts);
  const batch = { id: "b", state: "OPEN" } as Batch;
  const totalOf = async () => (await counter.freshInfo(batch)).counts.total;

  const first = totalOf();
  const meanwhile = [totalOf(), totalOf(), totalOf()];
  await turn();
  expect(begun).toHaveLength(1);
  begun[0]?.resolve(countsOf(1));
  expect(await first).toBe(1);
  await turn();
  expect(begun).toHaveLength(2);
  const later = totalOf();
  begun[1]?.resolve(countsOf(2));
  expect(await Promise.all(meanwhile)).toEqual([2, 2, 2]);
  await turn();
  begun[2]?.reject(new Error("away"));
  await expect(later).rejects.toThrow("away");

  const again = totalOf();
  begun[3]?.resolve(countsOf(4));
  expect(await again).toBe(4);
  expect(begun).toHaveLength(4);
  await parts.store.close();
});
