// The pages of the demo, on a web server of their own: those of the typed jobs by the SDK, and two that know nothing of
// it, since any page that answers will do.

import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { endpoint } from "@drover/sdk";
import { nodeListener } from "@drover/sdk/node";
import { compileStatsForUsers, compileUserStats, failsAtFirst, showsProgress, statsCompiled } from "./jobs.js";

const STEPS = 10;
const STEP_MS = 150;
const WORK_MS = 100;

const master = endpoint(compileStatsForUsers, async ({ users }, job) => {
  function* children() {
    for (let userid = 1; userid <= users; userid++) yield compileUserStats.job({ userid });
  }
  await job.batch("users", children(), { onComplete: statsCompiled.job() });
});

const child = endpoint(compileUserStats, async ({ userid }, job) => {
  if (failsAtFirst(userid) && job.attempt === 1) throw new Error("the statistics are being rebuilt");
  const steps = showsProgress(userid) ? STEPS : 0;
  for (let done = 1; done <= steps; done++) {
    await sleep(STEP_MS);
    job.progress({ done, total: STEPS });
  }
  await sleep(WORK_MS);
  return { userid, logins: (userid * 7_919) % 365 };
});

const completion = endpoint(statsCompiled, ({ batch: { counts } }) => {
  return { succeeded: counts.succeeded, total: counts.total };
});

const listeners = new Map([master, child, completion].map((page) => [page.definition.path, nodeListener(page)]));

/** `/dobillingstuff?rowid=…` and `/sendmessage?messageid=…`, beside the pages above. */
export function createPages(): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const listener = listeners.get(request.url ?? "");
    if (listener !== undefined) return void listener(request, response);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ done: request.url }));
  });
}
