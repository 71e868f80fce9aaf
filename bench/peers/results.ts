// What the comparison found, as a page of Markdown.

import { cpus, totalmem } from "node:os";
import { median } from "../figures.js";
import type { Round } from "./measure.js";
import { peerVersions } from "./packages.js";
import type { System } from "./system.js";
import { AIMS, CEILING } from "./systems.js";

export interface Comparison {
  readonly jobs: number;
  readonly rounds: number;
  readonly concurrency: number;
  /** Calls a second, by round. */
  readonly ceilings: readonly number[];
  readonly systems: ReadonlyMap<System, readonly Round[]>;
  /** Names of systems that could not be run, and why. */
  readonly left: ReadonlyMap<string, string>;
}

const SQLITE_DURABILITY = "SQLite: write-ahead log, synchronous FULL";

export function resultsPage(comparison: Comparison): string {
  const { jobs, rounds, concurrency, left } = comparison;
  const page = [
    "# Drover and its peers",
    `Written by \`npm run bench -- peers --jobs ${jobs} --rounds ${rounds} --concurrency ${concurrency}\` on ${today()}.`,
    `Each system gets the same ${jobs} jobs in bulk, each a call of the same page over HTTP in a process of its own, ` +
      `${concurrency} at once, to the last one done and recorded. Rounds alternate; figures are medians of ${rounds}, ` +
      "after a warm-up. Every round has a new, empty store. Workers, submitters, servers and databases are processes of " +
      "their own and share the machine.",
    "## Jobs a second",
    rates(comparison),
    ...[...left].map(([name, why]) => `Left out: ${name}. ${why}.`),
    "## Ratios",
    ratios(comparison),
    "## What each process spends",
    "Of its own time and that of its children. A database's memory holds what all of its processes share once; " +
      "Drover's submitter is the process of the benchmark itself.",
    costs(comparison),
    "## How each is set up",
    list([...comparison.systems.keys()].map(({ name, setup }) => `${name}: ${setup}`)),
    "## Machine and versions",
    machine(comparison),
    "## Durability",
    durability(comparison),
  ];
  return `${page.join("\n\n")}\n`;
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function rates({ jobs, ceilings, systems }: Comparison): string {
  const top = median(ceilings);
  const row = (name: string, count: number, values: readonly number[]) => [
    name,
    String(count),
    whole(median(values)),
    (median(values) / top).toFixed(2),
    values.map(whole).join(" "),
  ];
  const rows = [...systems].map(([{ name }, rounds]) => {
    const count = rounds[0]?.jobs ?? 0;
    const fewer = count < jobs ? `${name} (fewer jobs)` : name;
    return row(
      fewer,
      count,
      rounds.map(({ rate }) => rate),
    );
  });
  return table(
    ["system", "jobs", "jobs/s", "of the ceiling", "rounds"],
    [row(`${CEILING}, the ceiling`, jobs, ceilings), ...rows],
  );
}

function ratios({ ceilings, systems }: Comparison): string {
  const medians = new Map([[CEILING, median(ceilings)]]);
  for (const [{ name }, rounds] of systems) medians.set(name, median(rounds.map(({ rate }) => rate)));
  const rows = AIMS.map(({ system, base, atLeast }) => {
    const ratio = (medians.get(system) ?? Number.NaN) / (medians.get(base) ?? Number.NaN);
    const met = ratio >= atLeast ? "yes" : "no";
    const reached = Number.isNaN(ratio) ? ["not measured", ""] : [ratio.toFixed(2), met];
    return [`${system} / ${base}`, String(atLeast), ...reached];
  });
  return table(["ratio", "at least", "reached", "met"], rows);
}

function costs({ systems }: Comparison): string {
  const rows = [...systems].flatMap(([{ name }, rounds]) => {
    const processes = [...(rounds[0]?.spent.keys() ?? [])];
    const each = processes.map((process) => {
      const spent = rounds.flatMap((round) => round.spent.get(process) ?? []);
      const micros = median(spent.map(({ cpuMicros }) => cpuMicros));
      const cells = [name, process, whole(micros), whole(median(spent.map(({ peakMiB }) => peakMiB)))];
      return { micros, cells };
    });
    const sum = each.reduce((total, { micros }) => total + micros, 0);
    return [...each.map(({ cells }) => cells), [name, "all together", whole(sum), ""]];
  });
  return table(["system", "process", "µs of processor a job", "MiB at most"], rows);
}

function machine({ systems }: Comparison): string {
  const cores = cpus();
  const databases = new Map<string, string>();
  for (const [{ database }, rounds] of systems) {
    if (database !== undefined) databases.set(database.name, rounds[0]?.version ?? "unknown");
  }
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  return list([
    `${cores[0]?.model.trim() ?? "unknown processor"}, ${cores.length} cores, ${memory}, ${process.platform}`,
    `Node ${process.version}`,
    ...[...databases].map(([name, version]) => `${name} ${version}`),
    ...Object.entries(peerVersions()).map(([name, version]) => `${name} ${version}`),
  ]);
}

function durability({ systems }: Comparison): string {
  const databases = new Set([...systems.keys()].flatMap(({ database }) => database ?? []));
  const lines = [...databases].map(({ name, durability }) => `${name}: ${durability}`);
  return list([SQLITE_DURABILITY, ...lines]);
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function whole(value: number): string {
  return String(Math.round(value));
}
