// A line to MongoDB on which nothing moves any more, in the middle of a command that is too long for the buffers on the
// way: the call has an end, and later calls are answered.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { MongoClient } from "mongodb";
import { afterAll, afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { limits } from "../../server/core/limits.js";
import { MongoStore } from "../../server/store/mongo/mongo-store.js";
import { newJobs, read, stored, uniqueName } from "../support/jobs.js";

const uri = inject("mongoUri");
const admin = new MongoClient(uri);
afterAll(() => admin.close());

describe("a line to MongoDB", () => {
  const name = `${uniqueName("stalled")}-${process.pid}`;
  const sockets = new Set<Socket>();
  let line: Server;
  let store: MongoStore;
  let isStalled = false;

  beforeEach(async () => {
    const { hostname, port } = new URL(uri);
    line = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.on("error", () => to.destroy()).on("close", () => to.destroy());
        from.on("data", (bytes) => {
          // As where a machine on the way is gone: nothing is read, and nothing closed.
          if (isStalled && from === near && bytes.length > 10_000) near.pause();
          else to.write(bytes);
        });
      }
    });
    line.listen(0, "127.0.0.1");
    await once(line, "listening");
    const address = `mongodb://127.0.0.1:${(line.address() as AddressInfo).port}/?directConnection=true`;
    store = new MongoStore({ uri: address, database: name, socketMs: 1_000 });
    await store.open();
  });

  afterEach(async () => {
    isStalled = false;
    await store.close();
    for (const socket of sockets) socket.destroy();
    line.close();
    await admin.db(name).dropDatabase();
  });

  it("on which nothing moves ends the call that was being written, and is replaced", async () => {
    const large = newJobs(30, { payload: new Uint8Array(limits.payloadBytes) });
    isStalled = true;
    await expect(store.insert(large)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    isStalled = false;
    expect(await store.insert(large)).toHaveLength(30);
    expect(await read(store, (await stored(store)).id)).toMatchObject({ state: "PENDING" });
  });
});
