// graphile-worker with its local queue: jobs are taken in sets of 500 and ended in sets, as soon as there are some.

import { startWorker as startPlainWorker } from "./graphile-worker.mjs";

export { startSubmitter } from "./graphile-worker.mjs";

export function startWorker(settings) {
  return startPlainWorker(settings, { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 });
}
