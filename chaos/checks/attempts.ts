// Attempts: one claim, one fence, one token, one call, one end; and each call but the last explained by the history.

import type { Evidence } from "../evidence.js";
import type { Called } from "../pages.js";
import type { StoredAttempt, StoredJob } from "../stored.js";
import { type Check, hasEnded } from "./check.js";

/** Past attempts that a job keeps. */
const SHOWN = 20;
/** Outcomes that use an attempt, and that explain why there was another. */
const COUNTED = new Set(["SUCCEEDED", "FAILED", "REJECTED", "LAPSED", "CANCELLED"]);
const FOR_WANT = new Set(["INTERRUPTED", "LAPSED"]);
const EXPLAINS = new Set(["FAILED", "BUSY", "INTERRUPTED", "RELEASED", "LAPSED"]);

export const attemptChecks: readonly Check[] = [
  { id: "I3", title: "an end is final", wrong: (evidence) => [...afterSuccess(evidence), ...afterEnd(evidence)] },
  { id: "I4", title: "each claim raises the fence by one, under a new token", wrong: (evidence) => claims(evidence) },
  {
    id: "I5",
    title: "a lease ends before the next begins",
    wrong: ({ stored }) =>
      stored.jobs.flatMap(({ name, attempts }) =>
        attempts.flatMap((attempt, place) => {
          const next = attempts[place + 1];
          return next !== undefined && next.startTime < attempt.endTime
            ? [`${name}: attempt under ${next.fence} began before the one under ${attempt.fence} had ended`]
            : [];
        }),
      ),
  },
  { id: "I6", title: "only the holder of the lease writes", wrong: (evidence) => staleWrites(evidence) },
  {
    id: "I7",
    title: "one call a fence, and each further one explained",
    wrong: (evidence) => unexplained(evidence),
  },
  { id: "I8", title: "attempts are counted as they are used", wrong: ({ stored }) => stored.jobs.flatMap(counts) },
];

function afterSuccess({ stored }: Evidence): string[] {
  return stored.jobs.flatMap(({ name, attempts }) => {
    const place = attempts.findIndex(({ outcome }) => outcome === "SUCCEEDED");
    return place >= 0 && place < attempts.length - 1 ? [`${name} was run again after it had succeeded`] : [];
  });
}

/** What a watcher was shown as the end is what is stored, but for the note of a retry. */
function afterEnd({ shown, jobById, stored }: Evidence): string[] {
  const wrong: string[] = [];
  const retried = new Set(stored.jobs.map(({ retryOf }) => retryOf));
  for (const watch of shown.values()) {
    for (const { shown: id, state, revision } of watch) {
      const job = jobById.get(id);
      if (!hasEnded({ state }) || job === undefined) continue;
      const noted = retried.has(id) ? job.revision - 1 : job.revision;
      if (job.state !== state || (job.revision !== revision && noted !== revision)) {
        wrong.push(`${id} was shown as ${state} at ${revision}, and is ${job.state} at ${job.revision}`);
      }
    }
  }
  return wrong;
}

function claims({ stored, calls }: Evidence): string[] {
  const wrong: string[] = [];
  for (const { name, fence, attempts, state } of stored.jobs) {
    const fences = attempts.map((attempt) => attempt.fence);
    // A claim that finds a cancel above the job ends it without an attempt.
    const isCutOff = state === "CANCELLED" && fences.at(-1) === fence - 1;
    const last = isCutOff || (state === "CANCELLED" && fence === 1 && fences.length === 0) ? fence - 1 : fence;
    const expected = Array.from({ length: Math.min(last, SHOWN) }, (_, place) => last - place).reverse();
    if (hasEnded({ state }) && String(fences) !== String(expected)) {
      wrong.push(`${name} was claimed ${fence} times, and its history has ${fences}`);
    }
  }
  for (const called of calls.values()) {
    const name = called[0]?.called;
    const tokens = new Map<number, string>();
    for (const { fence, token } of called) tokens.set(fence, token);
    if (new Set(tokens.values()).size !== tokens.size) wrong.push(`${name} was claimed twice under one token`);
    if (called.some(({ fence, token }) => tokens.get(fence) !== token)) wrong.push(`${name}: one fence, two tokens`);
  }
  return wrong;
}

