// A database server of the benchmark's own: its program is found, it is started in a folder of its own on a free port
// of the loopback interface, waited for, and ended by its process id.

import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Ends } from "./ends.js";

const START_MS = 30_000;
const LOOK_MS = 50;

export interface User {
  readonly uid: number;
  readonly gid: number;
}

export interface Daemon {
  readonly program: string;
  readonly args: readonly string[];
  readonly user?: User | undefined;
  /** The signal that ends it at once; its data goes with it. */
  readonly endSignal: NodeJS.Signals;
  isReady(): Promise<boolean>;
}

/** The path of a program: on the PATH, or in one of the folders where Debian puts it. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const places = [...folders, ...(process.env.PATH ?? "").split(delimiter)];
  return places.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Folders of the versions of a program, newest first. */
export function versionFolders(parent: string, inside: string): readonly string[] {
  if (!existsSync(parent)) return [];
  const versions = readdirSync(parent).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(parent, version, inside));
}

/** What a program says of its version: the first number with dots in it. */
export function versionOf(program: string): string {
  return /\d+(?:\.\d+)+/.exec(execFileSync(program, ["--version"], { encoding: "utf8" }))?.[0] ?? "unknown";
}

export function temporaryFolder(ends: Ends, user?: User): string {
  const folder = mkdtempSync(join(tmpdir(), "drover-peers-"));
  ends.add(() => rmSync(folder, { recursive: true, force: true }));
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}

/** Resolves with its process id when it is ready. */
export async function startDaemon(ends: Ends, daemon: Daemon): Promise<number> {
  const { program, args, user, endSignal } = daemon;
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], ...user });
  let said = "";
  child.stderr.on("data", (data) => {
    said = `${said}${data}`.slice(-2_000);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code) => resolve(`it ended with code ${code}`));
    child.once("error", (error) => resolve(error.message));
  });
  const kill = () => child.kill(endSignal);
  process.once("exit", kill);
  ends.add(async () => {
    kill();
    await ended;
    process.off("exit", kill);
  });
  let failure: string | undefined;
  void ended.then((how) => {
    failure = how;
  });
  const deadline = Date.now() + START_MS;
  while (!(await daemon.isReady())) {
    if (Date.now() > deadline) failure ??= "it was not ready in time";
    if (failure !== undefined) throw new Error(`${program} did not start: ${failure}\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return child.pid as number;
}
