// The fan-out benchmark on each store, one after the other.

import { describe, fanOut } from "./fanout.js";
import { withStores } from "./stores.js";

/** A million jobs and their indexes are some 2 GiB: a server for that many has them in memory. */
const CACHE_GIB = 4;

export function fanOuts(stores: readonly string[], children: number): Promise<void> {
  return withStores(
    stores,
    async (addressOf) => {
      for (const store of stores) {
        process.stdout.write(describe(store, await fanOut(addressOf(store, "fanout"), children)));
      }
    },
    { cacheGiB: CACHE_GIB },
  );
}
