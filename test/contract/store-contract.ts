// The contract of the JobStore port: what every store must do, sentence by sentence. It knows no store; each store's
// own test file runs it. The store's clock cannot be moved, so a lease lapses by a length of 0.

import { afterEach, beforeEach, describe } from "vitest";
import type { JobStore } from "../../server/core/store.js";
import { batchContract } from "./batch-contract.js";
import { cancelContract } from "./cancel-contract.js";
import { claimContract } from "./claim-contract.js";
import { insertContract } from "./insert-contract.js";
import { lapseContract } from "./lapse-contract.js";
import { leaseContract } from "./lease-contract.js";
import { lineageContract } from "./lineage-contract.js";
import { listContract } from "./list-contract.js";
import { queueContract } from "./queue-contract.js";
import { settleContract } from "./settle-contract.js";
import { upkeepContract } from "./upkeep-contract.js";

/** An open, empty store and how to be rid of it: one for each test. */
export interface StoreUnderTest {
  readonly store: JobStore;
  dispose(): Promise<void>;
}

const PARTS = [
  insertContract,
  claimContract,
  lapseContract,
  settleContract,
  leaseContract,
  cancelContract,
  listContract,
  queueContract,
  upkeepContract,
  batchContract,
  lineageContract,
] as const;

export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`the store contract on ${name}`, () => {
    let subject: StoreUnderTest | undefined;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(async () => {
      const last = subject;
      subject = undefined;
      await last?.dispose();
    });
    const store = (): JobStore => {
      if (subject === undefined) throw new Error("no store is open");
      return subject.store;
    };
    for (const part of PARTS) part(store);
  });
}
