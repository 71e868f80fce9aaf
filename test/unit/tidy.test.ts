// The style of the code, as far as a program can judge it: what a file says of itself, its size, its words.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const MAX_LINES = 300;
const FORBIDDEN =
  /\b(?:morgue|heartbeat|max_?retries|maxRetries|fetchJobs?|popJobs?|ackJobs?|[a-z]+_at)\b|\b(?:task|Task)(?:s|Id|Ids)?\b/;

function sources(...folders: string[]): string[] {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...folders], { encoding: "utf8" });
  return files.split("\n").filter((file) => file.endsWith(".ts") && !file.startsWith("sdk/gen/"));
}

const product = sources("server", "sdk");
const all = [...product, ...sources("test", "bench", "demo")];

/** The files of which `wrong` says something, with what it says. */
function offenders(files: readonly string[], wrong: (text: string) => string | undefined): string[] {
  return files.flatMap((file) => {
    const reason = wrong(readFileSync(file, "utf8"));
    return reason === undefined ? [] : [`${file}: ${reason}`];
  });
}

describe("every source file", () => {
  it("is found by this test", () => {
    expect(all.length).toBeGreaterThan(100);
  });

  it("opens with a comment that says what it owns", () => {
    expect(offenders(all, (text) => (/^(\/\/|\/\*\*)/.test(text) ? undefined : "no comment"))).toEqual([]);
  });

  it("has at most 300 lines", () => {
    const lines = (text: string) => text.split("\n").length - 1;
    expect(offenders(all, (text) => (lines(text) > MAX_LINES ? `${lines(text)} lines` : undefined))).toEqual([]);
  });

  it("leaves nothing behind for later, and names no machine", () => {
    const marks = ["TO" + "DO", "FIX" + "ME", "/ro" + "ot/", "/wo" + "rk/"];
    expect(offenders(all, (text) => marks.find((mark) => text.includes(mark)))).toEqual([]);
  });

  it("uses the words of the field", () => {
    const code = (text: string) => text.replace(/\/\/.*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|`[^`]*`/g, "");
    expect(offenders(product, (text) => FORBIDDEN.exec(code(text))?.[0])).toEqual([]);
  });
});
