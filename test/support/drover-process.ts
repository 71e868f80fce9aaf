// Real servers for tests: the built program in a process of its own, on free ports, ended with the test.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inject } from "vitest";
import { uniqueName } from "./jobs.js";

export const DROVER = "server/bin/drover.js";

export interface DroverProcess {
  /** HOST:PORT of each door. */
  readonly grpc: string;
  readonly http: string;
  readonly pid: number;
  /** SIGTERM, and waits for its end; returns the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, and waits for its end. */
  kill(): Promise<void>;
}

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

export async function startDrover(
  store: string,
  flags: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<DroverProcess> {
  const doors = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "warn"];
  const child = spawn(process.execPath, [DROVER, "serve", "--store", store, ...doors, ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  children.add(child);
  const ended = once(child, "exit").then(([code]) => {
    children.delete(child);
    return code as number | null;
  });
  const [, grpc = "", http = ""] = await new Promise<RegExpExecArray>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const ready = /^drover ready grpc=(\S+) http=(\S+)$/.exec(line);
      if (ready !== null) resolve(ready);
    });
    void ended.then((code) => reject(new Error(`the server ended with code ${code} before it was ready`)));
  });
  return {
    grpc,
    http,
    pid: child.pid ?? 0,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export interface FreshStore {
  readonly url: string;
  dispose(): void;
}

/** A store of its own for each test: a file in a new folder, or a database of a new name. */
export const STORES: readonly { readonly name: "SQLite" | "MongoDB"; readonly fresh: () => FreshStore }[] = [
  {
    name: "SQLite",
    fresh() {
      const folder = mkdtempSync(join(tmpdir(), "drover-e2e-"));
      return {
        url: `sqlite:${join(folder, "jobs.db")}`,
        dispose: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  },
  {
    name: "MongoDB",
    fresh() {
      const url = new URL(inject("mongoUri"));
      url.pathname = `/${uniqueName("e2e")}-${process.pid}`;
      return { url: url.toString(), dispose: () => {} };
    },
  },
];
