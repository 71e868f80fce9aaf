// The bugs that `npm run mutants` seeds can still be seeded: what they change stands in the source, once. That each is
// caught takes minutes, and is shown by that command.

import { describe, expect, it } from "vitest";
import { faultOf } from "../../chaos/mutants/seeded-bug.js";
import { seededBugs } from "../../chaos/mutants/seeded-bugs.js";

describe("the seeded bugs", () => {
  it("are more than fifteen, each by a name of its own", () => {
    expect(seededBugs.length).toBeGreaterThan(15);
    expect(new Set(seededBugs.map(({ name }) => name)).size).toBe(seededBugs.length);
  });

  it("still change what stands in the source", () => {
    expect(seededBugs.flatMap(({ edits }) => edits.flatMap((edit) => faultOf(edit) ?? []))).toEqual([]);
  });

  it("would be noticed where the source has changed", () => {
    expect(faultOf({ file: "server/absent.ts", find: "a", replace: "b" })).toContain("there is no");
    expect(faultOf({ file: "server/main.ts", find: "no such text", replace: "b" })).toContain("0 times");
  });
});
