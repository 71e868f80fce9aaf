// Who may add to a batch and seal it.

import type { Filter } from "mongodb";
import { notFound } from "../../core/errors.js";
import type { Holding } from "../../core/store.js";
import { VISIBLE } from "./batch-documents.js";
import type { JobDocument } from "./documents.js";
import type { Session } from "./session.js";

/** Whether the caller may add to the batch or seal it, and with which fence: an app, or a page that holds its job. */
export function accessTo({
  jobs,
  batches,
}: Session): (batchId: string, by: Holding | undefined) => Promise<{ readonly fence: number } | "lost"> {
  return async (batchId, by) => {
    const batch = await batches.findOne({ _id: batchId, ...VISIBLE }, { projection: { parent: 1 } });
    if (batch === null) throw notFound("batch", batchId);
    if (by === undefined) return { fence: Number.MAX_SAFE_INTEGER };
    const holder = { _id: by.jobId, state: "RUNNING", "lease.token": by.token } as const;
    const job = await jobs.findOne(holder as Filter<JobDocument>, { projection: { fence: 1 } });
    if (job === null) return "lost";
    // A member's fence says nothing of its master's.
    return { fence: batch.parent === by.jobId ? job.fence : Number.MAX_SAFE_INTEGER };
  };
}
