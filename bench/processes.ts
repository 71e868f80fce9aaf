// The processes of a benchmark: each is started, waited for until it says that it is ready, and ended with the run.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export interface Running {
  /** What the first matching line of its output said. */
  readonly ready: RegExpExecArray;
  /** Processor time used so far, in seconds. */
  cpuSeconds(): number;
  /** Resident memory now, in MiB. */
  residentMiB(): number;
  /** Largest resident memory so far, in MiB. */
  peakMiB(): number;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

const processes = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of processes) child.kill("SIGKILL");
});

/** @param script path from the project's root, where benchmarks and tests are run. */
export async function startNode(
  script: string,
  args: readonly string[],
  ready: RegExp,
  nodeFlags: readonly string[] = [],
): Promise<Running> {
  const profile =
    process.env.BENCH_PROFILE && script.includes("drover")
      ? ["--cpu-prof", "--cpu-prof-dir", process.env.BENCH_PROFILE]
      : [];
  const child = spawn(process.execPath, [...profile, ...nodeFlags, script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  processes.add(child);
  const ended = once(child, "exit").then(() => processes.delete(child));
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const found = ready.exec(line);
      if (found !== null) resolve(found);
    });
    void ended.then(() => reject(new Error(`${script} ended before it was ready`)));
  });
  return {
    ready: match,
    cpuSeconds: () => cpuSeconds(child.pid as number),
    residentMiB: () => statusMiB(child.pid as number, "VmRSS"),
    peakMiB: () => statusMiB(child.pid as number, "VmHWM"),
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** From /proc: user and system time, in ticks of a hundredth of a second. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function statusMiB(pid: number, name: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1_024;
}

export function startPages(): Promise<Running> {
  return startNode("bench/dist/bench/page-server.js", [], /^port=(\d+)/);
}

export function startDrover(
  store: string,
  more: readonly string[] = [],
  nodeFlags: readonly string[] = [],
): Promise<Running> {
  const doors = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "warn"];
  return startNode(
    "server/bin/drover.js",
    ["serve", "--store", store, ...doors, ...more],
    /^drover ready grpc=(\S+) http=(\S+)/,
    nodeFlags,
  );
}

/** Calls per second of undici alone. */
export async function ceiling(url: string, count: number, concurrency: number): Promise<number> {
  const { ready, stop } = await startNode(
    "bench/dist/bench/ceiling.js",
    [url, String(count), String(concurrency)],
    /^rate=(\d+)/,
  );
  await stop();
  return Number(ready[1]);
}
