// What an app writes: the work of one job. Knows no HTTP.
package dev.drover.client;

/** The page of a job. */
@FunctionalInterface
public interface Page {
  /**
   * Does the work of one job. May be called more than once for the same job, and at the same time for many. What it
   * throws is a failure, after which the job is tried again.
   */
  Answer answer(PageCall call) throws Exception;
}
