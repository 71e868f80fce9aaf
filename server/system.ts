// The clock and the chance of this process, as the engine's ports want them.

import { randomBytes, randomFillSync } from "node:crypto";
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

/** Drawn for many ids at once: a draw costs 10 µs, however small. */
const drawn = new Uint8Array(16 * 256);
let used = drawn.length;

function sixteenBytes(): Uint8Array {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  used += 16;
  return drawn.subarray(used - 16, used);
}

const last = { msecs: 0, seq: 0 };

/** A UUIDv7 that sorts behind the ones before it. */
function nextId(): string {
  const random = sixteenBytes();
  const msecs = Math.max(Date.now(), last.msecs);
  // 31 bits of chance in a new millisecond leave as many again to count up in.
  const seq = msecs > last.msecs ? new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1 : last.seq + 1;
  Object.assign(last, { msecs, seq });
  return v7({ random, msecs, seq });
}

export const systemChance: Chance = {
  random: Math.random,
  id: nextId,
  token: () => randomBytes(16).toString("base64url"),
};
