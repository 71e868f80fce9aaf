// Watching a job over streams that may break at any time: opens one, and another where that one ended, until the job's
// end was shown. The cursor is a revision; nothing else is kept. Knows one RPC, WatchJob.
package dev.drover.client;

import dev.drover.v1.BatchCounts;
import dev.drover.v1.Job;
import dev.drover.v1.JobServiceGrpc.JobServiceBlockingV2Stub;
import dev.drover.v1.WatchJobRequest;
import dev.drover.v1.WatchJobResponse;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The job now, then each newer state that the reader is quick enough to see, and always the one in which it ended; then
 * the loop ends. Jobs are without payload. Is read once, by one thread; any thread may close it, which ends the loop.
 * A loop that is left early leaves its stream open until {@link #close}.
 *
 * <p>Until the first answer it gives up like any call; after it, it reconnects until the job has ended.
 */
public final class Watch implements Iterable<Job>, Iterator<Job>, AutoCloseable {
  /** Three keep-alives of the server, which sends one every 15 s. */
  private static final long IDLE_SECONDS = 45;

  private final JobServiceBlockingV2Stub stub;
  private final Retry retry;
  private final WatchJobRequest.Builder request;
  private final long giveUpTime = System.nanoTime() + Retry.CALL_NANOS;
  private BlockingClientCall<?, WatchJobResponse> stream;
  private BatchCounts seenCounts = BatchCounts.getDefaultInstance();
  private Job next;
  private boolean heard;
  private int failures;
  private boolean ended;
  private volatile boolean closed;

  Watch(JobServiceBlockingV2Stub stub, Retry retry, WatchJobRequest request) {
    this.stub = stub;
    this.retry = retry;
    this.request = request.toBuilder();
  }

  /** This watch itself: it is read once. */
  @Override
  public Iterator<Job> iterator() {
    return this;
  }

  /** Waits for what is next. Throws DroverException, such as NOT_FOUND. */
  @Override
  public boolean hasNext() {
    while (next == null && !ended && !closed) {
      try {
        next = news(read());
      } catch (StatusException | StatusRuntimeException broken) {
        reconnect(DroverException.from(broken));
      } catch (TimeoutException silent) {
        String message = "nothing came for " + IDLE_SECONDS + " s, not even a keep-alive";
        reconnect(new DroverException(Status.Code.UNAVAILABLE, message, silent));
      } catch (InterruptedException interrupted) {
        close();
        throw Retry.interruptedError(interrupted);
      }
    }
    return next != null;
  }

  @Override
  public Job next() {
    if (!hasNext()) throw new NoSuchElementException();
    Job job = next;
    next = null;
    return job;
  }

  /** Ends the loop without an error. May be called again, and from any thread. */
  @Override
  public synchronized void close() {
    closed = true;
    drop();
  }

  private WatchJobResponse read() throws InterruptedException, StatusException, TimeoutException {
    BlockingClientCall<?, WatchJobResponse> open = open();
    WatchJobResponse message = open.read(IDLE_SECONDS, TimeUnit.SECONDS);
    if (message == null) {
      String told = "the stream ended before job " + request.getJobId() + " did";
      throw Status.UNAVAILABLE.withDescription(told).asException();
    }
    heard = true;
    failures = 0;
    return message;
  }

  private synchronized BlockingClientCall<?, WatchJobResponse> open() {
    if (closed) throw Status.CANCELLED.withDescription("the watch is closed").asRuntimeException();
    if (stream == null) stream = stub.watchJob(request.build());
    return stream;
  }

  private synchronized void drop() {
    if (stream != null) stream.cancel("the watch does not need it any more", null);
    stream = null;
  }

  /** What of a message was not shown yet; null if nothing. */
  private Job news(WatchJobResponse message) {
    if (!message.hasJob()) return null;
    Job job = message.getJob();
    long seen = request.getAfterRevision();
    boolean first = !request.hasAfterRevision();
    if (Jobs.isTerminal(job.getState())) {
      // The end is shown whatever its revision.
      ended = true;
      drop();
    } else if (!first && job.getRevision() < seen) {
      // A server that is behind another may show what was seen already.
      return null;
    } else if (!first && job.getRevision() == seen && job.getBatchCounts().equals(seenCounts)) {
      return null;
    }
    // The counts of a master's batches change by their members, whose changes are none of the master's own.
    seenCounts = job.getBatchCounts();
    request.setAfterRevision(job.getRevision());
    return job;
  }

  private void reconnect(DroverException error) {
    drop();
    if (closed) return;
    failures += 1;
    DroverException cause = error.ifLetGo();
    // A server that has as many watches as it takes may have inherited those of another that went.
    if (heard && cause.code() == Status.Code.RESOURCE_EXHAUSTED) {
      cause = new DroverException(Status.Code.UNAVAILABLE, cause.getMessage(), cause);
    }
    // A watch that threw is over.
    ended = true;
    if (heard) retry.pause(Math.min(failures, Retry.TRIES - 1), System.nanoTime() + Retry.CALL_NANOS, cause);
    else retry.pause(failures, giveUpTime, cause);
    ended = false;
  }
}
