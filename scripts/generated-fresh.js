// Fails unless sdk/gen is what the protos generate today.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "drover-generated-"));
try {
  // buf looks for its plugin on the PATH, which npm sets and a shell does not.
  const PATH = `${resolve("node_modules/.bin")}${delimiter}${process.env.PATH}`;
  execFileSync("buf", ["generate", "--output", folder], { stdio: "inherit", env: { ...process.env, PATH } });
  const generated = join(folder, "sdk/gen");
  const files = (base) =>
    readdirSync(base, { recursive: true })
      .filter((name) => name.endsWith(".ts"))
      .sort();
  const [fresh, committed] = [files(generated), files("sdk/gen")];
  const stale = [...new Set([...fresh, ...committed])].filter((name) => {
    if (!fresh.includes(name) || !committed.includes(name)) return true;
    return readFileSync(join(generated, name), "utf8") !== readFileSync(join("sdk/gen", name), "utf8");
  });
  if (stale.length > 0) {
    process.stderr.write(`sdk/gen is not what the protos generate; run npm run generate:\n  ${stale.join("\n  ")}\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
