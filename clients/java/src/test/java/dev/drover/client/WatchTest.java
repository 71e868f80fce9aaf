// A watch against a server that cuts its streams: nothing is shown twice, nothing goes back, and the end is always
// shown.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.drover.v1.Job;
import dev.drover.v1.JobState;
import dev.drover.v1.WatchJobResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WatchTest {
  private final FakeServer server;

  WatchTest() throws Exception {
    server = new FakeServer();
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static void show(StreamObserver<WatchJobResponse> stream, long revision, JobState state) {
    Job job = Job.newBuilder().setId("j1").setRevision(revision).setState(state).build();
    stream.onNext(WatchJobResponse.newBuilder().setJob(job).build());
  }

  private List<Long> revisions(Watch watch) {
    List<Long> seen = new ArrayList<>();
    for (Job job : watch) seen.add(job.getRevision());
    return seen;
  }

  @Test
  void reconnectsWhereItWasCut() {
    server.watches.add(stream -> {
      show(stream, 1, JobState.JOB_STATE_PENDING);
      stream.onNext(WatchJobResponse.getDefaultInstance());
      show(stream, 2, JobState.JOB_STATE_RUNNING);
      stream.onError(Status.UNAVAILABLE.asRuntimeException());
    });
    // A server that is behind, and that ends the stream in good order before the job did.
    server.watches.add(stream -> {
      show(stream, 1, JobState.JOB_STATE_PENDING);
      show(stream, 2, JobState.JOB_STATE_RUNNING);
      show(stream, 3, JobState.JOB_STATE_RUNNING);
      stream.onCompleted();
    });
    server.watches.add(stream -> stream.onError(Status.CANCELLED.asRuntimeException()));
    server.watches.add(stream -> stream.onError(Status.RESOURCE_EXHAUSTED.asRuntimeException()));
    server.watches.add(stream -> {
      show(stream, 4, JobState.JOB_STATE_SUCCEEDED);
      stream.onCompleted();
    });
    assertEquals(List.of(1L, 2L, 3L, 4L), revisions(server.client.watch("j1")));
    assertFalse(server.watched.get(0).hasAfterRevision());
    assertEquals(2, server.watched.get(1).getAfterRevision());
    assertEquals(3, server.watched.get(2).getAfterRevision());
    assertEquals(3, server.watched.get(4).getAfterRevision());
  }

  @Test
  void connectsAgainThoughTheFirstStreamShowedNothing() {
    server.watches.add(stream -> stream.onError(Status.UNAVAILABLE.asRuntimeException()));
    server.watches.add(stream -> show(stream, 7, JobState.JOB_STATE_FAILED));
    assertEquals(List.of(7L), revisions(server.client.watch("j1", 5)));
    assertEquals(5, server.watched.get(1).getAfterRevision());
  }

  @Test
  void showsTheEndThoughItWasSeen() {
    server.watches.add(stream -> show(stream, 7, JobState.JOB_STATE_CANCELLED));
    assertEquals(List.of(7L), revisions(server.client.watch("j1", 9)));
  }

  @Test
  void failsForWhatIsNotThere() {
    Watch watch = server.client.watch("j1");
    DroverException error = assertThrows(DroverException.class, watch::hasNext);
    assertEquals(Status.Code.NOT_FOUND, error.code());
    assertFalse(watch.hasNext());
  }

  @Test
  void endsWithoutAnErrorWhenAnotherThreadClosesIt() throws Exception {
    CountDownLatch shown = new CountDownLatch(1);
    server.watches.add(stream -> show(stream, 1, JobState.JOB_STATE_RUNNING));
    Watch watch = server.client.watch("j1");
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
  void endsWithCancelledWhenTheClientIsClosed() {
    server.watches.add(stream -> show(stream, 1, JobState.JOB_STATE_RUNNING));
    Watch watch = server.client.watch("j1");
    watch.next();
    server.client.close();
    assertEquals(Status.Code.CANCELLED, assertThrows(DroverException.class, watch::hasNext).code());
  }
}
