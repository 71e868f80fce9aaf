// The helpers around the generated clients stay thin: some 200 lines of code for apps and as many for pages, in each
// language, without what names other files, comments and empty lines.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const SOME_200 = 220;
const JAVA = "java/src/main/java/dev/drover/client";
const HALVES: readonly (readonly [string, readonly string[]])[] = [
  ["Go for apps", ["go/client.go", "go/batch.go", "go/watch.go"]],
  ["Go for pages", ["go/page.go", "go/signature.go"]],
  ["Python for apps", ["python/drover/client.py"]],
  ["Python for pages", ["python/drover/page.py"]],
  ["Java for apps", ["DroverClient", "BatchSender", "Watch", "Errors"].map((name) => `${JAVA}/${name}.java`)],
  [
    "Java for pages",
    ["Page", "Attempt", "Signatures", "Answer", "PageCall", "PageHandler"].map((name) => `${JAVA}/${name}.java`),
  ],
];
const NO_CODE = [
  /\/\*\*[\s\S]*?\*\//g,
  /"""[\s\S]*?"""/g,
  /^import \([\s\S]*?^\)/gm,
  /^(?:import|from|package) .*$/gm,
  /^\s*(?:\/\/|#).*$/gm,
];

describe("the helper", () => {
  it.each(HALVES)("in %s has some 200 lines of code", (_, files) => {
    const counts = files.map((file) => {
      const text = NO_CODE.reduce((left, part) => left.replace(part, ""), readFileSync(`clients/${file}`, "utf8"));
      return text.split("\n").filter((line) => line.trim() !== "").length;
    });
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(counts.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(SOME_200);
  });
});
