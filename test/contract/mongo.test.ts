// The store contract on MongoDB, on a real mongod, each test in a database of its own.

import { MongoClient } from "mongodb";
import { afterAll, inject } from "vitest";
import { MongoStore } from "../../server/store/mongo/mongo-store.js";
import { uniqueName } from "../support/jobs.js";
import { storeCommands } from "./store-commands.js";
import { type StoreUnderTest, storeContract } from "./store-contract.js";

const admin = new MongoClient(inject("mongoUri"));
afterAll(() => admin.close());

async function freshStore(): Promise<StoreUnderTest> {
  const name = `${uniqueName("contract")}-${process.pid}`;
  const uri = new URL(inject("mongoUri"));
  uri.pathname = `/${name}`;
  const store = new MongoStore({ uri: uri.toString() });
  await store.open();
  return {
    store,
    async dispose() {
      await store.close();
      await admin.db(name).dropDatabase();
    },
  };
}

storeContract("MongoDB", freshStore);
storeCommands("MongoDB", freshStore, 15);
