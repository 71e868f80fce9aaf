// The style of the code, as far as a program can judge it: what a file says of itself, its size, its words.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const MAX_LINES = 300;
const MAX_HEADER_LINES = 5;

/** Words that another word of ours stands for, alone or as a part of a name: `task`, `taskId`, `oldTask`, `max_retries`. */
const FORBIDDEN_WORDS = [
  "task",
  "tasks",
  "morgue",
  "heartbeat",
  "heartbeats",
  "webhook",
  "consumer",
  "consumers",
  "ack",
];
const FORBIDDEN_NAMES = /^(?:max_?retries|fetch_?jobs?|pop_?jobs?|lock_?jobs?|job_?locks?)$/i;

function sources(...folders: string[]): string[] {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...folders], { encoding: "utf8" });
  return files.split("\n").filter((file) => file.endsWith(".ts") && !file.startsWith("sdk/gen/") && existsSync(file));
}

const product = sources("server", "sdk");
const tests = sources("test");
const all = [...product, ...tests, ...sources("bench", "chaos", "demo")];

/** The files of which `wrong` says something, with what it says. */
function offenders(files: readonly string[], wrong: (text: string) => string | undefined): string[] {
  return files.flatMap((file) => {
    const reason = wrong(readFileSync(file, "utf8"));
    return reason === undefined ? [] : [`${file}: ${reason}`];
  });
}

/** How many lines of comment a file opens with, empty ones apart. */
function headerLines(text: string): number {
  const comment = text.startsWith("/*") ? text.slice(0, text.indexOf("*/")) : (/^(?:\/\/.*\n)*/.exec(text)?.[0] ?? "");
  return comment.split("\n").filter((line) => /\w/.test(line)).length;
}

/** A file without its comments and strings. */
function code(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\/.*|\/\*[\s\S]*?\*\//g, " ");
}

function forbiddenName(text: string): string | undefined {
  const names = new Set(code(text).match(/[A-Za-z_$][\w$]*/g));
  return [...names].find((name) => {
    const words = name
      .replace(/([a-z\d])([A-Z])/g, "$1_$2")
      .toLowerCase()
      .split("_");
    return FORBIDDEN_NAMES.test(name) || /[a-z]_at$/.test(name) || words.some((it) => FORBIDDEN_WORDS.includes(it));
  });
}

describe("every source file", () => {
  it("is found by this test", () => {
    expect(product.length).toBeGreaterThan(90);
    expect(tests.length).toBeGreaterThan(30);
  });

  it("opens with one to five lines of comment that say what it owns", () => {
    const wrong = (text: string) => {
      const lines = headerLines(text);
      return lines >= 1 && lines <= MAX_HEADER_LINES ? undefined : `${lines} lines`;
    };
    expect(offenders(all, wrong)).toEqual([]);
  });

  it("has at most 300 lines", () => {
    const lines = (text: string) => text.split("\n").length - 1;
    expect(offenders(all, (text) => (lines(text) > MAX_LINES ? `${lines(text)} lines` : undefined))).toEqual([]);
  });

  it("leaves nothing behind for later, and names no machine", () => {
    // In two parts each, or this file would be the first to offend.
    const marks = ["TO" + "DO", "FIX" + "ME", "/ro" + "ot/", "/wo" + "rk/", "/ho" + "me/"];
    expect(offenders(all, (text) => marks.find((mark) => text.includes(mark)))).toEqual([]);
  });

  it("uses the words of the field", () => {
    expect(offenders(product, forbiddenName)).toEqual([]);
    expect(["const oldTask = 1", "row.created_at", "maxRetries: 3", "ack()"].map(forbiddenName)).toEqual([
      "oldTask",
      "created_at",
      "maxRetries",
      "ack",
    ]);
    expect(["stack, background", '"task"', "// a task", "multitasking"].map(forbiddenName)).toEqual(
      Array(4).fill(undefined),
    );
  });

  it("skips no test", () => {
    const evasion = /\b(?:it|test|describe)\.(?:skip|only|todo|fails|skipIf|runIf)\b/;
    expect(offenders(tests, (text) => evasion.exec(code(text))?.[0])).toEqual([]);
  });
});
