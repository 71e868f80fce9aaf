// The clock and the chance of a process.

import { validate, version } from "uuid";
import { describe, expect, it } from "vitest";
import { systemChance } from "../../server/system.js";

describe("ids", () => {
  it("are UUIDs of version 7, each behind the ones before", () => {
    const ids = Array.from({ length: 10_000 }, () => systemChance.id());
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });

  it("differ in what is left to chance", () => {
    const ends = Array.from({ length: 1_000 }, () => systemChance.id().slice(-10));
    expect(new Set(ends).size).toBe(ends.length);
  });
});
