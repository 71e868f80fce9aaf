// The clock and the chance of this process, as the engine's ports want them.

import { randomBytes } from "node:crypto";
import { v7 } from "uuid";
import type { Chance, Clock } from "./core/clock.js";

export const systemClock: Clock = {
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const systemChance: Chance = {
  random: Math.random,
  id: () => v7(),
  token: () => randomBytes(16).toString("base64url"),
};
