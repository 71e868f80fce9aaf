// Jobs as a whole: none lost, none twice, all ended as was meant, none too early.

import { acceptedOf, type Evidence } from "../evidence.js";
import type { StoredBatch, StoredJob } from "../stored.js";
import { BUSY_DELAY_S, HELD_QUEUE } from "../work.js";
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
    if (byCancel.has(job.name) || planned.jobs.get(job.name)?.queue.startsWith(HELD_QUEUE)) return true;
    const batch = batchById.get(job.batch ?? job.completes ?? "");
    if (batch === undefined) return false;
    if (byCancel.has(batch.name) || batch.reason === "SEAL_TIMEOUT" || batch.reason === "PARENT_ENDED") return true;
    const parent = jobById.get(batch.parent ?? "");
    return parent !== undefined && mayBeCancelled(parent);
  }

  const isCopy = ({ retryOf, batch }: StoredJob) =>
    retryOf !== undefined || batchById.get(batch ?? "")?.retryOf !== undefined;

  return stored.jobs.flatMap((job) => {
    const shown = `${job.name} is ${job.state} ${job.reason ?? ""}`;
    if (!hasEnded(job)) return [`${shown}: it has not ended`];
    if (job.state === "CANCELLED") return mayBeCancelled(job) ? [] : [`${shown}, and nobody cancelled it`];
    if (job.reason === "INTERRUPTED_TOO_OFTEN" && job.interruptedCount >= INTERRUPTIONS) return [];
    if (job.reason === "ATTEMPTS_EXHAUSTED" && isSpentByLapses(job)) return [];
    const expected = expectedOf(job, planned.jobs.get(job.name)?.kind ?? "");
    const isAsMeant =
      expected === `${job.state} ${job.reason}` ||
      // A retry has no deadline.
      (expected === "FAILED DEADLINE" && job.state === "SUCCEEDED" && isCopy(job)) ||
      (expected === "a verdict of its batches" && ["OK", "CHILDREN_FAILED"].includes(job.reason ?? ""));
    return isAsMeant ? [] : [`${shown}, and not ${expected}`];
  });
}

/** A lapse of what a page has accepted uses an attempt, so enough faults use them all. */
function isSpentByLapses({ attempts, attemptCount, maxAttempts }: StoredJob): boolean {
  const outcomes = new Set(attempts.map(({ outcome }) => outcome));
  return attemptCount === maxAttempts && outcomes.has("LAPSED") && !outcomes.has("FAILED");
}

function expectedOf({ batches }: StoredJob, kind: string): string {
  if (kind === "fails") return "FAILED ATTEMPTS_EXHAUSTED";
  if (kind === "expires") return "FAILED DEADLINE";
  if (kind === "refuses") return "FAILED PERMANENT";
  if (kind === "master" && batches.length > 0) return "a verdict of its batches";
  return "SUCCEEDED OK";
}

function twice({ stored, said, batchById, jobById }: Evidence): string[] {
  const wrong: string[] = [];
  /** It is a retry, or below one: another job of the same name. */
  function isRetry({ retryOf, batch, completes }: StoredJob): boolean {
    if (retryOf !== undefined) return true;
    const own = batchById.get(batch ?? completes ?? "");
    return own !== undefined && isBatchRetry(own);
  }
  function isBatchRetry({ retryOf, parent }: StoredBatch): boolean {
    const master = jobById.get(parent ?? "");
    return retryOf !== undefined || (master !== undefined && isRetry(master));
  }
  // Of each job there is one retry at most.
  const whatOf = (retryOf: string | undefined, name: string) =>
    retryOf === undefined ? name : `the retry of ${retryOf}`;
  const jobs = stored.jobs.map((job) => ({ id: job.id, what: whatOf(job.retryOf, isRetry(job) ? job.id : job.name) }));
  const batches = stored.batches.map((batch) => ({
    id: batch.id,
    what: whatOf(batch.retryOf, isBatchRetry(batch) ? batch.id : batch.name),
  }));
  for (const made of [jobs, batches]) {
    const ids = new Map<string, string>();
    for (const { id, what } of made) {
      const other = ids.get(what);
      if (other !== undefined) wrong.push(`of ${what} there are two: ${id} ${other}`);
      ids.set(what, id);
    }
  }
  const ids = new Map<string, string>();
  for (const { name, id, masterId } of acceptedOf(said)) {
    // A master that is called again by a retry is another.
    const what = `${masterId} ${name}`;
    const other = ids.get(what);
    if (other !== undefined && other !== id) wrong.push(`${name} was answered as ${id} and as ${other}`);
    ids.set(what, id);
  }
  return wrong;
}

function ghosts({ stored, planned, calls }: Evidence): string[] {
  return [
    ...stored.jobs.flatMap(({ name, id }) => (planned.jobs.has(name) ? [] : [`job ${id} was never asked for`])),
    ...stored.batches.flatMap(({ name }) => (planned.batches.has(name) ? [] : [`batch ${name} was never asked for`])),
    ...[...calls.values()].flatMap(([call]) =>
      call === undefined || planned.jobs.has(call.called) ? [] : [`a page was called for ${call.called}`],
    ),
  ];
}

function tooEarly({ calls, planned, jobById, answers }: Evidence): string[] {
  const wrong: string[] = [];
  for (const [id, [first]] of calls) {
    const job = jobById.get(id);
    const name = job?.name ?? "";
    // A retry does not wait again.
    const delayMs = job?.retryOf === undefined ? (planned.jobs.get(name)?.delayMs ?? 0) : 0;
    if (job !== undefined && first !== undefined && first.time + CLOCK_MS < job.createTime + delayMs) {
      wrong.push(`${name} was called ${job.createTime + delayMs - first.time} ms before its time`);
    }
  }
  for (const { answered, jobId, how, fence, time } of answers) {
    if (how !== "busy") continue;
    // An answer that reached nobody asks for nothing: the attempt is repeated when its lease has ended.
    const isHeard = jobById.get(jobId)?.attempts.some((one) => one.fence === fence && one.outcome === "BUSY");
    const next = calls.get(jobId)?.find((call) => call.fence > fence);
    if (isHeard && next !== undefined && next.time + CLOCK_MS < time + BUSY_DELAY_S * 1_000) {
      wrong.push(`${answered} was called again ${next.time - time} ms after it had asked for ${BUSY_DELAY_S} s`);
    }
  }
  return wrong;
}
