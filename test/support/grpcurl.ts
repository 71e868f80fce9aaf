// The real grpcurl, which finds the services by reflection as an operator's would. Built once by Go, in one version,
// and kept in the cache of whoever runs the tests.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const VERSION = "v1.9.4";
const run = promisify(execFile);

/** What `grpcurl -plaintext ARGS` prints; rejects with its error output when it fails. */
export async function grpcurl(...args: string[]): Promise<string> {
  const { stdout } = await run(await installed(), ["-plaintext", ...args]);
  return stdout;
}

/** The path of the program; its time limit for a first build is the hook's, so call it in a `beforeAll`. */
export async function installed(): Promise<string> {
  const cache = join(homedir(), ".cache", "drover", "bin");
  const program = join(cache, `grpcurl-${VERSION}`);
  if (existsSync(program)) return program;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(join(cache, "making-"));
  try {
    const module = `github.com/fullstorydev/grpcurl/cmd/grpcurl@${VERSION}`;
    await run("go", ["install", module], { env: { ...process.env, GOBIN: made } });
    // A rename, so that two test files that install it at once cannot see half of it.
    await rename(join(made, "grpcurl"), program);
  } catch (cause) {
    const need = `this test needs grpcurl ${VERSION} as ${program}, or Go (https://go.dev/dl) to build it`;
    throw new Error(need, { cause });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return program;
}
