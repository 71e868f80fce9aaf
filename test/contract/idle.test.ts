// What a server asks of MongoDB with nothing to do, counted by the driver's own monitoring.

import type { CommandStartedEvent } from "mongodb";
import { expect, inject, it } from "vitest";
import { Service } from "../../server/engine/service.js";
import { StoreFeed } from "../../server/feed/store-feed.js";
import { MongoStore } from "../../server/store/mongo/mongo-store.js";
import { systemClock } from "../../server/system.js";
import { engineParts } from "../support/engine.js";
import { uniqueName } from "../support/jobs.js";

const SECONDS = 12;
/** The change stream's own reads. */
const NOT_COUNTED = new Set(["getMore", "endSessions"]);

it("a server with nothing to do makes at most two store commands a second", async () => {
  const store = new MongoStore({
    uri: inject("mongoUri"),
    database: `${uniqueName("idle")}-${process.pid}`,
    monitorCommands: true,
  });
  await store.open();
  const { store: unused, ...parts } = await engineParts();
  const feed = new StoreFeed(store.signals as NonNullable<typeof store.signals>);
  const service = await Service.create({ ...parts, store, feed, clock: systemClock, dispatch: true, concurrency: 100 });
  service.start();
  // The first second is that of the start: the stream is opened, and the first claim finds nothing.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const names: string[] = [];
  store.client.on("commandStarted", ({ commandName }: CommandStartedEvent) => {
    if (!NOT_COUNTED.has(commandName)) names.push(commandName);
  });
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
  await service.stop(0);
  await store.close();
  await unused.close();
  await parts.caller.close();
  expect(names).toContain("find");
  expect(names.length / SECONDS).toBeLessThanOrEqual(2);
});
