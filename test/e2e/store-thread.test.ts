// The thread of a SQLite file, in a real server.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startServer } from "../support/server.js";

it("ends its server with it, which would answer nobody, yet live on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "drover-"));
  const sign = join(folder, "end");
  // Runs in each thread before all else.
  const ends = `
    import { existsSync } from "node:fs";
    import { isMainThread } from "node:worker_threads";
    if (!isMainThread) setInterval(() => existsSync(${JSON.stringify(sign)}) && process.exit(0), 10);`;
  const server = await startServer({
    store: `sqlite:${join(folder, "jobs.db")}`,
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(ends)}` },
  });
  const exited = once(server.process, "exit");
  writeFileSync(sign, "");
  const [code] = await exited;
  expect(code).toBe(1);
  expect(server.stderr()).toContain("the store's thread ended by itself");
  rmSync(folder, { recursive: true });
});
