// The stores that the suites against real servers run on, each asked for an empty one.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, inject } from "vitest";

export interface StoreUnderTest {
  readonly name: "SQLite" | "MongoDB";
  /** The address of an empty store of its own; gone when the test file is over. */
  fresh(): Promise<string>;
}

const cleanups: (() => void | Promise<void>)[] = [];
afterAll(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

export const STORES: readonly StoreUnderTest[] = [
  {
    name: "SQLite",
    async fresh() {
      const folder = mkdtempSync(join(tmpdir(), "drover-e2e-"));
      cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
      return `sqlite:${join(folder, "jobs.db")}`;
    },
  },
  {
    name: "MongoDB",
    async fresh() {
      const address = new URL(inject("mongoUri"));
      address.pathname = `/drover_e2e_${randomBytes(6).toString("hex")}`;
      cleanups.push(async () => {
        const client = new MongoClient(address.href);
        await client.db().dropDatabase();
        await client.close();
      });
      return address.href;
    },
  },
];

/** What only stores that several servers can share can show. */
export const SHARED_STORES = STORES.filter(({ name }) => name === "MongoDB");
