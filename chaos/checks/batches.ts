// Batches and masters: whole when sealed, ended after all below them, once, and with the right counts.

import { acceptedOf, type Evidence } from "../evidence.js";
import type { StoredBatch, StoredJob } from "../stored.js";
import { type Check, hasEnded } from "./check.js";

/** From the end of the last member, or from the end of the faults, to the end of a batch that waits for nothing else. */
const FAN_IN_MS = 15_000;

export const batchChecks: readonly Check[] = [
  { id: "I10", title: "a sealed batch is whole, and none ends before its seal", wrong: (evidence) => sealed(evidence) },
  { id: "I11", title: "a batch joins a master only while that holds its lease", wrong: (evidence) => joined(evidence) },
  { id: "I12", title: "fan-in is never early", wrong: (evidence) => early(evidence) },
  { id: "I13", title: "fan-in is never missing", wrong: (evidence) => missing(evidence) },
  { id: "I14", title: "fan-in happens once, with the right counts", wrong: (evidence) => once(evidence) },
];

function sealed({ said, batchById, membersOf, jobById }: Evidence): string[] {
  const wrong: string[] = [];
  for (const { said: method, code, batchId } of said) {
    if (method !== "JobService/SealBatch" || code !== "OK" || batchId === undefined) continue;
    const batch = batchById.get(batchId);
    if (batch?.sealTime === undefined) wrong.push(`batch ${batchId} was answered as sealed and is not`);
  }
  for (const { name, id, batch } of acceptedOf(said)) {
    const job = jobById.get(id);
    if (batch !== undefined && job !== undefined && job.batch === undefined) wrong.push(`${name} is in no batch`);
  }
  for (const { id, name, state, total, sealTime, finishTime } of batchById.values()) {
    if (state === "SUCCEEDED" && sealTime === undefined) wrong.push(`${name} succeeded without a seal`);
    if (sealTime === undefined) continue;
    if (finishTime !== undefined && finishTime < sealTime) wrong.push(`${name} ended before it was sealed`);
    const members = membersOf.get(id)?.length ?? 0;
    if (total !== members) wrong.push(`${name} was sealed with ${total} members, and has ${members}`);
  }
  return wrong;
}

function joined({ said, stored, jobById }: Evidence): string[] {
  const wrong: string[] = [];
  for (const { said: method, by, code, batchId, batch } of said) {
    if (method !== "JobService/SubmitBatch" || by === undefined || code !== "OK" || batchId === undefined) continue;
    if (!jobById.get(by.jobId)?.batches.includes(batchId)) wrong.push(`the master of ${batch} does not know it`);
  }
  for (const { id, name, parent } of stored.batches) {
    if (parent !== undefined && !jobById.get(parent)?.batches.includes(id)) wrong.push(`${name} has no master`);
  }
  return wrong;
}

function early({ stored, membersOf, jobById, batchById, calls, said }: Evidence): string[] {
  const wrong: string[] = [];
  const accepted = new Set(acceptedOf(said).map(({ id }) => id));
  for (const batch of stored.batches) {
    const last = jobById.get(batch.onCompleteJobId ?? "");
    const lastCall = calls.get(last?.id ?? "")?.[0];
    for (const member of membersOf.get(batch.id) ?? []) {
      // What a close met while it was added is ended by whoever finds it, before or after the batch.
      if (!accepted.has(member.id) && member.state === "CANCELLED") continue;
      const end = member.finishTime ?? Number.POSITIVE_INFINITY;
      if (batch.finishTime !== undefined && end > batch.finishTime) wrong.push(`${batch.name} before ${member.name}`);
      if (batch.completeTime !== undefined && end > batch.completeTime) {
        wrong.push(`${batch.name} was complete before ${member.name} had ended`);
      }
      // By the witness alone, whatever the store says.
      const counts = calls.get(member.id)?.find(({ fence }) => fence === member.fence);
      if (lastCall !== undefined && counts !== undefined && counts.time > lastCall.time) {
        wrong.push(`${last?.name} was called before ${member.name}`);
      }
    }
    // One that was made while its batch was cancelled is ended by whoever finds it, too, and no page is called.
    if (last?.state === "CANCELLED" && lastCall === undefined && batch.state === "CANCELLED") continue;
    if (last !== undefined && batch.finishTime !== undefined && !((last.finishTime ?? Infinity) <= batch.finishTime)) {
      wrong.push(`${batch.name} before ${last.name}`);
    }
  }
  for (const job of stored.jobs) {
    for (const id of job.batches) {
      const below = batchById.get(id);
      if (below !== undefined && !((below.finishTime ?? Infinity) <= (job.finishTime ?? 0))) {
        wrong.push(`${job.name} before ${below.name}`);
      }
    }
  }
  return wrong;
}

