// Fails unless the generated files of the clients are what the protos generate today: of the languages named on the
// command line, or of all.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asked, generate, LANGUAGES } from "./clients-plugins.js";
import { staleFiles } from "./stale.js";

const folder = mkdtempSync(join(tmpdir(), "drover-clients-"));
try {
  for (const language of asked()) {
    const { output, isGenerated } = LANGUAGES[language];
    generate(language, folder);
    const stale = staleFiles(join(folder, output), output, isGenerated);
    if (stale.length === 0) continue;
    const remedy = `node scripts/clients-generate.js ${language}`;
    process.stderr.write(`${output} is not what the protos generate; run ${remedy}:\n  ${stale.join("\n  ")}\n`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
