// Claim: due jobs to a holder, in turns of queues. One find for candidates, one update in which each job goes where
// `core/claim.ts` says, and one find for what the update did. Sweep lies here too: it ends what no claim reaches.

import type { Document, Filter } from "mongodb";
import { isStoreUnavailable } from "../../core/errors.js";
import { type Job, RANKS_FOR_LEASE } from "../../core/job.js";
import { limits } from "../../core/limits.js";
import type { ClaimRequest, ClaimResult, Departed, Round } from "../../core/store.js";
import { DEPARTED_FIELDS, departed, type JobDocument, jobOf } from "./documents.js";
import { history, leaveStages } from "./leave.js";
import { endBelow } from "./lineage.js";
import type { PausedQueues } from "./queues.js";
import { BY_ID, type Session } from "./session.js";
import { inOneAnswer } from "./sets.js";
import { attempt } from "./unavailable.js";

const EXPIRED = "the lease ran out before the attempt ended";
const FAILURE = { reason: "LEASE_EXPIRED", message: EXPIRED };

/** By the server's clock. The first condition says that there is a time, which the claim's index wants to hear. */
const DUE = { availableTime: { $exists: true }, $expr: { $lte: ["$availableTime", "$$NOW"] } };

type Candidate = Pick<JobDocument, "_id" | "queue" | "rank">;

/** What one update came to. */
interface Taken {
  /** Under its token. */
  readonly held: readonly JobDocument[];
  /** Ended, or put off. */
  readonly passedOver: readonly JobDocument[];
}

type Claimed = { -readonly [Name in keyof ClaimResult]: ClaimResult[Name] } & {
  readonly jobs: Job[];
  readonly passedOver: Departed[];
};

/** Candidates for each job wanted while several servers claim at once; finding is a tenth of the cost of a claim. */
const OVERSAMPLE = 4;
/** Rounds of one claim that lost candidates to other servers. */
const ROUNDS = 3;

export function claimVerb(session: Session, paused: PausedQueues): (request: ClaimRequest) => Promise<ClaimResult> {
  const { jobs, token: newToken } = session;
  let contended = false;

  async function find(queue: Filter<JobDocument>["queue"], limit: number): Promise<Candidate[]> {
    const found = (await jobs
      .find({ queue, ...DUE } as Filter<JobDocument>, {
        projection: { _id: 1, queue: 1, rank: 1 },
        sort: { queue: 1, rank: 1, availableTime: 1 },
        hint: "claim",
        limit,
        ...inOneAnswer(limit),
      })
      .toArray()) as Candidate[];
    // A job whose time is moved ahead while the index is being read is met once more: claimed twice in one set it would be
    // called twice under one fence.
    return [...new Map(found.map((job) => [job._id, job])).values()];
  }

  async function candidates(afterQueue: string, count: number): Promise<Candidate[]> {
    const closed = [...(await paused.names())];
    const found = await find({ $gt: afterQueue, $nin: closed }, count);
    if (found.length >= count || afterQueue === "") return found;
    return [...found, ...(await find({ $lte: afterQueue, $nin: closed }, count - found.length))];
  }

  async function take(found: readonly Candidate[], request: ClaimRequest): Promise<Taken> {
    const token = newToken();
    const ids = found.map(({ _id }) => _id);
    // A repeat leaves alone what the first try did, also where its lease or its backoff is over at once.
    const untouched = { "lease.token": { $ne: token }, lastMark: { $ne: token } };
    const due = { _id: { $in: ids }, state: { $in: ["PENDING", "RUNNING"] }, ...untouched, ...DUE };
    return attempt(async () => {
      await jobs.updateMany(due as Filter<JobDocument>, claimPipeline(token, request), BY_ID);
      const projection = { result: 0, digest: 0 } as const;
      const touched = await jobs.find({ _id: { $in: ids } }, { projection, ...inOneAnswer(ids.length) }).toArray();
      const order = new Map(touched.map((job) => [job._id, job]));
      const inOrder = ids.flatMap((id) => order.get(id) ?? []);
      const own = inOrder.filter(({ lease }) => lease?.token === token);
      const { held, ended } = await endBelow(session, own, token);
      // What was given back by its mark may by now be held by another, under a token of its own.
      const passedOver = inOrder.filter(({ lease, lastMark }) => lease?.token !== token && lastMark === token);
      return { held, passedOver: [...passedOver, ...ended] };
    });
  }

  /** Adds to what is done; true if it lost some of what it had found to others, and so is to look again. */
  async function claimRound(request: ClaimRequest, done: Claimed): Promise<boolean> {
    const wanted = request.count - countOf(done);
    const found = await attempt(() => candidates(request.afterQueue, contended ? wanted * OVERSAMPLE : wanted));
    const chosen = contended ? shuffledAmongEquals(found).slice(0, wanted) : found;
    if (chosen.length === 0) {
      done.more = false;
      // Nothing is due anywhere: beginning with the first queue, the next claim asks once and not twice.
      if (countOf(done) === 0) done.lastQueue = "";
      return false;
    }
    const taken = await take(chosen, request);
    contended = taken.held.length + taken.passedOver.length < chosen.length;
    done.lastQueue = chosen.at(-1)?.queue ?? done.lastQueue;
    for (const job of taken.held) done.jobs.push(jobOf(job));
    for (const job of taken.passedOver) done.passedOver.push(departed(job));
    const isFull = countOf(done) >= request.count;
    done.more = contended || isFull;
    return contended && !isFull;
  }

  return async (request) => {
    const done: Claimed = { jobs: [], passedOver: [], lastQueue: request.afterQueue, more: false };
    for (let round = 0; round < ROUNDS; round++) {
      try {
        if (!(await claimRound(request, done))) break;
      } catch (error) {
        // What the rounds before have claimed is held, and to be run. The next claim finds the store as it is.
        if (countOf(done) === 0 || !isStoreUnavailable(error)) throw error;
        break;
      }
    }
    return done;
  };
}

