// A disk that a test can fill and empty: a small file system in memory where this process may mount one, which only
// root may. Elsewhere a folder, and a limit on the size of the files that one process writes, which fails its writes
// much as a quota does.

import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export interface SmallDisk {
  readonly folder: string;
  /** It is as full for every process, also for the next one. */
  readonly keepsFull: boolean;
  /** From now on this process can write no more. */
  fill(pid: number): void;
  /** There is room again. Without a process: for the next one. */
  free(pid: number): void;
}

const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const clean of cleanups.splice(0)) clean();
});

export function smallDisk(mebibytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), "drover-disk-"));
  const isMounted = mounted(folder, mebibytes);
  cleanups.push(() => {
    if (isMounted) execFileSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return isMounted ? mountedDisk(folder) : limitedDisk(folder);
}

function mounted(folder: string, mebibytes: number): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m,mode=0777`, "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    // Not root, or in a container that may not mount: the other way shows the same.
    return false;
  }
}

function mountedDisk(folder: string): SmallDisk {
  const ballast = join(folder, "ballast");
  return {
    folder,
    keepsFull: true,
    fill: () => writeUntilFull(ballast),
    free: () => rmSync(ballast),
  };
}

function writeUntilFull(path: string): void {
  const file = openSync(path, "a");
  try {
    for (const size of [1024 * 1024, 4_096]) {
      const block = Buffer.alloc(size, 1);
      while (hasRoomFor(file, block));
    }
  } finally {
    closeSync(file);
  }
}

function hasRoomFor(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) === block.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}

function limitedDisk(folder: string): SmallDisk {
  const limit = (pid: number, bytes: 0 | "unlimited") =>
    execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
  return {
    folder,
    keepsFull: false,
    fill: (pid) => limit(pid, 0),
    free: (pid) => {
      if (pid !== 0) limit(pid, "unlimited");
    },
  };
}
