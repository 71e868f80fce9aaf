// Programs that Go builds once, in one version each, kept in the cache of whoever runs the tests; and the source of its
// modules.

import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Each with its version, as `go install` takes it. */
const PROGRAMS = JSON.parse(readFileSync("test/support/go-programs.json", "utf8")) as Readonly<Record<string, string>>;

/** Such as `v1.9.4`. */
export function versionOf(name: string): string {
  return PROGRAMS[name]?.split("@")[1] ?? "";
}

/** The path of one of the programs. Rejects where there is neither it nor Go. */
export async function goProgram(name: string): Promise<string> {
  const cache = join(homedir(), ".cache", "drover", "bin");
  const program = join(cache, `${name}-${versionOf(name)}`);
  if (existsSync(program)) return program;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(join(cache, "making-"));
  try {
    await run("go", ["install", PROGRAMS[name] ?? ""], { env: { ...process.env, GOBIN: made } });
    // A rename, so that two test files that install it at once cannot see half of it.
    await rename(join(made, name), program);
  } catch (cause) {
    throw new Error(`this needs ${PROGRAMS[name]} as ${program}, or Go (https://go.dev/dl) to build it`, { cause });
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
