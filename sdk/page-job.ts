// What a page may do while it works: say how far it is, know when to stop, make child jobs.

import type { PageAttempt, ProgressReport } from "./attempt.js";
import type { BatchOptions } from "./batch.js";
import type { BatchHandle } from "./batch-handle.js";
import type { BatchJob } from "./submit-batch.js";

/** The job whose page is being called, for its handler. */
export interface PageJob extends PageAttempt {
  /** Of the request. */
  readonly headers: Headers;
  /**
   * Fires when the work is for nothing: the job is cancelled, the attempt lost its lease or took too long, Drover went
   * away. A job that is cancelled has some seconds to end in good order before its call is closed.
   */
  readonly signal: AbortSignal;
  /**
   * Shows how far the work is, to whoever watches. Of reports faster than Drover reads them only the newest is sent.
   * Throws INVALID_ARGUMENT for a count below 0 or a message that is no string; a longer message is cut.
   */
  progress(report: ProgressReport): void;
  /** Shows a line for people, in place of the message of the last progress; bounded like it. */
  log(line: string): void;
  /**
   * Makes this job a master: submits any number of child jobs, and resolves when all are stored and the batch is sealed.
   * The job then succeeds when they have. `key` names the batch among those of this job; each child is known by its
   * content, or by its `childKey`, so that a further attempt finds its children and runs none of them again.
   *
   * INVALID_ARGUMENT names a child by its place, such as `jobs[17].endpoint.url`. FAILED_PRECONDITION with reason
   * LEASE_LOST, or CANCELLED for a job that is to be cancelled. RESOURCE_EXHAUSTED beyond 64 batches of a job, or 16
   * masters deep.
   */
  batch(
    key: string,
    children: Iterable<BatchJob> | AsyncIterable<BatchJob>,
    options?: BatchOptions,
  ): Promise<BatchHandle>;
}
