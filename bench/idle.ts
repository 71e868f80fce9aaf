// What a server costs with nothing to do, over half a minute: processor time, and commands that reach the store, as
// the store counts them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMongod } from "../test/support/mongod.js";
import { databaseOf } from "./e2e.js";
import { startDrover } from "./processes.js";

export async function idle(seconds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "drover-bench-"));
  const mongod = await startMongod();
  try {
    for (const store of [`sqlite:${join(folder, "idle.db")}`, databaseOf(mongod.uri, "idle")]) {
      const server = await startDrover(store);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const before = server.cpuSeconds();
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
      const share = ((server.cpuSeconds() - before) / seconds) * 100;
      process.stdout.write(`idle, ${store.split(":")[0]}: ${share.toFixed(2)} % of a core over ${seconds} s\n`);
      await server.stop();
    }
  } finally {
    await mongod.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
