// Watching over streams that may break at any time: opens one, and another where that one ended, until the end was
// shown. The cursor is a revision. Knows no call: it is told how to open a stream.
package dev.drover.client;

import com.google.common.collect.AbstractIterator;
import dev.drover.v1.Batch;
import dev.drover.v1.BatchCounts;
import dev.drover.v1.Job;
import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongFunction;

/**
 * A job or a batch now, then each newer state that the reader is quick enough to see, and always the one in which it
 * ended; then the loop ends. Is read once, by one thread; any thread may close it, which ends the loop. Leave a loop
 * early by try-with-resources: else its stream stays open. Until the first message it fails like any call; after it, it
 * opens new streams until the end was shown, or the client is closed. Fails with StatusRuntimeException, such as
 * NOT_FOUND.
 */
public final class Watch<T> extends AbstractIterator<T> implements Iterable<T>, AutoCloseable {
  /** What a message shows. One that only keeps the stream alive shows revision 0, which is news to nobody. */
  record Sight<T>(T shown, long revision, BatchCounts counts, boolean ended) {
    static Sight<Job> of(Job job) {
      return new Sight<>(job, job.getRevision(), job.getBatchCounts(), job.hasFinishTime());
    }

    static Sight<Batch> of(Batch batch) {
      return new Sight<>(batch, batch.getRevision(), batch.getCounts(), batch.hasFinishTime());
    }

    /** A server that is behind another may show what was seen already. Counts change without a revision. */
    boolean isNewsAfter(Sight<T> last) {
      return ended || revision > last.revision || revision == last.revision && !counts.equals(last.counts);
    }
  }

  /**
   * How a stream ends that another one may take up: each has an end, by grpc_service_config.json. A server that has as
   * many watches as it takes may have inherited those of another that went.
   */
  private static final Set<Code> BREAKS = EnumSet.of(
      Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED, Code.INTERNAL, Code.RESOURCE_EXHAUSTED, Code.UNKNOWN);

  private final CancellableContext context = Context.current().withCancellation();
  private final ManagedChannel channel;
  private final LongFunction<Iterator<Sight<T>>> open;
  private Iterator<Sight<T>> stream;
  private Sight<T> last;
  private boolean heard;
  private volatile boolean closed;

  /** @param open begins a stream of what is newer than a revision */
  Watch(ManagedChannel channel, long after, LongFunction<Iterator<Sight<T>>> open) {
    this.channel = channel;
    this.open = open;
    last = new Sight<>(null, after, BatchCounts.getDefaultInstance(), false);
  }

  /** This watch itself: it is read once. */
  @Override
  public Iterator<T> iterator() {
    return this;
  }

  /** Ends the loop without an error. */
  @Override
  public void close() {
    closed = true;
    context.cancel(null);
  }

  @Override
  protected T computeNext() {
    while (!closed) {
      try {
        Sight<T> now = read();
        if (!now.isNewsAfter(last)) continue;
        last = now;
        if (now.ended()) close();
        return now.shown();
      } catch (StatusRuntimeException broken) {
        stream = null;
        if (closed) break;
        if (!mayGoOn(broken.getStatus().getCode())) throw broken;
        // Not all at once, where a server went that many watched.
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(500_000_000, 1_500_000_000));
      }
    }
    return endOfData();
  }

  private Sight<T> read() {
    if (stream == null) context.run(() -> stream = open.apply(last.revision()));
    if (!stream.hasNext()) throw Status.UNAVAILABLE.withDescription("the stream ended early").asRuntimeException();
    heard = true;
    return stream.next();
  }

  private boolean mayGoOn(Code code) {
    boolean left = context.isCancelled() || channel.isShutdown() || Thread.currentThread().isInterrupted();
    return heard && !left && BREAKS.contains(code);
  }
}
