// The peers' own packages: in a folder of theirs with versions of theirs, installed when the benchmark needs them.

import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";

/** From the project's root, where benchmarks are run. */
export const PEERS_FOLDER = "bench/peers";

/** Does nothing where what the lockfile asks for is there. */
export function installPeers(): void {
  if (installedTime() >= statSync(`${PEERS_FOLDER}/package-lock.json`).mtimeMs) return;
  process.stderr.write(`bench: installing the peers into ${PEERS_FOLDER}/node_modules\n`);
  const args = ["ci", "--prefix", PEERS_FOLDER, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
  const { status } = spawnSync("npm", args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error("the peers' packages could not be installed");
}

function installedTime(): number {
  return statSync(`${PEERS_FOLDER}/node_modules/.package-lock.json`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The versions of the peers, by package. */
export function peerVersions(): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(`${PEERS_FOLDER}/package.json`, "utf8")).dependencies;
}
