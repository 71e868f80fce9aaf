// What must hold of a forest once all of it has ended, whatever failed on the way: by what the service shows and what
// its pages saw. Each check returns what is wrong, in words that name the page.

import { counts, type Shown } from "./batches.js";
import type { PageCall, Said } from "./trees-pages.js";
import type { BatchSeen, ForestSeen, JobSeen } from "./trees-read.js";

export interface Evidence extends ForestSeen {
  readonly calls: readonly PageCall[];
  readonly said: readonly Said[];
}

type Wrong = string[];

/** How many attempts a job shows. */
const SHOWN = 20;
const ENDED = /_(SUCCEEDED|FAILED|CANCELLED)$/;

/** Every check; an empty list if all is well. */
export function wrongIn(evidence: Evidence): Wrong {
  return [
    ...refusals(evidence),
    ...sameAgain(evidence),
    ...evidence.batches.flatMap((seen) => [
      ...counted(seen, evidence),
      ...fanIn(seen, evidence),
      ...onComplete(seen, evidence),
      ...batchVerdict(seen),
    ]),
    ...evidence.jobs.flatMap((seen) => [
      ...masterVerdict(seen),
      ...explained(seen, evidence),
      ...joined(seen, evidence),
    ]),
  ];
}

/** A caller is refused only for what is stale or cancelled. */
function refusals({ said }: Evidence): Wrong {
  return said.flatMap(({ method, batchPath, answer: { code, reason, message } }) => {
    const isStale = code === "FAILED_PRECONDITION" && (reason === "LEASE_LOST" || reason === "CANCELLED");
    return code === "OK" || isStale ? [] : [`${batchPath}: ${method} was answered ${code} ${reason} ${message}`];
  });
}

/** I9: a key is one batch, a child key or place one job, however often it was said. */
function sameAgain({ said, jobs, batches }: Evidence): Wrong {
  const wrong: Wrong = [];
  const batchIds = new Map<string, Set<string>>();
  const jobIds = new Map<string, Set<string>>();
  const note = (ids: Map<string, Set<string>>, path: string, id: string) =>
    ids.set(path, (ids.get(path) ?? new Set()).add(id));
  for (const { path, batch } of batches) note(batchIds, path, batch.id);
  for (const { path, job } of jobs) note(jobIds, path, job.id);
  for (const { answer, batchPath, paths } of said) {
    if (answer.code !== "OK") continue;
    if (answer.body.batch !== undefined) note(batchIds, batchPath, answer.body.batch.id);
    for (const [place, path] of paths.entries()) note(jobIds, path, answer.body.job?.id ?? answer.body.jobIds?.[place]);
  }
  for (const [path, ids] of [...batchIds, ...jobIds]) {
    if (ids.size !== 1) wrong.push(`I9 ${path} is ${ids.size} jobs or batches: ${[...ids].join(" ")}`);
  }
  if (new Set(jobs.map(({ job }) => job.id)).size !== jobs.length) wrong.push("I9 a job is listed twice");
  return wrong;
}

/** I10, I14: the counts are of the members that were answered OK; what a close met half way may be there besides, ended. */
function counted({ path, batch, members }: BatchSeen, { said }: Evidence): Wrong {
  const wrong: Wrong = [];
  const { total = 0, succeeded = 0, failed = 0, cancelled = 0, ...live } = counts(batch);
  const listed = (state: string) => members.filter((job) => job.state === `JOB_STATE_${state}`).length;
  const answered = answeredOf(path, said);
  const late = members.length - total;
  const unanswered = members.filter(({ id }) => !answered.has(id));
  if (!ENDED.test(batch.state)) wrong.push(`I13 batch ${path} is ${batch.state}`);
  if (Object.keys(live).length > 0) wrong.push(`I12 batch ${path} ended with live members: ${JSON.stringify(live)}`);
  if (succeeded !== listed("SUCCEEDED") || failed !== listed("FAILED") || cancelled !== listed("CANCELLED") - late) {
    wrong.push(`I14 batch ${path} counts ${JSON.stringify(counts(batch))} of ${members.length} members`);
  }
  if (late < 0 || late > unanswered.length || (late > 0 && batch.state === "BATCH_STATE_SUCCEEDED")) {
    wrong.push(`I10 batch ${path} has ${members.length} members, ${answered.size} answered OK, and counts ${total}`);
  }
  const ids = new Set(members.map(({ id }) => id));
  for (const id of answered)
    if (!ids.has(id)) wrong.push(`I1 member ${id} of ${path} was answered OK and is not there`);
  if (batch.state === "BATCH_STATE_SUCCEEDED" && batch.sealTime === undefined) wrong.push(`I10 ${path} was not sealed`);
  if (batch.sealTime !== undefined && time(batch.sealTime) > time(batch.finishTime))
    wrong.push(`I10 ${path} ended early`);
  return wrong;
}

