// docs/acceptance.md says which test shows each line of an issue; this holds it to its word: a named test exists.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** `| what is asked | test/e2e/file.test.ts > name of the test; … |`; `open` where no test shows it yet. */
const rows = readFileSync("docs/acceptance.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| ---") && !line.startsWith("| Asked"))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, asked = "", shown = ""]) => ({ asked, shown }));

/** Names as they are written in a file: the first argument of it, test or describe, also behind `.each(…)`. */
function namesIn(file: string): Set<string> {
  const text = readFileSync(file, "utf8");
  const names = text.matchAll(/\b(?:it|test|describe)(?:\.each)?\b[\s\S]{0,200}?\(\s*(["'`])((?:(?!\1)[^\\]|\\.)+)\1/g);
  return new Set([...names].map((match) => (match[2] ?? "").replace(/\\(.)/g, "$1")));
}

describe("docs/acceptance.md", () => {
  it("has a row for what the issues ask", () => {
    expect(rows.length).toBeGreaterThan(40);
  });

  it("names only tests that exist", () => {
    const missing = rows.flatMap(({ shown }) => {
      if (shown.startsWith("open")) return [];
      return shown.split(";").flatMap((reference) => {
        const [file = "", name = ""] = reference.split(" > ").map((part) => part.trim());
        const there = existsSync(file) && (name === "" ? file.endsWith(".sh") : namesIn(file).has(name));
        return there ? [] : [reference.trim()];
      });
    });
    expect(missing).toEqual([]);
  });
});
