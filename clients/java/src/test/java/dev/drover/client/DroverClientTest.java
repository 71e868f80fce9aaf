// The client against a server that fails as it is told: what is sent again, with what, and what an error says.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.ErrorInfo;
import dev.drover.v1.Endpoint;
import dev.drover.v1.Job;
import dev.drover.v1.SubmitJobRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DroverClientTest {
  private static final Job JOB =
      Job.newBuilder().setEndpoint(Endpoint.newBuilder().setUrl("http://localhost/")).build();

  private final FakeServer server;

  DroverClientTest() throws Exception {
    server = new FakeServer();
  }

  @AfterEach
  void close() {
    server.close();
  }

  private static Throwable error(Code code, Message detail) {
    var status = com.google.rpc.Status.newBuilder().setCode(code.value()).setMessage("no");
    return StatusProto.toStatusRuntimeException(status.addDetails(Any.pack(detail)).build());
  }

  private StatusRuntimeException refusal() {
    return assertThrows(StatusRuntimeException.class, () -> server.client.submit(JOB));
  }

  @Test
  void asksAgainUnderTheSameId() {
    server.failures.addAll(List.of(Status.UNAVAILABLE.asException(), Status.CANCELLED.asException()));
    String id = server.client.submit(JOB).getJob().getId();
    assertTrue(id.matches("[0-9a-f-]{20,128}"), id);
    List<SubmitJobRequest> requests = server.requests(SubmitJobRequest.class);
    assertEquals(3, requests.size());
    for (var request : requests) assertEquals(id, request.getJob().getId());
  }

  @Test
  void makesIdsThatSortByTime() throws Exception {
    String earlier = server.client.submit(JOB).getJob().getId();
    Thread.sleep(2);
    assertTrue(earlier.compareTo(server.client.submit(JOB).getJob().getId()) < 0);
  }

  @Test
  void leavesAnIdOfOnesOwn() {
    assertEquals("mine", server.client.submit(JOB.toBuilder().setId("mine").build()).getJob().getId());
  }

  @Test
  void tellsTheReason() {
    server.failures.add(error(Code.PERMISSION_DENIED, ErrorInfo.newBuilder().setReason("TOKEN_INVALID").build()));
    StatusRuntimeException error = refusal();
    assertEquals(Code.PERMISSION_DENIED, error.getStatus().getCode());
    assertEquals("TOKEN_INVALID", Errors.reason(error));
    assertEquals(List.of(), Errors.fields(error));
    assertEquals(1, server.requests(SubmitJobRequest.class).size());
    String id = server.requests(SubmitJobRequest.class).get(0).getJob().getId();
    assertEquals("no\nthe id of the job is " + id, error.getStatus().getDescription());
  }

  /** A channel whose server is away and never comes back. */
  private static final class Away extends ManagedChannel {
    final List<Runnable> callbacks = new ArrayList<>();
    ConnectivityState state = ConnectivityState.IDLE;
    int resets;

    @Override
    public ConnectivityState getState(boolean connect) {
      return state;
    }

    @Override
    public void notifyWhenStateChanged(ConnectivityState source, Runnable callback) {
      assertEquals(state, source);
      callbacks.add(callback);
    }

    @Override
    public void resetConnectBackoff() {
      resets++;
    }

    @Override
    public ManagedChannel shutdown() {
      state = ConnectivityState.SHUTDOWN;
      return this;
    }

    @Override
    public boolean isShutdown() {
      return state == ConnectivityState.SHUTDOWN;
    }

    @Override
    public boolean isTerminated() {
      return isShutdown();
    }

    @Override
    public ManagedChannel shutdownNow() {
      return shutdown();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return isShutdown();
    }

    @Override
    public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String authority() {
      return "away";
    }
  }

  @Test
  void looksForAServerThatIsAwayWithoutWaitingForGrpc() {
    Away channel = new Away();
    try (DroverClient client = new DroverClient(channel)) {
      for (var next : List.of(ConnectivityState.CONNECTING, ConnectivityState.TRANSIENT_FAILURE)) {
        channel.state = next;
        channel.callbacks.remove(0).run();
      }
      assertEquals(1, channel.resets);
      assertEquals(List.of(), channel.callbacks);
      assertEquals(channel, client.channel());
    }
  }

  @Test
  void tellsTheFields() {
    var field = FieldViolation.newBuilder().setField("job.queue").setDescription("is bad").build();
    server.failures.add(error(Code.INVALID_ARGUMENT, BadRequest.newBuilder().addFieldViolations(field).build()));
    StatusRuntimeException error = refusal();
    assertEquals("", Errors.reason(error));
    assertEquals(List.of(field), Errors.fields(error));
  }

  @Test
  void tellsNothingOfWhatHasNoDetails() {
    for (Throwable error : List.of(new IllegalStateException(), Status.NOT_FOUND.asRuntimeException())) {
      assertEquals("", Errors.reason(error));
      assertEquals(List.of(), Errors.fields(error));
    }
  }

  @Test
  void endsCallsWhenItIsClosed() {
    server.client.close();
    assertEquals(Code.UNAVAILABLE, refusal().getStatus().getCode());
  }
}
