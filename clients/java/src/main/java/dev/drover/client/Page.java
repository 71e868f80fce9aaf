// What an app writes: the work of one job. Knows no HTTP.
package dev.drover.client;

/** The page of a job. */
@FunctionalInterface
public interface Page {
  /**
   * Does the work of one job. May be called more than once for the same job, and for many at the same time. What it
   * throws fails the attempt, and the job is tried again.
   */
  Answer answer(PageCall call) throws Exception;
}
