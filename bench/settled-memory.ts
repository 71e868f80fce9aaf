// The memory that a process holds, without garbage and the room that V8 keeps for more of it.

import type { Running } from "./processes.js";

/** What Node is started with to be measured so. */
export const SETTLING_FLAGS = ["--expose-gc", "--import", "./bench/dist/bench/collect-on-signal.js"];

const LOOK_MS = 500;
const LOOKS = 10;

/** Resident MiB after collections of garbage, as many as still free something. */
export async function settledMiB(running: Running): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < LOOKS; look++) {
    running.signal("SIGUSR2");
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const now = running.residentMiB();
    if (now > least - 1) return Math.min(now, least);
    least = now;
  }
  return least;
}
