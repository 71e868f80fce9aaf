// A watch against a server that cuts its streams: nothing is shown twice, nothing goes back, and the end is always
// shown.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.drover.v1.Batch;
import dev.drover.v1.BatchCounts;
import dev.drover.v1.Job;
import dev.drover.v1.WatchBatchResponse;
import dev.drover.v1.WatchJobRequest;
import dev.drover.v1.WatchJobResponse;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WatchTest {
  private static final Job.Builder ENDED =
      Job.newBuilder().setFinishTime(Timestamp.getDefaultInstance()).setResult(ByteString.copyFromUtf8("3"));

  private final FakeServer server;

  WatchTest() throws Exception {
    server = new FakeServer();
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static void show(StreamObserver<WatchJobResponse> stream, Job.Builder job, long revision) {
    stream.onNext(WatchJobResponse.newBuilder().setJob(job.setRevision(revision)).build());
  }

  private static List<Long> revisions(Watch<Job> watch) {
    List<Long> seen = new ArrayList<>();
    for (Job job : watch) seen.add(job.getRevision());
    return seen;
  }

  private static Code codeOf(Watch<?> watch) {
    return assertThrows(StatusRuntimeException.class, watch::hasNext).getStatus().getCode();
  }

  private List<Long> asked() {
    return server.requests(WatchJobRequest.class).stream().map(WatchJobRequest::getAfterRevision).toList();
  }

  @Test
  void goesOnWhereItWasCut() {
    server.watches.add(stream -> {
      show(stream, Job.newBuilder(), 1);
      stream.onNext(WatchJobResponse.getDefaultInstance());
      show(stream, Job.newBuilder(), 2);
      stream.onError(Status.UNAVAILABLE.asException());
    });
    // A server that is behind, and that ends the stream in good order before the job did.
    server.watches.add(stream -> {
      show(stream, Job.newBuilder(), 1);
      show(stream, Job.newBuilder(), 2);
      show(stream, Job.newBuilder(), 3);
      stream.onCompleted();
    });
    server.watches.add(stream -> stream.onError(Status.RESOURCE_EXHAUSTED.asException()));
    server.watches.add(stream -> stream.onError(Status.DEADLINE_EXCEEDED.asException()));
    server.watches.add(stream -> show(stream, ENDED.clone(), 4));
    assertEquals(List.of(1L, 2L, 3L, 4L), revisions(server.client.watch("j1")));
    assertEquals(List.of(0L, 2L, 3L, 3L, 3L), asked());
  }

  @Test
  void showsTheEndThoughItWasSeen() {
    server.watches.add(stream -> show(stream, ENDED.clone(), 7));
    assertEquals(List.of(7L), revisions(server.client.watch("j1", 9)));
    assertEquals(List.of(9L), asked());
  }

  @Test
  void showsCountsThatChangedByThemselves() {
    server.batchWatches.add(stream -> {
      for (int succeeded : new int[] {1, 1, 2}) {
        var batch = Batch.newBuilder().setRevision(5).setCounts(BatchCounts.newBuilder().setSucceeded(succeeded));
        if (succeeded == 2) batch.setFinishTime(Timestamp.getDefaultInstance());
        stream.onNext(WatchBatchResponse.newBuilder().setBatch(batch).build());
      }
    });
    List<Long> seen = new ArrayList<>();
    for (Batch batch : server.client.watchBatch("b1")) seen.add(batch.getCounts().getSucceeded());
    assertEquals(List.of(1L, 2L), seen);
  }

  @Test
  void awaitsTheResult() {
    server.watches.add(stream -> {
      show(stream, Job.newBuilder(), 1);
      show(stream, ENDED.clone(), 2);
    });
    assertEquals("3", server.client.await("j1").getResult().toStringUtf8());
  }

  @Test
  void failsForWhatIsNotThere() {
    assertEquals(Code.NOT_FOUND, codeOf(server.client.watch("j1")));
    assertEquals(1, asked().size());
  }

  @Test
  void failsLikeAnyCallBeforeTheFirstMessage() {
    server.watches.add(stream -> stream.onError(Status.UNAVAILABLE.asException()));
    server.watches.add(stream -> stream.onError(Status.INTERNAL.asException()));
    assertEquals(Code.INTERNAL, codeOf(server.client.watch("j1")));
    assertEquals(2, asked().size());
  }

  @Test
  void endsWhenAnotherThreadClosesIt() throws Exception {
    CountDownLatch shown = new CountDownLatch(1);
    server.watches.add(stream -> show(stream, Job.newBuilder(), 1));
    Watch<Job> watch = server.client.watch("j1");
    Thread closer = new Thread(() -> {
      try {
        shown.await();
        watch.close();
      } catch (InterruptedException interrupted) {
        throw new IllegalStateException(interrupted);
      }
    });
    closer.start();
    List<Long> seen = new ArrayList<>();
    for (Job job : watch) {
      seen.add(job.getRevision());
      shown.countDown();
    }
    closer.join();
    assertEquals(List.of(1L), seen);
  }

  @Test
  void leavesNoStreamBehind() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    server.watches.add(stream -> {
      Context.current().addListener(context -> left.countDown(), Runnable::run);
      show(stream, Job.newBuilder(), 1);
    });
    try (Watch<Job> watch = server.client.watch("j1")) {
      watch.next();
    }
    assertTrue(left.await(20, TimeUnit.SECONDS));
  }

  @Test
  void failsWhenTheClientIsClosedOrTheThreadInterrupted() {
    Stream.<Runnable>of(() -> Thread.currentThread().interrupt(), server.client::close).forEach(end -> {
      server.watches.add(stream -> show(stream, Job.newBuilder(), 1));
      Watch<Job> watch = server.client.watch("j1");
      watch.next();
      end.run();
      assertTrue(List.of(Code.CANCELLED, Code.UNAVAILABLE).contains(codeOf(watch)));
      Thread.interrupted();
    });
    assertFalse(Thread.interrupted());
  }
}
