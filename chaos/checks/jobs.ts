// Jobs as a whole: none lost, none twice, all ended as was meant, none too early.

import { acceptedOf, type Evidence } from "../evidence.js";
import type { StoredJob } from "../stored.js";
import { BUSY_DELAY_S } from "../work.js";
import { type Check, hasEnded } from "./check.js";

/** Between the clocks of two processes on one machine, and the rounding of both. */
const CLOCK_MS = 20;
/** Interruptions that a job survives. */
const INTERRUPTIONS = 20;

export const jobChecks: readonly Check[] = [
  {
    id: "I1",
    title: "no accepted job is lost",
    wrong: ({ said, jobById }) =>
      acceptedOf(said).flatMap(({ name, id }) => (jobById.has(id) ? [] : [`${name} (${id}) was accepted and is gone`])),
  },
  { id: "I2", title: "every accepted job ends within its policy", wrong: (evidence) => endings(evidence) },
  {
    id: "I9",
    title: "a repeat makes nothing twice, and nothing is there that nobody asked for",
    wrong: (evidence) => [...twice(evidence), ...ghosts(evidence)],
  },
  { id: "I16", title: "nothing starts before its time", wrong: (evidence) => tooEarly(evidence) },
];

function endings({ stored, planned, batchById, jobById }: Evidence): string[] {
  const byCancel = new Set(
    planned.units.flatMap(({ cancelAfterMs, job, batch }) =>
      cancelAfterMs === undefined ? [] : [job?.name ?? batch?.name ?? ""],
    ),
  );

  /** Something above it was cancelled, was not sealed in time, or ended. */
  function mayBeCancelled(job: StoredJob): boolean {
    if (byCancel.has(job.name)) return true;
    const batch = batchById.get(job.batch ?? job.completes ?? "");
    if (batch === undefined) return false;
    if (byCancel.has(batch.name) || batch.reason === "SEAL_TIMEOUT" || batch.reason === "PARENT_ENDED") return true;
    const parent = jobById.get(batch.parent ?? "");
    return parent !== undefined && mayBeCancelled(parent);
  }

  return stored.jobs.flatMap((job) => {
    const shown = `${job.name} is ${job.state} ${job.reason ?? ""}`;
    if (!hasEnded(job)) return [`${shown}: it has not ended`];
    if (job.state === "CANCELLED") return mayBeCancelled(job) ? [] : [`${shown}, and nobody cancelled it`];
    if (job.reason === "INTERRUPTED_TOO_OFTEN" && job.interruptedCount >= INTERRUPTIONS) return [];
    const expected = expectedOf(job, planned.jobs.get(job.name)?.kind ?? "");
    const isAsMeant =
      expected === `${job.state} ${job.reason}` ||
      (expected === "a verdict of its batches" && ["OK", "CHILDREN_FAILED"].includes(job.reason ?? ""));
    return isAsMeant ? [] : [`${shown}, and not ${expected}`];
  });
}

function expectedOf({ batches }: StoredJob, kind: string): string {
  if (kind === "fails") return "FAILED ATTEMPTS_EXHAUSTED";
  if (kind === "refuses") return "FAILED PERMANENT";
  if (kind === "master" && batches.length > 0) return "a verdict of its batches";
  return "SUCCEEDED OK";
}

function twice({ jobsByName, stored, said }: Evidence): string[] {
  const wrong: string[] = [];
  for (const [name, jobs] of jobsByName) {
    if (jobs.length > 1) wrong.push(`${name} is ${jobs.length} jobs: ${jobs.map(({ id }) => id).join(" ")}`);
  }
  const batchNames = new Map<string, string>();
  for (const { name, id } of stored.batches) {
    const other = batchNames.get(name);
    if (other !== undefined) wrong.push(`${name} is two batches: ${id} ${other}`);
    batchNames.set(name, id);
  }
  const ids = new Map<string, string>();
  for (const { name, id } of acceptedOf(said)) {
    const other = ids.get(name);
    if (other !== undefined && other !== id) wrong.push(`${name} was answered as ${id} and as ${other}`);
    ids.set(name, id);
  }
  return wrong;
}

function ghosts({ stored, planned, calls }: Evidence): string[] {
  return [
    ...stored.jobs.flatMap(({ name, id }) => (planned.jobs.has(name) ? [] : [`job ${id} was never asked for`])),
    ...stored.batches.flatMap(({ name }) => (planned.batches.has(name) ? [] : [`batch ${name} was never asked for`])),
    ...[...calls.keys()].flatMap((name) => (planned.jobs.has(name) ? [] : [`a page was called for ${name}`])),
  ];
}

function tooEarly({ calls, planned, jobsByName, answers }: Evidence): string[] {
  const wrong: string[] = [];
  for (const [name, called] of calls) {
    const [job] = jobsByName.get(name) ?? [];
    const delayMs = planned.jobs.get(name)?.delayMs ?? 0;
    const [first] = called;
    if (job !== undefined && first !== undefined && first.time + CLOCK_MS < job.createTime + delayMs) {
      wrong.push(`${name} was called ${job.createTime + delayMs - first.time} ms before its time`);
    }
  }
  for (const { answered, how, fence, time } of answers) {
    if (how !== "busy") continue;
    // Its retry; an attempt whose end nobody wrote down is repeated when its lease has ended.
    const next = calls.get(answered)?.find((call) => call.fence > fence);
    if (next !== undefined && next.time + CLOCK_MS < time + BUSY_DELAY_S * 1_000) {
      wrong.push(`${answered} was called again ${next.time - time} ms after it had asked for ${BUSY_DELAY_S} s`);
    }
  }
  return wrong;
}
