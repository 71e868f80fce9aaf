// Batches as a server gets them: how jobs are cut into chunks, what the chunks are called, and what children need.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.drover.v1.AddJobsRequest;
import dev.drover.v1.Batch;
import dev.drover.v1.BatchState;
import dev.drover.v1.Job;
import dev.drover.v1.SealBatchRequest;
import dev.drover.v1.SubmitBatchRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BatchSenderTest {
  private static final Job JOB = Job.newBuilder().setKind("small").build();
  private static final Batch JUNE = Batch.newBuilder().setKey("june").build();
  private static final Attempt ATTEMPT = new Attempt("j1", 1, 1, "default", "", Instant.MAX, "secret");

  private final FakeServer server;

  BatchSenderTest() throws Exception {
    server = new FakeServer();
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static Stream<Job> jobs(int count) {
    return Stream.generate(() -> JOB).limit(count);
  }

  private static Stream<Job> children(int from, int to) {
    return IntStream.range(from, to).mapToObj(n -> JOB.toBuilder().setChildKey("child-" + n).build());
  }

  private static Job sized(int bytes) {
    return Job.newBuilder().setPayload(ByteString.copyFrom(new byte[bytes])).build();
  }

  private List<String> chunks() {
    return server.requests(AddJobsRequest.class).stream()
        .map(chunk -> chunk.getChunkKey() + "=" + chunk.getJobsCount())
        .toList();
  }

  private SealBatchRequest seal() {
    return server.requests(SealBatchRequest.class).get(0);
  }

  @Test
  void cutsByCount() {
    var stored = server.client.submitBatch(JUNE, jobs(2_001).iterator());
    SubmitBatchRequest opened = server.requests(SubmitBatchRequest.class).get(0);
    assertTrue(opened.getOpen());
    assertEquals(0, opened.getJobsCount());
    assertEquals(List.of("chunk-0=1000", "chunk-1=1000", "chunk-2=1"), chunks());
    assertEquals(2_001, seal().getExpectedJobCount());
    assertEquals(BatchState.BATCH_STATE_RUNNING, stored.getBatch().getState());
  }

  @Test
  void cutsByBytesAsTheServerTakesThem() {
    server.client.submitBatch(JUNE, Stream.generate(() -> sized(256 * 1024)).limit(20).iterator());
    assertEquals(List.of("chunk-0=15", "chunk-1=5"), chunks());
  }

  @Test
  void sendsAloneWhatIsTooLarge() {
    var jobs = List.of(JOB, sized(4 * 1024 * 1024 - 8 * 1024), JOB, sized(4 * 1024 * 1024), JOB).iterator();
    assertThrows(StatusRuntimeException.class, () -> server.client.submitBatch(JUNE, jobs));
    assertEquals(List.of("chunk-0=3"), chunks());
  }

  @Test
  void repeatsAFullChunkWhoseAnswerWasLost() {
    Stream<Job> jobs =
        IntStream.range(0, 15).mapToObj(n -> sized(256 * 1024)).peek(unused -> failNextAppend());
    server.client.submitBatch(JUNE, jobs.iterator());
    assertEquals(List.of("chunk-0=15", "chunk-0=15"), chunks());
    assertEquals(15, seal().getExpectedJobCount());
  }

  /** The batch is open by the time that its jobs are asked for. */
  private void failNextAppend() {
    if (server.failures.isEmpty()) server.failures.add(Status.UNAVAILABLE.asException());
  }

  @Test
  void sealsABatchOfNoJobsAndGivesItAKey() {
    server.client.submitBatch(Batch.getDefaultInstance(), jobs(0).iterator());
    assertFalse(server.requests(SubmitBatchRequest.class).get(0).getBatch().getKey().isEmpty());
    assertEquals(List.of(), chunks());
    assertTrue(seal().hasExpectedJobCount());
  }

  @Test
  void asksForNoMoreThanItNeeds() {
    AtomicInteger asked = new AtomicInteger();
    Stream<Job> jobs =
        jobs(1_500).peek(job -> {
          if (asked.incrementAndGet() == 1_001) assertEquals(List.of("chunk-0=1000"), chunks());
        });
    server.client.submitBatch(JUNE, jobs.iterator());
    assertEquals(1_500, asked.get());
  }

  @Test
  void tellsThePlaceOfAChunkThatIsRefused() {
    Stream<Job> jobs =
        IntStream.range(0, 1_500)
            .mapToObj(n -> JOB)
            .peek(job -> {
              if (chunks().size() == 1 && server.failures.isEmpty()) {
                server.failures.add(Status.INVALID_ARGUMENT.withDescription("jobs[3].id: no").asException());
              }
            });
    var error = assertThrows(
        StatusRuntimeException.class, () -> server.client.submitBatch(JUNE, jobs.iterator()));
    assertEquals(
        "INVALID_ARGUMENT: jobs[3].id: no\njobs[0] of this call is job 1000 of all, from 0", error.getMessage());
  }

  @Test
  void makesChildrenWithTheToken() {
    server.client.children(ATTEMPT, JUNE, children(0, 3).iterator());
    assertEquals(List.of("Bearer secret", "Bearer secret", "Bearer secret"), server.authorizations);
    assertFalse(seal().hasExpectedJobCount());
  }

  @Test
  void namesChunksOfChildrenByWhatTheyHold() {
    for (int from : new int[] {0, 0, 1}) server.client.children(ATTEMPT, JUNE, children(from, 3).iterator());
    List<String> keys = server.requests(AddJobsRequest.class).stream().map(AddJobsRequest::getChunkKey).toList();
    assertTrue(keys.get(0).matches("[0-9a-f]{32,128}"), keys.get(0));
    assertEquals(keys.get(0), keys.get(1));
    assertNotEquals(keys.get(0), keys.get(2));
  }

  @Test
  void returnsASealedBatchOfAnAttemptBefore() {
    server.state = BatchState.BATCH_STATE_RUNNING;
    var stored = server.client.children(ATTEMPT, JUNE, children(0, 3).iterator());
    assertEquals("b1", stored.getBatch().getId());
    assertEquals(List.of(), chunks());
    assertEquals(List.of(), server.requests(SealBatchRequest.class));
  }

  @Test
  void needsKeysOfChildren() {
    Batch unnamed = Batch.getDefaultInstance();
    var error = assertThrows(
        IllegalArgumentException.class, () -> server.client.children(ATTEMPT, unnamed, children(0, 1).iterator()));
    assertEquals("batch.key is missing: it names the batch", error.getMessage());
    assertEquals(List.of(), server.authorizations);

    Stream<Job> jobs = Stream.concat(children(0, 1_003), jobs(1));
    error = assertThrows(
        IllegalArgumentException.class, () -> server.client.children(ATTEMPT, JUNE, jobs.iterator()));
    assertEquals("jobs[1003].child_key is missing: it names the child", error.getMessage());
    assertEquals(1, chunks().size());
  }
}
