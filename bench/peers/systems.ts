// The systems that are compared, and what issue 6 asks of their ratios.

import { onMongodb, onMongodbInBatch, onSqlite } from "./drover.js";
import { mongodb } from "./mongodb.js";
import { peer } from "./peer.js";
import { postgres } from "./postgres.js";
import { redis } from "./redis.js";
import type { System } from "./system.js";

/** Undici alone, calling the page as often: a job system adds to that. */
export const CEILING = "undici alone";

const bullmq = peer("BullMQ", "bullmq", redis, "addBulk; one worker; keeps jobs and results");
const graphileLocalQueue = peer(
  "graphile-worker, local queue",
  "graphile-worker-local-queue",
  postgres,
  "addJobs; local queue of 500, completions gathered without delay; deletes done jobs, keeps no result",
);
const graphile = peer(
  "graphile-worker, as it comes",
  "graphile-worker",
  postgres,
  "addJobs; all as it comes but the concurrency; deletes done jobs, keeps no result",
  5,
);
const pgBoss = peer(
  "pg-boss",
  "pg-boss",
  postgres,
  "insert; two workers, each with a set of half the calls, again at once while sets are full; keeps jobs, no result",
);
const agenda = peer(
  "Agenda",
  "agenda",
  mongodb,
  "now for each job, having no bulk call; looks for jobs every 100 ms instead of 5 s; keeps jobs, no result",
  50,
);

export const SYSTEMS: readonly System[] = [
  onSqlite,
  onMongodb,
  onMongodbInBatch,
  bullmq,
  graphileLocalQueue,
  graphile,
  pgBoss,
  agenda,
];

export interface Aim {
  readonly system: string;
  /** What it is compared with. */
  readonly base: string;
  readonly atLeast: number;
}

export const AIMS: readonly Aim[] = [
  { system: onSqlite.name, base: CEILING, atLeast: 0.6 },
  { system: onSqlite.name, base: bullmq.name, atLeast: 2.5 },
  { system: onSqlite.name, base: graphileLocalQueue.name, atLeast: 2 },
  { system: onMongodb.name, base: bullmq.name, atLeast: 1.2 },
  { system: onMongodb.name, base: graphileLocalQueue.name, atLeast: 1 },
  { system: onMongodb.name, base: agenda.name, atLeast: 30 },
  { system: onMongodbInBatch.name, base: bullmq.name, atLeast: 2 },
  { system: onMongodbInBatch.name, base: graphileLocalQueue.name, atLeast: 1.7 },
];
