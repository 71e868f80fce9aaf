// An engine on a real store in memory, with a clock that the test moves.

import { AddressGuard } from "../../server/endpoint/address-guard.js";
import { UndiciCaller } from "../../server/endpoint/undici-caller.js";
import { LocalFeed } from "../../server/feed/local-feed.js";
import { SqliteStore } from "../../server/store/sqlite/sqlite-store.js";
import { systemChance } from "../../server/system.js";
import { ManualClock } from "./manual-clock.js";
import { CountingObserver, RememberingLog } from "./silent.js";

export async function engineParts() {
  const store = new SqliteStore({ path: ":memory:" });
  await store.open();
  const guard = new AddressGuard({ allow: [], allowLoopback: true });
  return {
    store,
    feed: new LocalFeed(),
    clock: new ManualClock(),
    chance: systemChance,
    observer: new CountingObserver(),
    log: new RememberingLog(),
    policy: guard,
    caller: new UndiciCaller({ guard }),
    holder: "test:1:abc",
    leaseMs: 30_000,
    page: { serviceUrl: "http://127.0.0.1:7080" },
  };
}

/** Lets what is due in this turn of the event loop run. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
