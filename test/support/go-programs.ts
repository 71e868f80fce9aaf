// Programs that Go builds once, in one version each, kept in the cache of whoever runs the tests; and the source of its
// modules.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The path of the program that `go install PACKAGE@VERSION` makes. Rejects where there is neither it nor Go. */
export async function goProgram(packagePath: string, version: string): Promise<string> {
  const name = basename(packagePath);
  const cache = join(homedir(), ".cache", "drover", "bin");
  const program = join(cache, `${name}-${version}`);
  if (existsSync(program)) return program;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(join(cache, "making-"));
  try {
    await run("go", ["install", `${packagePath}@${version}`], { env: { ...process.env, GOBIN: made } });
    // A rename, so that two test files that install it at once cannot see half of it.
    await rename(join(made, name), program);
  } catch (cause) {
    throw new Error(`this needs ${name} ${version} as ${program}, or Go (https://go.dev/dl) to build it`, { cause });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return program;
}

/** Where the source of a module lies. */
export async function goModuleFolder(module: string, version: string): Promise<string> {
  const { stdout } = await run("go", ["mod", "download", "-json", `${module}@${version}`]);
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}
