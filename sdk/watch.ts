// Watching a job. The cursor is a revision, so a new stream goes on where the last one ended and nothing is kept but
// that number; the last state is always shown.

import type { Channel } from "./channel.js";
import { fromWire } from "./convert.js";
import { type FollowOptions, follow, type Source } from "./follow.js";
import type { WatchJobResponse } from "./gen/drover/v1/job_service_pb.js";
import { isTerminal, type Job } from "./job.js";

export interface WatchOptions extends FollowOptions {
  /** Only states newer than this revision; the last state is shown in any case. Default: what there is now, first. */
  readonly afterRevision?: number | undefined;
}

/**
 * The job now, then each newer state that the reader is quick enough to see, and always the one in which it ended.
 * Until the first answer it gives up like any call, with UNAVAILABLE; after it, it reconnects until the job has ended
 * or the signal fires.
 */
export function watchJob(channel: Channel, id: string, options: WatchOptions = {}): AsyncGenerator<Job> {
  let seen = options.afterRevision === undefined ? undefined : BigInt(options.afterRevision);
  let seenCounts: string | undefined;
  let phase: Source<WatchJobResponse, Job>["phase"] = "live";
  const source: Source<WatchJobResponse, Job> = {
    name: `job ${id}`,
    open: (wire) =>
      channel.jobs.watchJob(seen === undefined ? { jobId: id } : { jobId: id, afterRevision: seen }, wire),
    take({ job }) {
      if (job === undefined) return undefined;
      const shown = fromWire(job);
      // A server that is behind another may show what was seen already; the end is shown whatever its revision.
      if (isTerminal(shown.state)) phase = "ended";
      else if (seen !== undefined && job.revision < seen) return undefined;
      // The counts of a master's batches change by their members, whose changes are none of the master's own.
      const counts = JSON.stringify(shown.batchCounts);
      if (phase === "live" && job.revision === seen && counts === seenCounts) return undefined;
      seen = job.revision;
      seenCounts = counts;
      return shown;
    },
    get phase() {
      return phase;
    },
  };
  return follow(channel, source, options);
}
