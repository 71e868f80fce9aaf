// The fan-out benchmark on each store, one after the other.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMongod } from "../test/support/mongod.js";
import { databaseOf } from "./e2e.js";
import { describe, fanOut } from "./fanout.js";

/** A million jobs and their indexes are some 2 GiB: a server for that many has them in memory. */
const CACHE_GIB = 4;

export async function fanOuts(stores: readonly string[], children: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "drover-bench-"));
  const mongod = stores.includes("mongodb") ? await startMongod({ cacheGiB: CACHE_GIB }) : undefined;
  try {
    for (const store of stores) {
      const sqlite = `sqlite:${join(folder, "fanout.db")}`;
      const address = store === "mongodb" ? databaseOf(mongod?.uri ?? "", "fanout") : sqlite;
      process.stdout.write(describe(store, await fanOut(address, children)));
    }
  } finally {
    await mongod?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
