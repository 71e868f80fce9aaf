// The processes of a run: whatever is still there when the run ends is killed with it.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

export function track(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** A program of this folder, as built, which is told and tells things by messages; what it prints goes to ours. */
export function startPart(name: string, args: readonly string[]): ChildProcess {
  return track(fork(`chaos/dist/chaos/${name}.js`, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] }));
}

export interface Daemon {
  readonly child: ChildProcess;
  /** The line that said that it is ready. */
  readonly ready: RegExpExecArray;
}

/** Starts a program and waits for a line of its output; its errors go to `log`. A program of Node takes messages. */
export async function startDaemon(
  command: string,
  args: readonly string[],
  ready: RegExp,
  log: (text: string) => void,
  environment: Readonly<Record<string, string>> = {},
): Promise<Daemon> {
  const env = { ...process.env, ...environment };
  const child = track(spawn(command, args, { stdio: ["ignore", "pipe", "pipe", "ipc"], env }));
  child.stderr?.on("data", (text) => log(String(text)));
  return { child, ready: await readyLine(child, ready, command) };
}

export async function readyLine(child: ChildProcess, ready: RegExp, name: string): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const found = ready.exec(line);
      if (found !== null) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`${name} ended with code ${code} before it was ready`)));
  });
}

/** Resolves when it is gone. */
export async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
