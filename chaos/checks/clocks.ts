// Clocks: what is stored is of the store's clock, which is the machine's here, however far a server's own is off.

import type { Evidence } from "../evidence.js";
import type { Check } from "./check.js";

/** Far less than a clock is set wrong by, far more than any wait of a run. */
const NEAR_MS = 60_000;

export const clockChecks: readonly Check[] = [
  { id: "I22", title: "only the store's clock decides", wrong: (evidence) => farTimes(evidence) },
];

/** Times of jobs that lie outside of the run, as the pages and the callers saw it. */
function farTimes({ stored, calls, said }: Evidence): string[] {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  const see = (time: number) => {
    first = Math.min(first, time);
    last = Math.max(last, time);
  };
  for (const { sentTime } of said) see(sentTime);
  for (const called of calls.values()) for (const { time } of called) see(time);
  const isFar = (time: number | undefined) => time !== undefined && (time < first - NEAR_MS || time > last + NEAR_MS);
  return stored.jobs.flatMap(({ name, createTime, finishTime, attempts }) => {
    const times = [createTime, finishTime, ...attempts.flatMap(({ startTime, endTime }) => [startTime, endTime])];
    const far = times.find(isFar);
    return far === undefined
      ? []
      : [`${name} has a time ${new Date(far).toISOString()}, and that is outside of the run`];
  });
}
