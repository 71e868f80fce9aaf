// The command `drover` as a person runs it: a process, its exit code, and what it printed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { DROVER } from "./server.js";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `drover ARGS` to its end. */
export async function drover(
  args: readonly string[],
  { env = {}, stdin = "" }: { env?: Readonly<Record<string, string>>; stdin?: string } = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [DROVER, ...args], { env: { ...process.env, ...env } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  child.stdin.end(stdin);
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}
