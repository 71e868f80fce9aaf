// The client against a server that fails as it is told: what is repeated, with what, and what an error says.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.drover.v1.Job;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DroverClientTest {
  private static final Job JOB = Jobs.post("http://127.0.0.1:8000/page", "{}").build();

  private final FakeServer server;
  private final DroverClient drover;

  DroverClientTest() throws Exception {
    server = new FakeServer();
    drover = server.client;
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static Throwable error(Status.Code code, Message detail) {
    var status = com.google.rpc.Status.newBuilder().setCode(code.value()).setMessage("jobs[3].id: no");
    return StatusProto.toStatusRuntimeException(status.addDetails(Any.pack(detail)).build());
  }

  private static Throwable error(Status.Code code, String reason) {
    return error(code, ErrorInfo.newBuilder().setReason(reason).setDomain("drover").build());
  }

  private static Throwable badId() {
    var violation = FieldViolation.newBuilder().setField("jobs[3].id").setDescription("no");
    return error(Status.Code.INVALID_ARGUMENT, BadRequest.newBuilder().addFieldViolations(violation).build());
  }

  private static Stream<Job> jobs(int count) {
    return Stream.generate(() -> JOB).limit(count);
  }

  @Test
  void repeatsASubmitWithTheSameId() {
    server.failures.add(Status.UNAVAILABLE.asRuntimeException());
    String id = drover.submit(JOB).getJob().getId();
    assertEquals(2, server.submitted.size());
    for (var request : server.submitted) assertEquals(id, request.getJob().getId());
    assertEquals(36, id.length());
  }

  @Test
  void repeatsACallThatWasLetGo() {
    server.failures.add(Status.CANCELLED.withDescription("RST_STREAM closed stream").asRuntimeException());
    server.failures.add(Status.INTERNAL.withDescription("RST_STREAM closed stream").asRuntimeException());
    drover.submit(JOB);
    assertEquals(3, server.submitted.size());
  }

  @Test
  void waitsAsLongAsTheServerAsks() {
    var info = RetryInfo.newBuilder().setRetryDelay(Duration.newBuilder().setNanos(300_000_000)).build();
    server.failures.add(error(Status.Code.UNAVAILABLE, info));
    long start = System.nanoTime();
    drover.submit(JOB);
    assertTrue(System.nanoTime() - start >= 300_000_000);
  }

  @Test
  void saysAtOnceWhatNoRepeatCanMend() {
    server.failures.add(error(Status.Code.PERMISSION_DENIED, "ENDPOINT_NOT_ALLOWED"));
    DroverException error = assertThrows(DroverException.class, () -> drover.submit(JOB));
    assertEquals(Status.Code.PERMISSION_DENIED, error.code());
    assertEquals("ENDPOINT_NOT_ALLOWED", error.reason());
    assertTrue(error.fields().isEmpty());
    assertEquals(1, server.submitted.size());
  }

  @Test
  void namesTheFieldsAtFault() {
    server.failures.add(badId());
    DroverException error = assertThrows(DroverException.class, () -> drover.submit(JOB));
    assertEquals("", error.reason());
    assertEquals("jobs[3].id", error.fields().get(0).getField());
    assertEquals("no", error.fields().get(0).getDescription());
  }

  @Test
  void sendsASmallBatchInOneCall() {
    SubmittedBatch batch = drover.batch("june", jobs(1_000));
    assertEquals("b1", batch.batch().getId());
    assertFalse(batch.existing());
    assertEquals(0, server.appends);
    assertEquals(null, server.sealed);
  }

  @Test
  void repeatsAChunkWhoseAnswerWasLost() {
    server.appendFailures.put(1, Status.UNAVAILABLE.asRuntimeException());
    drover.batch("june", jobs(2_500));
    assertEquals("{=1000, chunk-1=1000, chunk-2=500}", server.chunks.toString());
    assertEquals(3, server.appends);
    assertEquals(2_500, server.sealed.getExpectedJobCount());
  }

  @Test
  void comparesASealedBatchThatIsSentAgain() {
    drover.batch("june", jobs(2_500));
    assertTrue(drover.batch("june", jobs(2_500)).existing());
    assertEquals("SEALED", refusalOf(3_500));
    assertEquals("COUNT_MISMATCH", refusalOf(1_000));
  }

  @Test
  void comparesASealedBatchOfOneCallThatIsSentAgain() {
    drover.batch("june", jobs(500));
    assertTrue(drover.batch("june", jobs(500)).existing());
    assertEquals("COUNT_MISMATCH", refusalOf(400));
  }

  private String refusalOf(int count) {
    return assertThrows(DroverException.class, () -> drover.batch("june", jobs(count))).reason();
  }

  @Test
  void namesAJobOfABatchByItsPlaceAmongAll() {
    server.appendFailures.put(2, badId());
    DroverException error = assertThrows(DroverException.class, () -> drover.batch("june", jobs(2_010)));
    assertEquals("jobs[2003].id", error.fields().get(0).getField());
    assertEquals("jobs[2003].id: no", error.getMessage());
  }

  @Test
  void cancelsWhatWaitsWhenItIsClosed() throws Exception {
    var info = RetryInfo.newBuilder().setRetryDelay(Duration.newBuilder().setSeconds(50)).build();
    server.failures.add(error(Status.Code.UNAVAILABLE, info));
    Thread closer = new Thread(drover::close);
    closer.start();
    DroverException error = assertThrows(DroverException.class, () -> drover.submit(JOB));
    assertEquals(Status.Code.CANCELLED, error.code());
    closer.join();
  }

  @Test
  void takesAddressesAsPeopleWriteThem() {
    String[] known = {"127.0.0.1:7070", "localhost", "[::1]:7070", "http://127.0.0.1", "https://jobs.example"};
    for (String address : known) DroverClient.connect(address, "key").close();
    for (String address : new String[] {"ftp://host", ":7070", "a host", ""}) {
      assertThrows(DroverException.class, () -> DroverClient.connect(address), address);
    }
  }
}
