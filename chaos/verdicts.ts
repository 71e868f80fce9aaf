// The verdict for each invariant, and how it is told: a table, the figures, and one line at the end.

import { attemptChecks, duplicates, withoutFault } from "./checks/attempts.js";
import { batchChecks } from "./checks/batches.js";
import { cancelChecks } from "./checks/cancels.js";
import type { Check } from "./checks/check.js";
import { clockChecks } from "./checks/clocks.js";
import { jobChecks } from "./checks/jobs.js";
import { watchChecks } from "./checks/watches.js";
import { acceptedOf, type Evidence } from "./evidence.js";
import { quantile, recoveryOf } from "./recovery.js";

export interface Verdict {
  readonly id: string;
  readonly title: string;
  readonly wrong: readonly string[];
}

const CHECKS: readonly Check[] = [
  ...jobChecks,
  ...attemptChecks,
  ...batchChecks,
  ...cancelChecks,
  ...watchChecks,
  ...clockChecks,
];
/** Of each invariant that does not hold, so many cases are printed. */
const CASES = 5;

export function judge(evidence: Evidence): Verdict[] {
  const number = ({ id }: Check) => Number(id.slice(1));
  return [...CHECKS]
    .sort((a, b) => number(a) - number(b))
    .map(({ id, title, wrong }) => ({ id, title, wrong: wrong(evidence) }));
}

export function tableOf(verdicts: readonly Verdict[]): string {
  return verdicts
    .flatMap(({ id, title, wrong }) => [
      `${id.padEnd(4)} ${title.padEnd(72)} ${wrong.length === 0 ? "clean" : `${wrong.length} WRONG`}`,
      ...wrong.slice(0, CASES).map((one) => `     ${one}`),
    ])
    .join("\n");
}

export function figuresOf(evidence: Evidence): string {
  const { calls, stored, struck, said, shown } = evidence;
  const called = [...calls.values()].reduce((sum, { length }) => sum + length, 0);
  const states = countBy(stored.jobs.map(({ state }) => state));
  const faults = countBy(struck.map((fault) => fault.struck));
  const { attemptMs, serviceMs } = recoveryOf(evidence);
  const points = struck.flatMap((fault) => fault.points ?? []).length;
  const missed = countBy(evidence.missed.map(({ site }) => site));
  const accepted = new Set(acceptedOf(said).map(({ id }) => id)).size;
  return [
    `jobs accepted ${accepted}, stored ${stored.jobs.length} (${shownCounts(states)}), batches ${stored.batches.length}`,
    `calls of pages ${called}, repeated ${called - calls.size}: ${shownCounts(duplicates(evidence)) || "none"}`,
    `attempts that ended for want of a server or a report, without a fault: ${withoutFault(evidence)}`,
    `watches ${shown.size}; faults: ${shownCounts(faults) || "none"}; clocks of servers: ${evidence.clocks ?? "right"}`,
    `failpoints ${points}, ${evidence.missed.length} more not reached: ${shownCounts(missed) || "none"}`,
    `from a fault of a server to the next attempt: ${millis(attemptMs)}`,
    `longest time without a call after a primary's death: ${millis(serviceMs)}`,
  ].join("\n");
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function shownCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${count} ${name}`).join(", ");
}

function millis(sorted: readonly number[]): string {
  if (sorted.length === 0) return "nothing measured";
  const at = (share: number) => `${quantile(sorted, share)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, most ${sorted.at(-1)} ms (${sorted.length})`;
}
