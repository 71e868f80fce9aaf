// Watches: rising revisions, and always the end.

import type { Evidence } from "../evidence.js";
import { type Check, hasEnded } from "./check.js";

export const watchChecks: readonly Check[] = [
  { id: "I17", title: "a watch never goes back, and always shows the end", wrong: (evidence) => watches(evidence) },
];

function watches({ shown, watchBegins, watchEnds, jobById }: Evidence): string[] {
  const wrong: string[] = [];
  for (const [watch, seen] of shown) {
    for (const [place, { shown: id, revision }] of seen.entries()) {
      const before = seen[place - 1];
      // The counts of a master's batches change without it.
      const mayRepeat = (jobById.get(id)?.batches.length ?? 0) > 0;
      if (before !== undefined && (revision < before.revision || (revision === before.revision && !mayRepeat))) {
        wrong.push(`watch ${watch} of ${id} went from ${before.revision} to ${revision}`);
      }
    }
  }
  const ended = new Set(watchEnds.map(({ watch }) => watch));
  for (const { watchBegun: id, watch } of watchBegins) {
    if (!ended.has(watch)) wrong.push(`the watch of ${id} never ended`);
  }
  for (const { watchEnded: id, watch, error } of watchEnds) {
    const last = shown.get(watch)?.at(-1);
    if (error !== undefined) wrong.push(`the watch of ${id} failed: ${error}`);
    else if (last === undefined || !hasEnded(last)) wrong.push(`the watch of ${id} ended with ${last?.state}`);
  }
  return wrong;
}