function staleWrites({ stored, said, calls, jobById }: Evidence): string[] {
  const wrong: string[] = [];
  for (const { name, state, result, attempts, batches, retryOf } of stored.jobs) {
    // The retry of a master whose page had succeeded has its result, and calls nothing.
    if (state !== "SUCCEEDED" || (retryOf !== undefined && attempts.length === 0)) continue;
    const last = attempts.at(-1);
    const given = JSON.parse(result ?? "{}");
    if (given.name !== name || given.fence !== last?.fence || last?.outcome !== "SUCCEEDED") {
      wrong.push(`${name} holds the result ${result}, and ended under ${last?.fence} (${batches.length} batches)`);
    }
  }
  for (const { said: method, by, code, sentTime, names } of said) {
    if (by === undefined || code !== "OK") continue;
    const job = jobById.get(by.jobId);
    const newer = calls.get(by.jobId)?.find(({ fence, time }) => fence > by.fence && time < sentTime);
    if (newer === undefined) continue;
    // A complete that is said again after it counted is told so.
    const own = job?.attempts.find(({ fence }) => fence === by.fence);
    if (method === "AttemptService/CompleteAttempt" && own?.outcome === "SUCCEEDED") continue;
    wrong.push(`${method} of ${names[0]} under ${by.fence} was answered OK after ${newer.fence} had begun`);
  }
  return wrong;
}

function unexplained({ calls, jobById }: Evidence): string[] {
  const wrong: string[] = [];
  for (const [id, called] of calls) {
    const job = jobById.get(id);
    if (job === undefined) {
      wrong.push(`${called[0]?.called} was called as ${id}, which is no job`);
      continue;
    }
    const { name } = job;
    const fences = called.map(({ fence }) => fence);
    if (new Set(fences).size !== fences.length) wrong.push(`${name} was called twice under one fence: ${fences}`);
    for (const call of called) wrong.push(...withoutReason(call, job));
  }
  return wrong;
}

/**
 * How many attempts ended for want of a server or a report, though nothing had struck while they, or the lease of one
 * before, lasted. None, unless the machine has more to do than it can: so this is a figure and no verdict.
 */
export function withoutFault({ stored, struck, leaseMs }: Evidence): number {
  const hasFault = ({ startTime, endTime }: StoredAttempt) =>
    struck.some((fault) => fault.beginTime <= endTime && fault.endTime >= startTime - leaseMs);
  const attempts = stored.jobs.flatMap((job) => job.attempts);
  return attempts.filter((one) => FOR_WANT.has(one.outcome) && !hasFault(one)).length;
}

function withoutReason({ fence }: Called, job: StoredJob): string[] {
  if (fence > job.fence) return [`${job.name} was called under ${fence}, and was never claimed so`];
  if (fence <= job.fence - SHOWN || fence === job.fence) return [];
  const outcome = job.attempts.find((attempt) => attempt.fence === fence)?.outcome ?? "nothing";
  return EXPLAINS.has(outcome) ? [] : [`${job.name} was called again after ${fence}, which ended in ${outcome}`];
}

/** How many calls there were beside the first of each job, by what explains them. */
export function duplicates({ calls, jobById }: Evidence): Map<string, number> {
  const reasons = new Map<string, number>();
  for (const [id, called] of calls) {
    const job = jobById.get(id);
    for (const { fence } of called) {
      if (fence === called.at(-1)?.fence) continue;
      const outcome = job?.attempts.find((attempt) => attempt.fence === fence)?.outcome ?? "older than the history";
      reasons.set(outcome, (reasons.get(outcome) ?? 0) + 1);
    }
  }
  return reasons;
}

function counts({ name, attempts, fence, attemptCount, interruptedCount, maxAttempts }: StoredJob): string[] {
  const wrong: string[] = [];
  if (attemptCount > maxAttempts) wrong.push(`${name} used ${attemptCount} attempts of ${maxAttempts}`);
  if (fence > SHOWN) return wrong;
  const used = attempts.filter(({ outcome }) => COUNTED.has(outcome)).length;
  const interrupted = attempts.filter(({ outcome }) => outcome === "INTERRUPTED").length;
  if (used !== attemptCount) wrong.push(`${name} counts ${attemptCount} attempts, and its history ${used}`);
  if (interrupted !== interruptedCount) {
    wrong.push(`${name} counts ${interruptedCount} interruptions, and its history ${interrupted}`);
  }
  return wrong;
}
