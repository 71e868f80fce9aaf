// Claim: due jobs to a holder, in turns of queues. `core/claim.ts` decides for each; this file finds and writes. Sweep
// lies here too: it ends by the same rule what no claim reaches.

import { type ClaimDecision, decideClaim } from "../../core/claim.js";
import { DroverError } from "../../core/errors.js";
import { type Job, leasedRank, RANKS_FOR_LEASE } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import { backoffMs } from "../../core/retry.js";
import type { ClaimRequest, ClaimResult, Departed, Round } from "../../core/store.js";
import { COLUMNS, type JobRow, jobOf, type PackedRow, rowOf, stateCode } from "./codec.js";
import { earliestJobs } from "./due-queues.js";
import { type Departure, departed, leaveWrite, pastAttempt } from "./leave.js";
import { lineageReader } from "./lineage.js";
import type { Session } from "./session.js";

const EXPIRED = "the lease ran out before the attempt ended";

export function claimVerb(session: Session): (request: ClaimRequest) => ClaimResult {
  const { prepare, now, token, random, due, paused } = session;
  const earliest = earliestJobs(session);
  const first = prepare(`
    SELECT ${COLUMNS}, payload FROM job INDEXED BY job_claim LEFT JOIN job_payload USING (seq)
    WHERE queue = ? AND rank = ? AND available_time IS NOT NULL ORDER BY available_time LIMIT ?`);
  // The whole set in one statement: 2 µs a job less than one statement for each.
  const run = prepare(`
    UPDATE job SET state = ${stateCode("RUNNING")}, lease_due_time = ifnull(lease_due_time, available_time),
      available_time = ?2,
      rank = rank - iif(lease_token IS NULL, ${RANKS_FOR_LEASE}, 0), fence = fence + 1, revision = revision + 1, lease_holder = ?3, lease_token = ?4, lease_start_time = ?5,
      lease_accepted = 0, start_time = ifnull(start_time, ?5), update_time = ?5
    WHERE seq IN (SELECT value FROM json_each(?1))`);
  const interrupt = prepare("UPDATE job SET interrupted_count = ?2, failure = ?3, attempts = ?4 WHERE seq = ?1");
  const leave = leaveWrite(session);
  const lineage = lineageReader(session);

  return ({ holder, count, leaseMs, afterQueue }) => {
    due.refresh(earliest);
    const time = now();
    const lease: NewLease = { holder, token: token(), time, expireTime: time + leaseMs };
    const jobs: Job[] = [];
    // They leave when all are chosen: one that is to be tried again at once would be met again among those that wait.
    const leaving: (() => Departed)[] = [];
    const { cut } = lineage();
    const runs: number[] = [];
    let lastQueue = afterQueue;

    const take = (row: JobRow): void => {
      const job = jobOf(row);
      const decision = decideClaim(job, time, cut(job));
      if (decision.kind !== "run") {
        leaving.push(() => departed(row, leave(row, departure(job, decision, random), time)));
        return;
      }
      const running = runningJob(decision.interrupted ? interruptedJob(job, row, time) : job, lease);
      if (decision.interrupted) {
        const { interruptedCount, failure, attempts } = running;
        interrupt.run(row.seq, interruptedCount, JSON.stringify(failure), JSON.stringify(attempts));
      }
      due.note(row.queue, leasedRank(row.rank), lease.expireTime);
      runs.push(row.seq);
      jobs.push(running);
    };

    const takeQueue = (queue: string): void => {
      for (const rank of due.ranks(queue, time)) {
        const wanted = count - jobs.length - leaving.length;
        if (wanted <= 0) return;
        // One more than wanted: it tells when the next is due.
        const rows = (first.all(queue, rank, wanted + 1) as PackedRow[]).map(rowOf);
        const dueRows = rows.slice(0, wanted).filter((row) => (row.available_time ?? time) <= time);
        due.settle(queue, rank, rows[dueRows.length]?.available_time ?? undefined);
        for (const row of dueRows) take(row);
      }
    };

    for (const queue of due.due(afterQueue, time)) {
      if (jobs.length + leaving.length >= count) break;
      if (paused.has(queue)) continue;
      lastQueue = queue;
      takeQueue(queue);
    }
    run.run(JSON.stringify(runs), lease.expireTime, holder, lease.token, time);
    const more = jobs.length + leaving.length >= count;
    return { jobs, passedOver: leaving.map((leaves) => leaves()), lastQueue, more };
  };
}

