// The store's clock as a server knows it: at most a little behind, never ahead, also when answers are late.

import type { Db } from "mongodb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StoreClock } from "../../../server/store/mongo/store-clock.js";

const SYNC_MS = 20_000;
/** How far the clock of the stand-in for mongod is from this process's. */
const AHEAD_MS = 1_000_000;

let clock: StoreClock;
/** How long each answer is under way. */
let answerMs: number;

/** Answers as mongod does: with its time when it answered. */
const database = {
  admin: () => ({
    command: async () => {
      const localTime = new Date(performance.now() + AHEAD_MS);
      await new Promise((resolve) => setTimeout(resolve, answerMs));
      return { localTime };
    },
  }),
} as unknown as Db;

/** By how much the clock is behind the server's. */
const behindMs = () => performance.now() + AHEAD_MS - clock.now();

beforeEach(async () => {
  vi.useFakeTimers();
  answerMs = 2;
  clock = new StoreClock(database);
  const started = clock.start();
  await vi.advanceTimersByTimeAsync(answerMs);
  await started;
});

afterEach(() => {
  clock.stop();
  vi.useRealTimers();
});

describe("the store's clock", () => {
  it("is behind by no more than an answer takes", () => {
    expect(behindMs()).toBeGreaterThanOrEqual(0);
    expect(behindMs()).toBeLessThanOrEqual(3);
  });

  it("does not fall back by an answer that came late", async () => {
    answerMs = 3_000;
    await vi.advanceTimersByTimeAsync(SYNC_MS + answerMs);
    expect(behindMs()).toBeGreaterThanOrEqual(0);
    expect(behindMs()).toBeLessThanOrEqual(3);
  });
});
