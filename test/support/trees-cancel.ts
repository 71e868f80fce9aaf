// Cancels at a random moment, and what may still be called after one was answered OK (I15).

import { well } from "./batches.js";
import type { Fleet } from "./trees-fleet.js";
import type { PageCall, TreePages } from "./trees-pages.js";
import { batchesOf, type Cancel, type Forest, type Root, rootPath } from "./trees-plan.js";

export interface Cancelled {
  readonly root: Root;
  /** The page or batch that was cancelled: with all whose paths begin so. */
  readonly path: string;
  /** When OK was there, by the monotonic clock. */
  readonly time: number;
  /** From then on what was claimed before has reached its page, or died with its server. */
  readonly graceEnd: number;
}

/** How long what was claimed before a cancel may take to reach its page, by a server that stands still meanwhile too. */
const GRACE_MS = 2_500;

/** Resolves with what was cancelled, or with nothing if the tree ended before. */
export async function cancelOne(
  { roots }: Forest,
  { root: which, what, afterCalls, pick, killsAfter }: Cancel,
  pages: TreePages,
  fleet: Fleet,
  isOver: () => boolean,
): Promise<Cancelled | undefined> {
  const root = roots[which % roots.length] as Root;
  const path = rootPath(root);
  const calls = () => pages.calls.filter((call) => isWithin(call.path, path));
  await pages.until(() => isOver() || calls().length >= afterCalls);
  if (isOver()) return undefined;
  const batches = pages.said.filter(
    ({ answer, batchPath }) => answer.body.batch !== undefined && isWithin(batchPath, path),
  );
  const known =
    what === "batch" || "batch" in root
      ? batches.map(({ batchPath, answer }) => ({ path: batchPath, request: { batchId: answer.body.batch.id } }))
      : calls().map((call) => ({ path: call.path, request: { jobId: call.jobId } }));
  const target = what === "root" ? known.find((one) => one.path === path) : known[pick % known.length];
  if (target === undefined) return undefined;
  const method = "batchId" in target.request ? "JobService/CancelBatch" : "JobService/CancelJob";
  await well(fleet.say(method, target.request));
  const time = performance.now();
  if (killsAfter) await fleet.replaceAll();
  const graceEnd = killsAfter ? performance.now() : time + GRACE_MS;
  await well(fleet.say(method, target.request));
  return { root, path: target.path, time, graceEnd };
}

/** @param slots how many calls all servers together have under way at most: so many were claimed before, at most */
export function calledAfter(
  { root, path, time, graceEnd }: Cancelled,
  calls: readonly PageCall[],
  slots: number,
): string[] {
  const abandoned = batchesOf(root).filter(
    (batch) => batch.isAbandoned && batch.path !== path && isWithin(batch.path, path),
  );
  const isReached = (called: string) =>
    isWithin(called, path) &&
    !abandoned.some((batch) => isWithin(called, batch.path) && batch.path.length > path.length);
  const after = calls.filter((call) => call.time > time && isReached(call.path));
  const late = after.filter((call) => call.time > graceEnd);
  const wrong = late.map(
    (call) => `I15 ${call.path} was called ${Math.round(call.time - time)} ms after the cancel of ${path}`,
  );
  if (after.length > slots) wrong.push(`I15 ${after.length} pages were called after the cancel of ${path}`);
  return wrong;
}

function isWithin(path: string, above: string): boolean {
  return path === above || path.startsWith(`${above}.`);
}