/** Ids of members of a batch that OK reached the caller for. */
function answeredOf(path: string, said: readonly Said[]): Set<string> {
  const own = said.filter(({ batchPath, answer }) => batchPath === path && answer.code === "OK");
  return new Set(own.flatMap(({ answer }) => answer.body.jobIds ?? []));
}

/** I12: members, then the `on_complete` job, then the batch. */
function fanIn({ path, batch, members, onComplete: last }: BatchSeen, { said }: Evidence): Wrong {
  const wrong: Wrong = [];
  const answered = answeredOf(path, said);
  for (const job of members) {
    if (!ENDED.test(job.state)) wrong.push(`I13 member ${job.endpoint.url} is ${job.state}`);
    // What a cancel met while it was added is ended by whoever finds it, before or after the batch.
    if (!answered.has(job.id) && job.state === "JOB_STATE_CANCELLED") continue;
    if (time(job.finishTime) > time(batch.finishTime)) wrong.push(`I12 ${path} ended before ${job.endpoint.url}`);
    if (last !== undefined && time(job.finishTime) > time(last.createTime)) {
      wrong.push(`I12 on_complete of ${path} was made before ${job.endpoint.url} had ended`);
    }
  }
  if (last !== undefined && !(time(last.finishTime) <= time(batch.finishTime))) {
    wrong.push(`I12 ${path} ended before its on_complete job`);
  }
  return wrong;
}

/** I14: one job, told what the batch shows. */
function onComplete({ path, batch, onComplete: last }: BatchSeen, { calls }: Evidence): Wrong {
  const wrong: Wrong = [];
  const told = calls.filter((call) => call.path === `${path}.done`);
  const ids = new Set(told.map(({ jobId }) => jobId));
  // Not after a cancel that was asked for, of it or of what lies above it.
  const runs = !/_(CANCELLED|PARENT_ENDED)$/.test(batch.stateReason);
  if (ids.size > 1 || (ids.size === 1 && !ids.has(batch.onCompleteJobId))) {
    wrong.push(`I14 on_complete of ${path} ran as ${[...ids].join(" ")}`);
  }
  for (const { body } of told) {
    const { id, key, counts: given, state } = JSON.parse(body).batch;
    const shown = counts(batch);
    const differs = Object.entries(given).some(([name, count]) => count !== (shown[name] ?? 0));
    if (id !== batch.id || key !== batch.key || differs) wrong.push(`I14 on_complete of ${path} was told ${body}`);
    if (batch.state === "BATCH_STATE_SUCCEEDED" && state !== "SUCCEEDED") {
      wrong.push(`I14 on_complete of ${path} was told that it ${state}`);
    }
  }
  if (batch.onComplete !== undefined && runs && told.length === 0) {
    wrong.push(`I14 on_complete of ${path} never ran: ${batch.stateReason}, ${last?.state} ${last?.stateReason}`);
  }
  if (runs && batch.onComplete !== undefined && last === undefined) wrong.push(`I14 on_complete of ${path} is gone`);
  return wrong;
}

