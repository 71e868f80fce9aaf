// A server within the test process, whose answers a test tells one by one. Of Drover's rules it knows that a sealed
// batch takes no more chunks, and how many jobs it has.
package dev.drover.client;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
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
import dev.drover.v1.WatchJobRequest;
import dev.drover.v1.WatchJobResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

final class FakeServer extends JobServiceGrpc.JobServiceImplBase implements AutoCloseable {
  /** What the next calls fail with, one each; a call that finds none succeeds. */
  final Deque<Throwable> failures = new ArrayDeque<>();

  /** The same for appends, by which of them it is, from 1. */
  final Map<Integer, Throwable> appendFailures = new HashMap<>();

  /** How the next watches go, one each. */
  final Deque<Consumer<StreamObserver<WatchJobResponse>>> watches = new ArrayDeque<>();

  final List<SubmitJobRequest> submitted = new ArrayList<>();
  final List<WatchJobRequest> watched = new ArrayList<>();

  /** Jobs in a chunk by its key; stored even where the answer is then lost. */
  final Map<String, Integer> chunks = new LinkedHashMap<>();

  int appends;
  private boolean closed;
  SealBatchRequest sealed;
  private final Server server;
  final DroverClient client;

  FakeServer() throws IOException {
    String name = InProcessServerBuilder.generateName();
    server = InProcessServerBuilder.forName(name).directExecutor().addService(this).build().start();
    client = DroverClient.over(InProcessChannelBuilder.forName(name).build());
  }

  @Override
  public void submitJob(SubmitJobRequest request, StreamObserver<SubmitJobResponse> answer) {
    submitted.add(request);
    end(answer, SubmitJobResponse.newBuilder().setJob(request.getJob()).build());
  }

  @Override
  public void submitBatch(SubmitBatchRequest request, StreamObserver<SubmitBatchResponse> answer) {
    boolean existing = chunks.putIfAbsent("", request.getJobsCount()) != null;
    closed |= !request.getOpen();
    BatchState state = closed ? BatchState.BATCH_STATE_RUNNING : BatchState.BATCH_STATE_OPEN;
    Batch batch = request.getBatch().toBuilder().setId("b1").setState(state).build();
    end(answer, SubmitBatchResponse.newBuilder().setBatch(batch).setExisting(existing).build());
  }

  @Override
  public void addJobs(AddJobsRequest request, StreamObserver<AddJobsResponse> answer) {
    appends += 1;
    if (closed && !chunks.containsKey(request.getChunkKey())) failures.add(refusal("SEALED"));
    else chunks.put(request.getChunkKey(), request.getJobsCount());
    if (appendFailures.containsKey(appends)) failures.add(appendFailures.get(appends));
    end(answer, AddJobsResponse.getDefaultInstance());
  }

  @Override
  public void sealBatch(SealBatchRequest request, StreamObserver<SealBatchResponse> answer) {
    sealed = request;
    int stored = chunks.values().stream().mapToInt(Integer::intValue).sum();
    if (request.hasExpectedJobCount() && request.getExpectedJobCount() != stored) failures.add(refusal("COUNT_MISMATCH"));
    closed = true;
    Batch batch = Batch.newBuilder().setId("b1").setState(BatchState.BATCH_STATE_RUNNING).build();
    end(answer, SealBatchResponse.newBuilder().setBatch(batch).build());
  }

  @Override
  public void watchJob(WatchJobRequest request, StreamObserver<WatchJobResponse> answer) {
    watched.add(request);
    if (watches.isEmpty()) answer.onError(Status.NOT_FOUND.asRuntimeException());
    else watches.remove().accept(answer);
  }

  private static Throwable refusal(String reason) {
    var info = Any.pack(ErrorInfo.newBuilder().setReason(reason).setDomain("drover").build());
    var status = com.google.rpc.Status.newBuilder().setCode(Status.Code.FAILED_PRECONDITION.value());
    return StatusProto.toStatusRuntimeException(status.addDetails(info).build());
  }

  private <T> void end(StreamObserver<T> answer, T message) {
    if (!failures.isEmpty()) {
      answer.onError(failures.remove());
      return;
    }
    answer.onNext(message);
    answer.onCompleted();
  }

  @Override
  public void close() {
    client.close();
    server.shutdownNow();
  }
}
