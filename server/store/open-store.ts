// Which store an address names. Each adapter is loaded only when asked for: a server on SQLite never loads the driver
// of MongoDB.

import { invalid } from "../core/errors.js";
import type { Log } from "../core/observer.js";
import type { JobStore } from "../core/store.js";
import { MEMORY } from "./sqlite/driver.js";

export interface StoreOptions {
  /** SQLite only: NORMAL gives up the last commits when the machine dies. */
  readonly synchronous?: "FULL" | "NORMAL";
  readonly log?: Log;
}

/** Opens `sqlite:FILE`, `sqlite::memory:`, `mongodb://…` or `mongodb+srv://…`. */
export async function openStore(url: string, options: StoreOptions = {}): Promise<JobStore> {
  const store = await storeOf(url, options);
  await store.open();
  return store;
}

async function storeOf(url: string, { synchronous, log }: StoreOptions): Promise<JobStore> {
  const path = url.startsWith("sqlite:") ? url.slice("sqlite:".length) : "";
  if (path !== "") {
    const options = { path, ...(synchronous === undefined ? {} : { synchronous }) };
    // In memory there is no disk to wait for.
    if (path === MEMORY) return new (await import("./sqlite/sqlite-store.js")).SqliteStore(options);
    return new (await import("./sqlite/threaded-store.js")).ThreadedStore(options);
  }
  if (/^mongodb(\+srv)?:\/\//.test(url)) {
    const { MongoStore } = await import("./mongo/mongo-store.js");
    return new MongoStore({ uri: url, ...(log === undefined ? {} : { log }) });
  }
  throw invalid([{ field: "store", description: "must be sqlite:FILE, sqlite::memory: or mongodb://…" }]);
}
