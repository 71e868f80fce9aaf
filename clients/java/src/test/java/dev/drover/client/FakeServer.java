// A server of gRPC on a port of its own, whose answers a test tells one by one, with a client of it. Knows none of
// Drover's rules.
package dev.drover.client;

import com.google.protobuf.Message;
import dev.drover.v1.AddJobsRequest;
import dev.drover.v1.AddJobsResponse;
import dev.drover.v1.Batch;
import dev.drover.v1.BatchState;
import dev.drover.v1.JobServiceGrpc;
import dev.drover.v1.SealBatchRequest;
import dev.drover.v1.SealBatchResponse;
import dev.drover.v1.SubmitBatchRequest;
import dev.drover.v1.SubmitBatchResponse;
import dev.drover.v1.SubmitJobRequest;
import dev.drover.v1.SubmitJobResponse;
import dev.drover.v1.WatchBatchRequest;
import dev.drover.v1.WatchBatchResponse;
import dev.drover.v1.WatchJobRequest;
import dev.drover.v1.WatchJobResponse;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

final class FakeServer extends JobServiceGrpc.JobServiceImplBase implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /** What the next calls fail with, one each; a call that finds none succeeds. */
  final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  /** How the next watches of a job go, one each. */
  final Queue<Consumer<StreamObserver<WatchJobResponse>>> watches = new ConcurrentLinkedQueue<>();

  /** The same for watches of a batch. */
  final Queue<Consumer<StreamObserver<WatchBatchResponse>>> batchWatches = new ConcurrentLinkedQueue<>();

  /** All that came, in order, those that failed too. */
  private final List<Message> requests = new CopyOnWriteArrayList<>();

  /** What each call had as authorization. */
  final List<String> authorizations = new CopyOnWriteArrayList<>();

  /** How a batch is found. */
  volatile BatchState state = BatchState.BATCH_STATE_OPEN;

  private final Server server;
  final DroverClient client;

  FakeServer() throws IOException {
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(this)
            .intercept(new Authorizations())
            .build()
            .start();
    client = DroverClient.connect("127.0.0.1:" + server.getPort());
  }

  /** Of all that came, what is of this type. */
  <T extends Message> List<T> requests(Class<T> type) {
    return requests.stream().filter(type::isInstance).map(type::cast).toList();
  }

  @Override
  public void submitJob(SubmitJobRequest request, StreamObserver<SubmitJobResponse> answer) {
    end(request, answer, SubmitJobResponse.newBuilder().setJob(request.getJob()).build());
  }

  @Override
  public void submitBatch(SubmitBatchRequest request, StreamObserver<SubmitBatchResponse> answer) {
    Batch batch = request.getBatch().toBuilder().setId("b1").setState(state).build();
    end(request, answer, SubmitBatchResponse.newBuilder().setBatch(batch).build());
  }

  @Override
  public void addJobs(AddJobsRequest request, StreamObserver<AddJobsResponse> answer) {
    end(request, answer, AddJobsResponse.getDefaultInstance());
  }

  @Override
  public void sealBatch(SealBatchRequest request, StreamObserver<SealBatchResponse> answer) {
    Batch batch = Batch.newBuilder().setId("b1").setState(BatchState.BATCH_STATE_RUNNING).build();
    end(request, answer, SealBatchResponse.newBuilder().setBatch(batch).build());
  }

  @Override
  public void watchJob(WatchJobRequest request, StreamObserver<WatchJobResponse> answer) {
    requests.add(request);
    if (watches.isEmpty()) answer.onError(Status.NOT_FOUND.asRuntimeException());
    else watches.remove().accept(answer);
  }

  @Override
  public void watchBatch(WatchBatchRequest request, StreamObserver<WatchBatchResponse> answer) {
    requests.add(request);
    batchWatches.remove().accept(answer);
  }

  @Override
  public void close() {
    client.close();
    server.shutdownNow();
  }

  private <T> void end(Message request, StreamObserver<T> answer, T message) {
    requests.add(request);
    Throwable failure = failures.poll();
    if (failure != null) {
      answer.onError(failure);
      return;
    }
    answer.onNext(message);
    answer.onCompleted();
  }

  private final class Authorizations implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      authorizations.add(String.valueOf(headers.get(AUTHORIZATION)));
      return next.startCall(call, headers);
    }
  }
}
