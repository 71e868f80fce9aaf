// The pages of a language as a process: its `run`, started on a free port and ended with all that it started. Knows
// nothing of Drover.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../support/free-port.js";
import type { PageLanguage } from "./page-languages.js";

export interface PageProcess {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** All that it wrote, for those who look for what went wrong. */
  output(): string;
  /** SIGTERM to the whole group; resolves when it is gone. */
  stop(): Promise<void>;
}

const groups = new Set<number>();
process.once("exit", () => {
  for (const group of groups) signal(group, "SIGKILL");
});

/** Resolves once the pages can be called; rejects with what the process wrote if it ends before. */
export async function startPageProcess(language: PageLanguage, env: NodeJS.ProcessEnv): Promise<PageProcess> {
  const { folder, announces } = language;
  const port = announces ? 0 : await freePort();
  const [program, ...args] = language.run;
  // A group of its own, since web servers start further processes.
  const child = spawn(program, [...args, String(port)], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  await once(child, "spawn");
  const group = child.pid ?? 0;
  groups.add(group);
  let written = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (written += text));
  const exited = once(child, "exit");
  const ended = exited.then(([code]) =>
    Promise.reject(new Error(`the pages in ${folder} ended with code ${code}: ${written}`)),
  );
  ended.catch(() => {});
  const over = new AbortController();
  const stop = async () => {
    signal(group, "SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await exited;
    signal(group, "SIGKILL");
    groups.delete(group);
  };
  try {
    const host = await Promise.race([announces ? announced(child) : answering(port, over.signal), ended]);
    return { host, output: () => written, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    over.abort();
  }
}

async function announced({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error("its output is not read");
  const [line] = (await once(createInterface({ input: stdout }), "line")) as [string];
  const host = /^listening on (127\.0\.0\.1:\d+)$/.exec(line)?.[1];
  if (host === undefined) throw new Error(`the first line is ${JSON.stringify(line)}`);
  return host;
}

/** Such a server gives no sign when it listens, so it is asked again and again. */
async function answering(port: number, over: AbortSignal): Promise<string> {
  for (;;) {
    over.throwIfAborted();
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return `127.0.0.1:${port}`;
    } catch {
      await delay(20);
    } finally {
      socket.destroy();
    }
  }
}

/** A group that is gone already is what was wanted. */
function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