function missing({ stored, membersOf, struck, jobById }: Evidence): string[] {
  const calm = Math.max(0, ...struck.map(({ endTime }) => endTime));
  return stored.batches.flatMap((batch) => {
    if (!hasEnded(batch)) return [`${batch.name} is ${batch.state}`];
    // One that nobody sealed ends with its time, or with its master: not before that master's page has been called again.
    if (batch.sealTime === undefined) return [];
    const last = jobById.get(batch.onCompleteJobId ?? "");
    const ends = (membersOf.get(batch.id) ?? []).map(({ finishTime }) => finishTime ?? 0);
    const ready = Math.max(batch.sealTime, last?.finishTime ?? 0, ...ends);
    const since = (batch.finishTime ?? 0) - Math.max(ready, Math.min(calm, batch.finishTime ?? 0));
    return since > FAN_IN_MS ? [`${batch.name} ended ${since} ms after it could`] : [];
  });
}

function once({ stored, calls, membersOf, said }: Evidence): string[] {
  const wrong: string[] = [];
  const accepted = new Set(acceptedOf(said).map(({ id }) => id));
  const lastOf = new Map<string, StoredJob[]>();
  for (const job of stored.jobs) {
    if (job.completes !== undefined) lastOf.set(job.completes, [...(lastOf.get(job.completes) ?? []), job]);
  }
  for (const batch of stored.batches) {
    const made = lastOf.get(batch.id) ?? [];
    if (made.length > 1) wrong.push(`${batch.name} has ${made.length} on_complete jobs`);
    for (const call of calls.get(made[0]?.id ?? "") ?? []) {
      const told = JSON.parse(call.body).batch.counts;
      const { succeeded, failed, cancelled } = batch.tally ?? {};
      if (told.succeeded !== succeeded || told.failed !== failed || told.cancelled !== cancelled) {
        wrong.push(`${made[0]?.name} was told ${JSON.stringify(told)}, and ${JSON.stringify(batch.tally)} is noted`);
      }
    }
    wrong.push(...miscounted(batch, membersOf.get(batch.id) ?? [], accepted), ...misjudged(batch, made[0]));
  }
  return wrong;
}

function miscounted(
  { name, tally, sealTime }: StoredBatch,
  members: readonly StoredJob[],
  accepted: ReadonlySet<string>,
): string[] {
  if (tally === undefined) return [`${name} ended without counts`];
  // A batch that was closed without a seal may have met members half way, which nobody was told of.
  const counted = sealTime === undefined ? members.filter(({ id }) => accepted.has(id)) : members;
  const of = (state: string, among: readonly StoredJob[]) => among.filter((job) => job.state === state).length;
  return (["SUCCEEDED", "FAILED", "CANCELLED"] as const).flatMap((state) => {
    const noted = tally[state.toLowerCase()] ?? 0;
    const [least, most] = [of(state, counted), of(state, members)];
    return noted < least || noted > most ? [`${name} counts ${noted} ${state}, and has ${least} to ${most}`] : [];
  });
}

function misjudged({ name, state, reason, tally, tolerated }: StoredBatch, last: StoredJob | undefined): string[] {
  if (state === "CANCELLED") return [];
  const isBorne = (tally?.failed ?? 0) + (tally?.cancelled ?? 0) <= tolerated;
  const wasOk = last === undefined || last.state === "SUCCEEDED";
  const expected = !isBorne ? "FAILED MEMBERS_FAILED" : wasOk ? "SUCCEEDED OK" : "FAILED ON_COMPLETE_FAILED";
  return `${state} ${reason}` === expected ? [] : [`${name} is ${state} ${reason}, and not ${expected}`];
}
