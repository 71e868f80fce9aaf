// A real server process for tests: `drover serve` as it is built, on free ports of the loopback. Whatever a test does
// not end itself is ended when the test file is over.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";

export const DROVER = "server/bin/drover.js";

export interface ServerOptions {
  /** `sqlite:FILE` or `mongodb://…`. */
  readonly store: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServerProcess {
  /** `127.0.0.1:PORT` of each door. */
  readonly grpc: string;
  readonly http: string;
  readonly process: ChildProcess;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** All that it logged. */
  stderr(): string;
}

const running = new Set<ChildProcess>();
afterAll(async () => {
  await Promise.all([...running].map((child) => end(child, "SIGKILL")));
});

/** Resolves once the server is ready; rejects with what it logged if it ends before. */
export async function startServer({ store, flags = [], env = {} }: ServerOptions): Promise<ServerProcess> {
  const ports = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const child = spawn(process.execPath, [DROVER, "serve", "--store", store, ...ports, ...flags], {
    env: { ...process.env, DROVER_LOG_LEVEL: "warn", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let logged = "";
  child.stderr.on("data", (text) => {
    logged += text;
  });
  const lines = createInterface({ input: child.stdout });
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`the server ended with code ${code} before it was ready: ${logged}`);
  });
  const [line] = (await Promise.race([once(lines, "line"), failed])) as [string];
  failed.catch(() => {});
  const ready = /^drover ready grpc=(\S+) http=(\S+)$/.exec(line);
  if (ready === null) throw new Error(`the server began with ${JSON.stringify(line)}`);
  return {
    grpc: ready[1] ?? "",
    http: ready[2] ?? "",
    process: child,
    stop: () => end(child, "SIGTERM"),
    kill: async () => void (await end(child, "SIGKILL")),
    stderr: () => logged,
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
  return child.exitCode;
}
