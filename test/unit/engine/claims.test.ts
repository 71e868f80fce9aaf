// When a dispatcher claims again.

import { afterEach, beforeEach, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { systemClock } from "../../../server/system.js";
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