/** Ends what is to be cancelled or past its deadline and not leased, also in paused queues. */
export function sweepVerb(session: Session): (limit: number) => Round<Departed[]> {
  const { prepare, now, random } = session;
  const flagged = prepare(`
    SELECT ${COLUMNS} FROM job INDEXED BY job_cancel WHERE cancel IS NOT NULL AND available_time <= ?
    ORDER BY available_time LIMIT ?`);
  const overdue = prepare(`
    SELECT ${COLUMNS} FROM job INDEXED BY job_deadline
    WHERE deadline_time IS NOT NULL AND deadline_time <= ?1 AND available_time IS NOT NULL AND available_time <= ?1
      AND cancel IS NULL ORDER BY deadline_time LIMIT ?2`);
  const leave = leaveWrite(session);
  return (limit) => {
    const time = now();
    const cancelled = flagged.all(time, limit) as PackedRow[];
    const late = overdue.all(time, limit - cancelled.length) as PackedRow[];
    const done = [...cancelled, ...late].map(rowOf).map((row) => {
      const job = jobOf(row);
      const decision = decideClaim(job, time);
      if (decision.kind !== "end") throw new DroverError("INTERNAL", `job ${row.id} is to be swept, yet would not end`);
      return departed(row, leave(row, departure(job, decision, random), time));
    });
    return { done, more: done.length === limit };
  };
}

interface NewLease {
  readonly holder: string;
  readonly token: string;
  readonly time: number;
  readonly expireTime: number;
}

/** Into the job itself, which nobody else has yet: a copy took 1 µs. */
function runningJob(job: Job, { holder, token, time, expireTime }: NewLease): Job {
  // Whose holder died has been due all the time.
  const dueTime = job.lease?.dueTime ?? job.availableTime ?? time;
  return Object.assign(job, {
    state: "RUNNING" as const,
    fence: job.fence + 1,
    revision: job.revision + 1,
    availableTime: expireTime,
    updateTime: time,
    startTime: job.startTime ?? time,
    lease: { holder, token, dueTime, startTime: time, expireTime, accepted: false },
  });
}

/** With the death of its last holder counted and recorded. */
function interruptedJob(job: Job, row: JobRow, time: number): Job {
  const attempt = pastAttempt(row, INTERRUPTED.attempt, time);
  return {
    ...job,
    interruptedCount: job.interruptedCount + 1,
    failure: { ...FAILURE, time },
    attempts: [...job.attempts, attempt].slice(-limits.attemptsShown),
  };
}

function departure(job: Job, decision: Exclude<ClaimDecision, { kind: "run" }>, random: () => number): Departure {
  if (decision.kind === "lapse") {
    const delayMs = backoffMs(job.backoff, job.attemptCount + 1, random);
    return { next: { state: "PENDING", delayMs }, ...LAPSED };
  }
  const next = { state: decision.state, reason: decision.reason };
  switch (decision.lease) {
    case "none":
      return { next };
    case "lapsed":
      return { next, ...LAPSED };
    case "interrupted":
      return { next, ...INTERRUPTED };
    default:
      return decision.lease satisfies never;
  }
}

const FAILURE = { reason: "LEASE_EXPIRED", message: EXPIRED } as const;
const LAPSED = { attempts: 1, failure: FAILURE, attempt: { outcome: "LAPSED", message: EXPIRED } } as const;
const INTERRUPTED = {
  interruptions: 1,
  failure: FAILURE,
  attempt: { outcome: "INTERRUPTED", message: EXPIRED },
} as const;
