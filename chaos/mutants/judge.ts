// Runs a layer on the copy, and says how it ended: all was well, something that it looks for was found, or the run
// itself came to nothing, which proves neither.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ProjectCopy } from "./project-copy.js";
import type { Layer } from "./seeded-bug.js";

export type Ending =
  | { readonly kind: "passed" }
  /** `by`: the test, or the invariant with a case of it. */
  | { readonly kind: "found"; readonly by: string }
  | { readonly kind: "nothing"; readonly why: string };

const TIME_MS = { test: 150_000, chaos: 240_000 };
/** So many characters of what went wrong are shown. */
const SHOWN = 160;
/** What vitest reports of a test that ran out of its time. */
const OUT_OF_TIME = "STACK_TRACE_ERROR";

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

export async function runLayer(copy: ProjectCopy, layer: Layer): Promise<Ending> {
  return layer.kind === "test" ? runTests(copy, layer.command) : runChaos(copy, layer.command, layer.invariant);
}

async function runTests(copy: ProjectCopy, command: readonly string[]): Promise<Ending> {
  const file = join(copy.folder, "mutants-report.json");
  rmSync(file, { force: true });
  const ran = await copy.run([...command, "--reporter=json", `--outputFile=${file}`], TIME_MS.test);
  if (ran.isLate) return { kind: "nothing", why: `not over after ${TIME_MS.test} ms` };
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { kind: "nothing", why: lastOf(ran.output) };
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.find(({ status }) => status === "failed");
  if (failed !== undefined) {
    const [first = ""] = (failed.failureMessages[0] ?? "").split("\n");
    const what = first.includes(OUT_OF_TIME) ? "not over in its time" : first.slice(0, SHOWN);
    return { kind: "found", by: `${failed.fullName}: ${what}` };
  }
  if (ran.code === 0 && report.numPassedTests > 0) return { kind: "passed" };
  const why = report.testResults.find(({ message }) => message !== "")?.message ?? lastOf(ran.output);
  return { kind: "nothing", why: ran.code === 0 ? "no test has that title" : why.slice(0, SHOWN) };
}

async function runChaos(copy: ProjectCopy, command: readonly string[], invariant: string): Promise<Ending> {
  const ran = await copy.run(command, TIME_MS.chaos);
  if (ran.isLate) return { kind: "nothing", why: `not over after ${TIME_MS.chaos} ms` };
  const kept = /^journals and logs are in (\S+)$/m.exec(ran.output)?.[1];
  if (kept !== undefined) rmSync(kept, { recursive: true, force: true });
  if (ran.code === 0) return { kind: "passed" };
  const lines = ran.output.split("\n");
  const place = lines.findIndex((line) => line.startsWith(`${invariant} `) && line.endsWith(" WRONG"));
  if (place >= 0) return { kind: "found", by: `${invariant}: ${lines[place + 1]?.trim().slice(0, SHOWN)}` };
  const others = lines.filter((line) => line.endsWith(" WRONG")).map((line) => line.split(" ")[0]);
  return { kind: "nothing", why: others.length > 0 ? `found ${others.join(" ")} only` : lastOf(ran.output) };
}

function lastOf(output: string): string {
  return output.trim().split("\n").at(-1)?.slice(0, SHOWN) ?? "";
}
