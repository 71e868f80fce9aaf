// docs/acceptance.md says which test shows each line of an issue; this holds it to its word: a named test exists.
// Names are read from the text of the files, so that this takes milliseconds and runs nothing.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const OPEN = /^open\b/;

interface Row {
  readonly asked: string;
  /** `file > describe > it`, each part a title as it is written in the file or as a run prints it; or a command. */
  readonly references: string[];
}

const rows: Row[] = readFileSync("docs/acceptance.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (?:---|Issue line|Asked) /.test(line))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|")))
  .map(([, asked = "", shown = ""]) => ({
    asked,
    references: shown.split(/<br>|; (?=test\/)/).map((part) => part.trim()),
  }));

/** Who runs it on any machine, whatever has to be installed first. */
const ci = readFileSync(".ci/run", "utf8").split("\n");

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

/** Where the bracket at `open` closes: strings, templates and comments in between are passed over whole. */
function endOfGroup(text: string, open: number): number {
  const token = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\/.*|\/\*[\s\S]*?\*\/|[()]/g;
  token.lastIndex = open;
  let depth = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === "(") depth += 1;
    if (found[0] === ")") depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
  return text.length;
}

/** The titles of a file: the first argument of describe, it and test, also behind `.each(…)`. */
function titlesIn(text: string): string[] {
  return [...text.matchAll(/\b(?:describe|it|test)(?:\.concurrent)?(\.each|\.for)?(?:<[^(]*>)?(?=\()/g)].flatMap(
    (call) => {
      const after = call.index + call[0].length;
      const open = call[1] === undefined ? after : endOfGroup(text, after);
      const title = /^\(\s*(["'`])((?:(?!\1)[^\\]|\\.)+)\1/.exec(text.slice(open, open + 400))?.[2];
      return title === undefined ? [] : [title.replace(/\\(.)/g, "$1")];
    },
  );
}

/** A title as a pattern: `%s` and `${name}` stand for anything, for a name may be written as a run prints it. */
function patternOf(title: string): RegExp {
  const literal = title
    .split(/%[sdifjoO%]|\$\{[^}]*\}|\$[\w.]+/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  // Of a title that is all placeholder any name would be one.
  return literal.join("").length < 3 ? /^\b$/ : new RegExp(`^${literal.join(".+")}$`);
}

/** The titles of a file and of the parts of its suite, which it imports from beside it. */
function suiteTitles(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file) || !existsSync(file)) return [];
  seen.add(file);
  const text = readFileSync(file, "utf8");
  const parts = [...text.matchAll(/from "(\.\/[^"]+)\.js"/g)].map((part) => join(dirname(file), `${part[1]}.ts`));
  return [...titlesIn(text), ...parts.flatMap((part) => suiteTitles(part, seen))];
}

/** What is wrong with a reference to a test, if anything. */
function fault(reference: string): string | undefined {
  const script = /^`npm run ([\w:]+)`$/.exec(reference)?.[1];
  if (script !== undefined) return script in scripts ? undefined : `${reference}: there is no such script`;
  const command = /^`\.ci\/run`: `(.+)`$/.exec(reference)?.[1];
  if (command !== undefined) {
    const isStep = ci.some((line) => /^(?:step|aside|suite) /.test(line) && line.endsWith(` ${command}`));
    return isStep ? undefined : `${reference}: there is no such step`;
  }
  const decision = /^decided: .*\[decision \d+\]\((decisions\/.+\.md)\)/.exec(reference)?.[1];
  if (decision !== undefined) return existsSync(`docs/${decision}`) ? undefined : `${reference}: no such decision`;
  const [file = "", ...names] = reference.split(" > ");
  if (!/^test\/.+\.ts$/.test(file) || !existsSync(file)) return `${reference}: there is no such test file`;
  if (names.length === 0) return `${reference}: no test is named`;
  const titles = suiteTitles(file);
  const missing = names.find((name) => !titles.some((title) => title === name || patternOf(title).test(name)));
  return missing === undefined ? undefined : `${reference}: nothing there is called "${missing}"`;
}

describe("docs/acceptance.md", () => {
  it("has a row for each line that the issues ask", () => {
    expect(rows.length).toBeGreaterThan(50);
  });

  it("says of a row without a test that it is open, and names tests for most", () => {
    const open = rows.filter(({ references }) => references.some((it) => OPEN.test(it)));
    expect(rows.filter(({ references }) => references.length === 0 || references.includes(""))).toEqual([]);
    expect(open.length).toBeLessThan(rows.length / 2);
  });

  it("names only tests that exist", () => {
    const references = rows.flatMap((row) => row.references).filter((reference) => !OPEN.test(reference));
    expect(references.flatMap((reference) => fault(reference) ?? [])).toEqual([]);
  });

  it("would notice a test that does not exist", () => {
    const file = "test/unit/acceptance.test.ts";
    expect(fault(`${file} > docs/acceptance.md > names only tests that exist`)).toBeUndefined();
    expect(fault(`${file} > docs/acceptance.md > names no test`)).toContain("names no test");
    expect(fault("test/unit/absent.test.ts > a")).toContain("no such test file");
    expect(fault("`npm run nothing`")).toContain("no such script");
    expect(fault("`.ci/run`: `go test ./...`")).toBeUndefined();
    expect(fault("`.ci/run`: `go test`")).toContain("no such step");
    expect(fault("decided: [decision 99](decisions/0099-nothing.md)")).toContain("no such decision");
  });
});
