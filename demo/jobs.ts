// The jobs of the demo with types: a master that compiles the statistics of all users, its children, one for each user,
// and the job that runs when they have ended. Which child does what depends on its user's number only, so that every
// run is the same.

import { defineCompletion, defineJob } from "@drover/sdk";
import { z } from "zod";

const QUEUE = "statistics";

export const compileStatsForUsers = defineJob({
  kind: "compilestatsforusers",
  path: "/compilestatsforusers",
  input: z.object({ users: z.number().int() }),
  queue: QUEUE,
});

export const compileUserStats = defineJob({
  kind: "compileuserstats",
  path: "/compileuserstats",
  input: z.object({ userid: z.number().int() }),
  result: z.object({ userid: z.number(), logins: z.number() }),
  queue: QUEUE,
  backoff: { initialMs: 500, maxMs: 1_000 },
});

export const statsCompiled = defineCompletion({
  kind: "statscompiled",
  path: "/statscompiled",
  result: z.object({ succeeded: z.number(), total: z.number() }),
  queue: QUEUE,
});

/** Every 20th child fails at its first attempt, every 50th shows its progress. */
export const failsAtFirst = (userid: number): boolean => userid % 20 === 0;
export const showsProgress = (userid: number): boolean => userid % 50 === 1;
