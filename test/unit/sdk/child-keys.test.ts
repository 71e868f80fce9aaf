// The keys of children: the same for the same child in whatever order they come, another for each of several equal
// ones, in memory that is bounded by a few bytes a child.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChildKeys, chunkKeyOf } from "../../../sdk/child-keys.js";
import { contentToWire } from "../../../sdk/convert.js";
import { HashCounts } from "../../../sdk/hash-counts.js";
import type { JobInput } from "../../../sdk/index.js";

const page = "http://app.example/jobs/stats";

function keysOf(inputs: readonly JobInput[], place = page): string[] {
  const keys = new ChildKeys();
  return inputs.map((input) => keys.next(contentToWire(input), place));
}

const child = (payload: unknown, more: Partial<JobInput> = {}): JobInput => ({ url: page, payload, ...more });

describe("the keys of children", () => {
  it("are the same set in whatever order the children come, equal ones included", () => {
    const payloads = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.jsonValue()), { maxLength: 40 });
    const orders = payloads.chain((given) =>
      fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length })),
    );
    fc.assert(
      fc.property(orders, ([one, other]) => {
        const keys = keysOf(one.map((payload) => child(payload)));
        expect(new Set(keys).size).toBe(one.length);
        expect(keysOf(other.map((payload) => child(payload))).sort()).toEqual([...keys].sort());
      }),
    );
  });

  it("tell children apart by what they call with what", () => {
    const different = [child(1), child(2), child("1"), child(1, { kind: "other" }), child(1, { method: "PUT" })];
    const keys = keysOf([...different, child(1, { contentType: "application/problem+json" })]);
    expect(new Set(keys).size).toBe(6);
    expect(keys.every((key) => /^[0-9a-f]{32}$/.test(key))).toBe(true);
    expect(keysOf([child(1)], "/jobs/other")).not.toEqual(keysOf([child(1)]));
  });

  it("do not depend on when and how a child runs", () => {
    const later = {
      scheduleTime: Date.now(),
      deadlineTime: Date.now() + 1,
      priority: 3,
      maxAttempts: 2,
      labels: { a: "b" },
    };
    expect(keysOf([child(1, later)])).toEqual(keysOf([child(1)]));
  });

  it("do not depend on where the page of a definition is", () => {
    const elsewhere = { ...child(1), url: "http://other.example/jobs/stats" };
    expect(keysOf([elsewhere], "/jobs/stats")).toEqual(keysOf([child(1)], "/jobs/stats"));
  });

  it("name a chunk by all that it holds, in its order", () => {
    const chunk = (...inputs: JobInput[]) => chunkKeyOf(inputs.map(contentToWire));
    expect(chunk(child(1), child(2))).toBe(chunk(child(1), child(2)));
    const others = [
      chunk(child(1), child(2)),
      chunk(child(2), child(1)),
      chunk(child(1)),
      chunk(child(1, { priority: 2 })),
    ];
    expect(new Set(others).size).toBe(4);
    expect(others.every((key) => /^[0-9a-f-]{36}$/.test(key))).toBe(true);
  });
});

describe("the counts of hashes", () => {
  it("are those of a Map, whatever comes", () => {
    const word = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word), { maxLength: 300 }), (hashes) => {
        const counts = new HashCounts();
        const model = new Map<string, number>();
        for (const [high, low] of hashes) {
          const name = `${high} ${low}`;
          model.set(name, (model.get(name) ?? 0) + 1);
          expect(counts.add(high, low)).toBe(model.get(name));
        }
        expect(counts.size).toBe(model.size);
      }),
    );
  });

  it("of a million hashes take at most 32 bytes each", () => {
    const counts = new HashCounts();
    // A walk that meets every 32-bit number once, so all are different.
    for (let n = 0; n < 1_000_000; n++) counts.add(Math.imul(n, 2_654_435_761) >>> 0, Math.imul(n, 40_503) >>> 0);
    expect(counts.size).toBe(1_000_000);
    expect(counts.bytes / counts.size).toBeLessThanOrEqual(32);
    expect(counts.add(0, 0)).toBe(2);
  });
});