function batchVerdict({ path, batch, members, onComplete: last }: BatchSeen): Wrong {
  const { failed = 0, cancelled = 0 } = counts(batch);
  const isBorne = failed + cancelled <= Number(batch.failurePolicy?.toleratedFailureCount ?? 0);
  const ended = `${batch.state} for ${batch.stateReason}`.replace(/BATCH_STATE_(REASON_)?/g, "");
  const wasOk = last === undefined || last.state === "JOB_STATE_SUCCEEDED";
  const expected: Record<string, boolean> = {
    "SUCCEEDED for OK": isBorne && wasOk,
    "FAILED for MEMBERS_FAILED": !isBorne,
    "FAILED for ON_COMPLETE_FAILED": isBorne && !wasOk,
    "CANCELLED for CANCELLED": true,
    "CANCELLED for PARENT_ENDED": batch.parentJobId !== undefined,
    "CANCELLED for SEAL_TIMEOUT": batch.sealTime === undefined,
  };
  return expected[ended] ? [] : [`${path} ended ${ended} with ${failed + cancelled} of ${members.length} not well`];
}

/** I12 for masters: after what they wait for, and no better than that. */
function masterVerdict({ path, job, batches }: JobSeen): Wrong {
  if (!ENDED.test(job.state)) return [`I13 ${path} is ${job.state}`];
  const wrong: Wrong = [];
  const pageSucceeded =
    job.attempts?.at(-1)?.outcome === "ATTEMPT_OUTCOME_SUCCEEDED" || job.state === "JOB_STATE_SUCCEEDED";
  const waitedFor = batches.filter(
    ({ batch }) => pageSucceeded || batch.parentClosePolicy !== "PARENT_CLOSE_POLICY_ABANDON",
  );
  for (const { path: below, batch } of waitedFor) {
    if (batch.parentClosePolicy === "PARENT_CLOSE_POLICY_ABANDON" && job.state === "JOB_STATE_CANCELLED") continue;
    if (time(batch.finishTime) > time(job.finishTime)) wrong.push(`I12 ${path} ended before its batch ${below}`);
  }
  const allWell = batches.every(({ batch }) => batch.state === "BATCH_STATE_SUCCEEDED");
  if (job.state === "JOB_STATE_SUCCEEDED" && !allWell) wrong.push(`${path} SUCCEEDED and a batch of it did not`);
  if (job.stateReason === "JOB_STATE_REASON_CHILDREN_FAILED" && allWell) wrong.push(`${path} FAILED for no batch`);
  return wrong;
}

/** I7: one call a fence, and each but a last one that succeeded followed by what explains the next. */
function explained({ path, job }: JobSeen, { calls }: Evidence): Wrong {
  const own = calls.filter((call) => call.path === path);
  const history = new Map<number, string>((job.attempts ?? []).map((one: Shown) => [Number(one.fence), one.outcome]));
  const fences = own.map(({ fence }) => fence);
  const wrong: Wrong = [];
  if (new Set(fences).size !== fences.length) wrong.push(`I7 ${path} was called twice under one fence: ${fences}`);
  for (const fence of fences) {
    const outcome = history.get(fence);
    // Only the last attempts are shown.
    if (outcome === undefined && history.size < SHOWN)
      wrong.push(`I7 the call of ${path} under ${fence} is not in its history`);
    const isLast = fence === Math.max(...fences, ...history.keys());
    if (!isLast && outcome !== undefined && /SUCCEEDED$/.test(outcome)) {
      wrong.push(`I3 ${path} was called again after it had succeeded`);
    }
  }
  return wrong;
}

/** I6, I11: nothing that is said after a newer attempt was called, or after the end, counts; what counts is noted above. */
function joined({ path, job, batches }: JobSeen, { calls, said }: Evidence): Wrong {
  const wrong: Wrong = [];
  const own = calls.filter((call) => call.jobId === job.id);
  for (const { by, method, sentTime, answer } of said) {
    if (by === undefined || by.jobId !== job.id || answer.code !== "OK") continue;
    const newer = own.some(({ fence, time: called }) => fence > by.fence && called < sentTime);
    if (newer) wrong.push(`I6 ${method} of ${path} under ${by.fence} was answered OK after a newer attempt had begun`);
    const batch = answer.body.batch;
    if (batch !== undefined && !job.batchIds?.includes(batch.id)) wrong.push(`I11 ${path} has no batch ${batch.key}`);
  }
  const ids = batches.map(({ batch }) => batch.id).sort();
  if (String(ids) !== String([...(job.batchIds ?? [])].sort()))
    wrong.push(`I11 ${path} lists other batches than its own`);
  return wrong;
}

function time(shown: string | undefined): number {
  return Date.parse(shown ?? "");
}
