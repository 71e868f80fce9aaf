// graphile-worker on PostgreSQL as it is by default: each slot takes a job and ends it by a statement of its own. Jobs
// are added by addJobs. Later versions than this one ask for a newer Node than 20.

import { Logger, makeWorkerUtils, run } from "graphile-worker";
import { inChunks } from "./chunks.mjs";

const logger = new Logger(() => (level, message) => {
  if (level === "error") console.error(message);
});

export async function startWorker({ address, concurrency, callPage }, preset = {}) {
  await run({
    connectionString: address,
    concurrency,
    logger,
    noHandleSignals: true,
    taskList: { page: callPage },
    preset: { worker: preset },
  });
}

export async function startSubmitter({ address }) {
  const utils = await makeWorkerUtils({ connectionString: address, logger });
  await utils.migrate();
  return {
    submit: (count) =>
      inChunks(count, (payloads) => utils.addJobs(payloads.map((payload) => ({ identifier: "page", payload })))),
    // What has been done is deleted.
    unfinished: async () => {
      const query = "select count(*)::int as left from graphile_worker._private_jobs";
      const { rows } = await utils.withPgClient((client) => client.query(query));
      return rows[0].left;
    },
  };
}
