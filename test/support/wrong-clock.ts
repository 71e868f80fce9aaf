// Servers whose clock is wrong, by libfaketime of the Debian package `faketime`: only the time of day is, the monotonic
// clock and timers go as ever.

import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const HOUR_MS = 3_600_000;

const MONOTONIC_STAYS = { FAKETIME_DONT_FAKE_MONOTONIC: "1", NO_FAKE_STAT: "1" };

/** The environment of a server whose clock is off by that, such as `+1h` or `-1h`. */
export function clockOff(by: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: library(), FAKETIME: by, ...MONOTONIC_STAYS };
}

/** The same for a clock that is set while the server runs: `set` says how far it is off from then on. */
export function settableClock(folder: string): { env: Readonly<Record<string, string>>; set(by: string): void } {
  const file = join(folder, "clock");
  const set = (by: string) => {
    // At once as a whole: it may be read at any moment.
    writeFileSync(`${file}.new`, `${by}\n`);
    renameSync(`${file}.new`, file);
  };
  set("+0");
  const env = { LD_PRELOAD: library(), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1", ...MONOTONIC_STAYS };
  return { env, set };
}

function library(): string {
  const folders = ["/usr/lib", ...readdirSync("/usr/lib").map((name) => join("/usr/lib", name))];
  const found = folders.map((folder) => join(folder, "faketime", "libfaketime.so.1")).find((file) => existsSync(file));
  if (found === undefined) throw new Error("a wrong clock needs libfaketime, which is in Debian's package faketime");
  return found;
}

/** How far the clock of a server was off when it logged that it serves. */
export function measuredOffset(logged: string): number {
  const serving = logged.split("\n").find((line) => line.includes('"msg":"serving"'));
  if (serving === undefined) throw new Error(`a server that logs at info has not said that it serves: ${logged}`);
  return Date.parse((JSON.parse(serving) as { time: string }).time) - Date.now();
}