function countOf({ jobs, passedOver }: ClaimResult): number {
  return jobs.length + passedOver.length;
}

/** In the order of queue and rank; among equals by chance, so that servers do not all reach for the same jobs. */
function shuffledAmongEquals(found: readonly Candidate[]): Candidate[] {
  const group = (job: Candidate) => `${job.rank} ${job.queue}`;
  const order = new Map<string, number>();
  for (const job of found) if (!order.has(group(job))) order.set(group(job), order.size);
  return found
    .map((job) => ({ job, place: (order.get(group(job)) ?? 0) + Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ job }) => job);
}

/**
 * `$$NOW` is when a command began, and this one may come to a job later: by then its holder may have given it back, by a
 * command that began after this one.
 */
const AFTER_THE_LAST = { $max: ["$$NOW", { $last: "$attempts.endTime" }] };

/** The rule of `core/claim.ts`, clause by clause. */
function claimPipeline(token: string, { holder, leaseMs }: Pick<ClaimRequest, "holder" | "leaseMs">): Document[] {
  const wasRunning = { $eq: ["$state", "RUNNING"] };
  const lapsed = { $and: [wasRunning, { $eq: ["$lease.accepted", true] }] };
  const interrupted = { $and: [wasRunning, { $ne: ["$lease.accepted", true] }] };
  const lastAttempt = { $gte: [{ $add: ["$attemptCount", 1] }, "$maxAttempts"] };
  const lastDeath = { $gte: [{ $add: ["$interruptedCount", 1] }, limits.interruptions] };
  const hasDeadline = { $ne: [{ $type: "$deadlineTime" }, "missing"] };
  const decision = firstOf(
    [
      [{ $ne: [{ $type: "$cancel" }, "missing"] }, "CANCELLED"],
      [{ $and: ["$_lapsed", lastAttempt] }, "ATTEMPTS_EXHAUSTED"],
      [{ $and: ["$_interrupted", lastDeath] }, "INTERRUPTED_TOO_OFTEN"],
      [{ $and: [hasDeadline, { $lte: ["$deadlineTime", "$$NOW"] }] }, "DEADLINE"],
      ["$_lapsed", "LAPSE"],
    ],
    "RUN",
  );
  const attempt = firstOf(
    [
      ["$_lapsed", { $literal: { outcome: "LAPSED", message: EXPIRED } }],
      ["$_interrupted", { $literal: { outcome: "INTERRUPTED", message: EXPIRED } }],
    ],
    null,
  );
  const failure = { $cond: [{ $or: ["$_lapsed", "$_interrupted"] }, { $literal: FAILURE }, null] };
  const { before, fields } = leaveStages({
    state: firstOf(
      [
        [{ $eq: ["$_decision", "LAPSE"] }, "PENDING"],
        [{ $eq: ["$_decision", "CANCELLED"] }, "CANCELLED"],
      ],
      "FAILED",
    ),
    reason: "$_decision",
    delayMs: BACKOFF_MS,
    keepsPlace: false,
    attempts: { $cond: ["$_lapsed", 1, 0] },
    interruptions: { $cond: ["$_interrupted", 1, 0] },
    busy: 0,
    failure,
    attempt,
    last: null,
  });
  // Not the token that settled it: a repeat of that settle is still to be known as one.
  fields.lastMark = token;
  const run: Document = {
    state: "RUNNING",
    availableTime: { $add: ["$$NOW", leaseMs] },
    rank: { $subtract: ["$rank", { $cond: [wasRunning, 0, RANKS_FOR_LEASE] }] },
    fence: { $add: ["$fence", 1] },
    revision: { $add: ["$revision", 1] },
    updateTime: "$$NOW",
    startTime: { $ifNull: ["$startTime", "$$NOW"] },
    lease: {
      token: { $literal: token },
      holder: { $literal: holder },
      accepted: false,
      // Whose holder died has been due all the time.
      dueTime: { $ifNull: ["$lease.dueTime", "$availableTime"] },
      startTime: AFTER_THE_LAST,
    },
    interruptedCount: { $add: ["$interruptedCount", { $cond: ["$_interrupted", 1, 0] }] },
    failure: {
      $cond: ["$_interrupted", { $mergeObjects: [{ $literal: FAILURE }, { time: "$$NOW" }] }, "$failure"],
    },
    attempts: {
      $cond: ["$_interrupted", history({ $literal: { outcome: "INTERRUPTED", message: EXPIRED } }), "$attempts"],
    },
  };
  const either: Document = {};
  for (const name of new Set([...Object.keys(run), ...Object.keys(fields)])) {
    either[name] = { $cond: [{ $eq: ["$_decision", "RUN"] }, run[name] ?? `$${name}`, fields[name] ?? `$${name}`] };
  }
  return [
    { $set: { _lapsed: lapsed, _interrupted: interrupted } },
    { $set: { _decision: decision } },
    { $set: before },
    {
      $set: {
        ...either,
        _next: "$$REMOVE",
        _reason: "$$REMOVE",
        _lapsed: "$$REMOVE",
        _interrupted: "$$REMOVE",
        _decision: "$$REMOVE",
      },
    },
  ];
}

