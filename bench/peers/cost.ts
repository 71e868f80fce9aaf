// What a process costs, its children included: processor time and memory, as /proc tells.

import { readFileSync, writeFileSync } from "node:fs";

export interface Cost {
  /** Processor time used so far, in seconds. */
  cpuSeconds(): number;
  /** Largest resident memory so far, in MiB. */
  peakMiB(): number;
}

const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 500;

/** A process without children that matter. */
export function costOf(pid: number): Cost {
  return { cpuSeconds: () => cpuSecondsOf(pid), peakMiB: () => kibibytes(pid, "status", "VmHWM") / 1_024 };
}

/** This process, whose largest memory counts from now on. */
export function ownCost(): Cost {
  writeFileSync("/proc/self/clear_refs", "5");
  return costOf(process.pid);
}

/**
 * A process and those it has started, for which the kernel keeps no peak: memory is sampled, with what they share
 * counted once.
 */
export function costOfTree(pid: number): Cost & { stop(): void } {
  let peak = 0;
  const sample = () => {
    const total = tree(pid).reduce(
      (sum, member) => sum + (orGone(() => kibibytes(member, "smaps_rollup", "Pss")) ?? 0),
      0,
    );
    peak = Math.max(peak, total / 1_024);
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    cpuSeconds: () => tree(pid).reduce((sum, member) => sum + (orGone(() => cpuSecondsOf(member)) ?? 0), 0),
    peakMiB: () => {
      sample();
      return peak;
    },
    stop: () => clearInterval(timer),
  };
}

/** User and system time, with that of children that have ended and been waited for. */
function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

function tree(pid: number): readonly number[] {
  const children = orGone(() => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")) ?? "";
  const pids = children.split(" ").filter((text) => text.trim() !== "");
  return [pid, ...pids.flatMap((child) => tree(Number(child)))];
}

function kibibytes(pid: number, file: "status" | "smaps_rollup", name: string): number {
  const text = readFileSync(`/proc/${pid}/${file}`, "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

/** A child may end between two looks at it. */
function orGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
