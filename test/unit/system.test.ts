// The clock and the chance of a process.

import { describe, expect, it } from "vitest";
import { systemChance } from "../../server/system.js";

/** RFC 9562. */
const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("ids", () => {
  it("are UUIDs of version 7, each behind the ones before", () => {
    const ids = Array.from({ length: 10_000 }, () => systemChance.id());
    expect(ids.filter((id) => !VERSION_7.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });

  it("differ in what is left to chance", () => {
    const ends = Array.from({ length: 1_000 }, () => systemChance.id().slice(-10));
    expect(new Set(ends).size).toBe(ends.length);
  });
});
