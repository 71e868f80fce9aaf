// Fails unless sdk/gen is what the protos generate today.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { staleFiles } from "./stale.js";

const folder = mkdtempSync(join(tmpdir(), "drover-generated-"));
try {
  // buf looks for its plugin on the PATH, which npm sets and a shell does not.
  const PATH = `${resolve("node_modules/.bin")}${delimiter}${process.env.PATH}`;
  execFileSync("buf", ["generate", "--output", folder], { stdio: "inherit", env: { ...process.env, PATH } });
  const stale = staleFiles(join(folder, "sdk/gen"), "sdk/gen", (name) => name.endsWith(".ts"));
  if (stale.length > 0) {
    process.stderr.write(`sdk/gen is not what the protos generate; run npm run generate:\n  ${stale.join("\n  ")}\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