/** The value of the first test that holds. */
function firstOf(clauses: readonly (readonly [test: unknown, value: unknown])[], otherwise: unknown): unknown {
  return clauses.reduceRight<unknown>((rest, [test, value]) => ({ $cond: [test, value, rest] }), otherwise);
}

/** Full jitter, as `core/retry.ts` has it; bounded before it is multiplied, since nothing times infinity is no number. */
const BACKOFF_MS = {
  $multiply: [
    { $rand: {} },
    {
      $min: [
        "$backoff.maxMs",
        { $multiply: ["$backoff.initialMs", { $min: [{ $pow: ["$backoff.multiplier", "$attemptCount"] }, 1e300] }] },
      ],
    },
  ],
};

/** Ends what is to be cancelled or past its deadline and not leased, also in paused queues. */
export function sweepVerb({ jobs, token: newToken }: Session): (limit: number) => Promise<Round<Departed[]>> {
  const flagged = { "cancel.time": { $exists: true }, ...DUE } as Filter<JobDocument>;
  const overdue = {
    deadlineTime: { $exists: true },
    availableTime: { $exists: true },
    $expr: { $and: [{ $lte: ["$deadlineTime", "$$NOW"] }, { $lte: ["$availableTime", "$$NOW"] }] },
  } as Filter<JobDocument>;

  async function end(which: Filter<JobDocument>, hint: string, limit: number): Promise<Round<Departed[]>> {
    const found = await attempt(() => jobs.find(which, { projection: { _id: 1 }, hint, limit }).toArray());
    if (found.length === 0) return { done: [], more: false };
    const ids = { $in: found.map(({ _id }) => _id) };
    // The same for a repeat, which then still knows what the first try did.
    const token = newToken();
    const pipeline = claimPipeline(token, { holder: "", leaseMs: 0 });
    return attempt(async () => {
      await jobs.updateMany({ _id: ids, ...which }, pipeline, BY_ID);
      const ended = await jobs.find({ _id: ids, lastMark: token }, { projection: DEPARTED_FIELDS }).toArray();
      return { done: ended.map(departed), more: found.length === limit };
    });
  }

  return async (limit) => {
    const cancelled = await end(flagged, "cancel", limit);
    if (cancelled.more) return cancelled;
    const late = await end(overdue, "deadline", limit - cancelled.done.length);
    return { done: [...cancelled.done, ...late.done], more: late.more };
  };
}
