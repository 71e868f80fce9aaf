// Trying again: what may succeed later, after which wait, how often and for how long. Safe because all that is sent
// again carries the same id or key. Knows no RPC.
package dev.drover.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

final class Retry {
  /** With full jitter between them these take 16 s on average: longer than a server takes to restart. */
  static final int TRIES = 12;

  /** One call with all of its tries. */
  static final long CALL_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** One try: a connection that died without a word costs this, not the whole call. */
  private static final long TRY_NANOS = TimeUnit.SECONDS.toNanos(20);

  private static final long FIRST_WAIT_MS = 100;
  private static final long LONGEST_WAIT_MS = 5_000;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Runnable beforeRetry;

  /** @param beforeRetry makes the connection ready to be tried at once */
  Retry(Runnable beforeRetry) {
    this.beforeRetry = beforeRetry;
  }

  /** Runs a call until it succeeds, or fails for good, or too often, or for too long. */
  <S extends AbstractStub<S>, T> T call(S stub, Function<S, T> rpc) {
    long end = System.nanoTime() + CALL_NANOS;
    for (int failures = 1; ; failures++) {
      long left = Math.min(end - System.nanoTime(), TRY_NANOS);
      try {
        return rpc.apply(stub.withDeadlineAfter(left, TimeUnit.NANOSECONDS));
      } catch (StatusRuntimeException thrown) {
        pause(failures, end, DroverException.from(thrown).ifLetGo());
      }
    }
  }

  /** Waits before the next try, or throws if there is to be none. */
  void pause(int failures, long end, DroverException error) {
    if (isClosed()) throw closedError();
    long longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS << Math.min(failures - 1, 16));
    // Full jitter, so that callers who failed together do not come back together.
    long wait = error.retryDelay().toMillis() + ThreadLocalRandom.current().nextLong(longest + 1);
    boolean late = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(wait) - end >= 0;
    if (!error.isTransient() || failures >= TRIES || late) throw error;
    try {
      if (closed.await(wait, TimeUnit.MILLISECONDS)) throw closedError();
    } catch (InterruptedException interrupted) {
      throw interruptedError(interrupted);
    }
    beforeRetry.run();
  }

  /** Ends all waits with CANCELLED, now and later. */
  void close() {
    closed.countDown();
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  private static DroverException closedError() {
    return new DroverException(Status.Code.CANCELLED, "the client is closed", null);
  }

  static DroverException interruptedError(InterruptedException interrupted) {
    Thread.currentThread().interrupt();
    return new DroverException(Status.Code.CANCELLED, "the thread was interrupted", interrupted);
  }
}
