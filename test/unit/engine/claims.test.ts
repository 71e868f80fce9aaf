// When a dispatcher claims again.

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { SqliteStore } from "../../../server/store/sqlite/sqlite-store.js";
import { systemClock } from "../../../server/system.js";
import { turn } from "../../support/engine.js";
import { OUTCOMES, running, settle } from "../../support/jobs.js";
import { RunningEngine } from "../../support/running-engine.js";

let engine: RunningEngine;

beforeEach(async () => {
  engine = await RunningEngine.prepare();
});

afterEach(() => engine.close());

it("claims again at once when others took what its claim had found, and does not wait for the poll", async () => {
  const { store, chance } = engine.parts;
  const claim = store.claim.bind(store);
  let lost = 0;
  store.claim = async (request) => {
    const due = await store.getQueue("default");
    if (due === undefined || due.counts.pending === 0 || lost === 3) return claim(request);
    lost += 1;
    return { jobs: [], passedOver: [], lastQueue: "", more: true };
  };
  const isPoll = (ms: number) => ms === limits.pollMs;
  const after: typeof systemClock.after = (ms, run) => (isPoll(ms) ? () => {} : systemClock.after(ms, run));
  await engine.start({ clock: { ...systemClock, after }, chance: { ...chance, random: () => 0.5 } });
  expect(await engine.end(await engine.submit())).toMatchObject({ state: "SUCCEEDED" });
  expect(lost).toBe(3);
});

it("counts as waiting what passed since a job was given back, and not while it was held", async () => {
  let heldMs = 0;
  const store = new SqliteStore({ path: ":memory:", now: () => Date.now() + heldMs });
  await store.open();
  const job = await running(store, { endpoint: { url: `${engine.pages.origin}/job`, method: "POST", headers: {} } });
  heldMs = 3_600_000;
  await settle(store, job, OUTCOMES.released);
  const waits: number[] = [];
  const observer = Object.assign(engine.parts.observer, { dispatched: (ms: number) => void waits.push(ms) });
  await engine.start({ store, observer });
  await engine.pages.until(() => engine.pages.requests.length === 1);
  expect(waits).toHaveLength(1);
  expect(waits[0]).toBeLessThan(heldMs / 2);
  await engine.service.stop(0);
  await store.close();
});

it.each([
  { inOrder: true, calls: ["insert", "claim", "stored"] },
  { inOrder: false, calls: ["insert", "stored", "claim"] },
])("asks for a new job as early as a store can know of it (in order: $inOrder)", async ({ inOrder, calls }) => {
  const { store, clock } = engine.parts;
  const { insert, claim } = store;
  const made: string[] = [];
  Object.assign(store, {
    inOrder,
    insert: async (...given: Parameters<typeof insert>) => {
      made.push("insert");
      const results = await insert(...given);
      await turn();
      made.push("stored");
      return results;
    },
    claim: (...given: Parameters<typeof claim>) => {
      made.push("claim");
      return claim(...given);
    },
  });
  await engine.start({ clock });
  await turn();
  // Claims are no closer to each other than this.
  clock.advance(limits.claimSpacingMs);
  made.length = 0;
  await engine.submit();
  expect(made).toEqual(calls);
});

it("claims a job that has become due while it was stored", async () => {
  const { store, clock } = engine.parts;
  const { insert } = store;
  const delayMs = 3;
  Object.assign(store, {
    insert: async (...given: Parameters<typeof insert>) => {
      const results = await insert(...given);
      const due = store.now() + delayMs;
      await vi.waitUntil(() => store.now() >= due, { interval: 1 });
      return results;
    },
  });
  await engine.start({ clock });
  await turn();
  clock.advance(limits.claimSpacingMs);
  // The clock stands still from now on: neither a timer nor the poll can find it.
  expect(await engine.end(await engine.submit({ delayMs }))).toMatchObject({ state: "SUCCEEDED" });
});
