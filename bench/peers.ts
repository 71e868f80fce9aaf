// Drover beside its peers: the same jobs on each of them, in alternation and in the same run, with what every process
// costs. Writes bench/RESULTS.md. Each system and each database is started for its round and ended with it.

import { writeFileSync } from "node:fs";
import { Ends } from "./peers/ends.js";
import { measure, type Round } from "./peers/measure.js";
import { installPeers } from "./peers/packages.js";
import { resultsPage } from "./peers/results.js";
import type { System } from "./peers/system.js";
import { CEILING, SYSTEMS } from "./peers/systems.js";
import { ceiling, startPages } from "./processes.js";

export interface PeersOptions {
  readonly jobs: number;
  readonly rounds: number;
  readonly concurrency: number;
}

const RESULTS = "bench/RESULTS.md";

export async function peers({ jobs, rounds, concurrency }: PeersOptions): Promise<void> {
  installPeers();
  const left = new Map<string, string>();
  const systems = new Map<System, Round[]>();
  for (const system of SYSTEMS) {
    const missing = system.database?.missing();
    if (missing === undefined) systems.set(system, []);
    else left.set(system.name, missing);
  }
  for (const [name, why] of left) say(`${name} is left out: ${why}`);
  const ends = new Ends();
  ends.onInterrupt();
  const pages = await startPages();
  const url = `http://127.0.0.1:${pages.ready[1]}/job`;
  const ceilings: number[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      const top = await ceiling(url, jobs, concurrency);
      ceilings.push(top);
      say(`round ${round}: ${CEILING}: ${top}/s`);
      for (const [system, results] of systems) {
        const result = await measure(ends, system, { url, concurrency }, jobs);
        results.push(result);
        say(`round ${round}: ${system.name}: ${Math.round(result.rate)}/s`);
      }
    }
  } finally {
    await pages.stop();
  }
  const page = resultsPage({ jobs, rounds, concurrency, ceilings, systems, left });
  writeFileSync(RESULTS, page);
  process.stdout.write(`\n${page}`);
  say(`written to ${RESULTS}`);
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
