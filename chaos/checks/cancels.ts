// Cancels: after one was answered OK, nothing below it is called any more, save for what was under way.

import { addTo, type Evidence } from "../evidence.js";
import type { Called } from "../pages.js";
import { allOf } from "../work.js";
import type { Check } from "./check.js";

/** How long what was claimed before may take to reach its page. */
const GRACE_MS = 3_000;

export const cancelChecks: readonly Check[] = [
  { id: "I15", title: "after a cancel nothing below it is called", wrong: (evidence) => calledAfter(evidence) },
];

function calledAfter({ planned, cancels, calls, slots, struck }: Evidence): string[] {
  const times = new Map(cancels.flatMap(({ cancelled, code, time }) => (code === "OK" ? [[cancelled, time]] : [])));
  const callsOf = new Map<string, Called[]>();
  for (const called of calls.values()) for (const call of called) addTo(callsOf, call.called, call);
  return planned.units.flatMap((unit) => {
    const top = unit.job?.name ?? unit.batch?.name ?? "";
    const time = times.get(top);
    if (time === undefined) return [];
    // A server that stands still, or that its store does not answer, knows of it only later.
    const held = struck.filter(({ beginTime, endTime }) => beginTime < time + GRACE_MS && endTime > time);
    const graceEnd = Math.max(time, ...held.map(({ endTime }) => endTime)) + GRACE_MS;
    const after = allOf(unit).jobs.flatMap(({ name }) => (callsOf.get(name) ?? []).filter((call) => call.time > time));
    const late = after.filter((call) => call.time > graceEnd);
    return [
      ...late.map((call) => `${call.called} was called ${call.time - time} ms after ${top} was cancelled`),
      ...(after.length > slots ? [`${after.length} pages were called after ${top} was cancelled`] : []),
    ];
  });
}
