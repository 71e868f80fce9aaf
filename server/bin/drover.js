#!/usr/bin/env node
// The command, as installed: runs what `npm run build` made.

import { existsSync } from "node:fs";

const main = new URL("../dist/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write("drover: nothing is built yet; run `npm run build` first\n");
  process.exit(2);
}
await import(main.href);
