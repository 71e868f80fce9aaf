// MongoDB as Drover's tests start it, a replica set of one node; the same for Drover and for Agenda. Where MONGODB_URI
// names another one, that is used, and what it costs is not known.

import { MongoClient } from "mongodb";
import { startMongod } from "../../test/support/mongod.js";
import { costOf } from "./cost.js";
import type { DatabaseKind } from "./database.js";

let databases = 0;

export const mongodb: DatabaseKind = {
  name: "MongoDB",
  durability: "replica set of one node, write concern majority with journal, cache 0.25 GiB",
  missing: () => undefined,
  async start(ends) {
    const starting = startMongod();
    ends.add(async () => (await starting).stop());
    const { uri } = await starting;
    const url = new URL(uri);
    url.pathname = `/drover-bench-${process.pid}-${databases++}`;
    const address = url.toString();
    const client = await MongoClient.connect(address);
    try {
      const { pid, version } = await client.db().admin().serverStatus();
      if (!process.env.MONGODB_URI) return { address, version: String(version), cost: costOf(Number(pid)) };
      ends.add(() => dropDatabase(address));
      return { address, version: String(version), cost: undefined };
    } finally {
      await client.close();
    }
  },
};

async function dropDatabase(address: string): Promise<void> {
  const client = await MongoClient.connect(address);
  try {
    await client.db().dropDatabase();
  } finally {
    await client.close();
  }
}
