// What an app talks to: one channel with the generated stubs on it, and the calls that take more than a stub. Trying
// again is gRPC's own, by grpc_service_config.json. Knows of pages nothing but the token of a call.
package dev.drover.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.collect.Iterators;
import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import dev.drover.v1.AttemptServiceGrpc;
import dev.drover.v1.AttemptServiceGrpc.AttemptServiceBlockingStub;
import dev.drover.v1.Batch;
import dev.drover.v1.Job;
import dev.drover.v1.JobServiceGrpc;
import dev.drover.v1.JobServiceGrpc.JobServiceBlockingStub;
import dev.drover.v1.QueueServiceGrpc;
import dev.drover.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.drover.v1.SubmitBatchResponse;
import dev.drover.v1.SubmitJobRequest;
import dev.drover.v1.SubmitJobResponse;
import dev.drover.v1.WatchBatchRequest;
import dev.drover.v1.WatchJobRequest;
import io.grpc.ChannelCredentials;
import io.grpc.ConnectivityState;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A client of Drover over one channel: make one and share it, between threads too. What the server, or the way to it,
 * could not answer is asked again, for a minute at most. That is safe, since an id or a key makes a repeat find what is
 * there: the methods here give them, and what is sent to submitJob, submitJobs and submitBatch of {@code jobs} should
 * have them. A call that fails throws {@link io.grpc.StatusRuntimeException}: see {@link Errors}.
 *
 * @param channel begun by {@link #channel(String, ChannelCredentials)}; closed with the client
 * @param jobs the calls for jobs and batches, as they are generated; with a deadline of its own no watch would end
 * @param attempts those for pages: {@code attempts().withInterceptors(attempt.authorization())}
 * @param queues those for queues
 */
public record DroverClient(
    ManagedChannel channel, JobServiceBlockingStub jobs, AttemptServiceBlockingStub attempts,
    QueueServiceBlockingStub queues) implements AutoCloseable {
  /** So often a channel whose server is away begins anew with gRPC's short waits. */
  private static final long LOOK_SECONDS = 5;

  /** A client over a channel of your own. */
  public DroverClient(ManagedChannel channel) {
    this(channel, JobServiceGrpc.newBlockingStub(channel), AttemptServiceGrpc.newBlockingStub(channel),
        QueueServiceGrpc.newBlockingStub(channel));
    lookAgain(channel);
  }

  /** A client of the gRPC door at {@code host:port}, in the clear; connects with the first call. */
  public static DroverClient connect(String address) {
    return new DroverClient(channel(address, InsecureChannelCredentials.create()).build());
  }

  /** A channel that tries again, for whatever else gRPC can set: TLS is {@code TlsChannelCredentials.create()}. */
  public static ManagedChannelBuilder<?> channel(String address, ChannelCredentials credentials) {
    return Grpc.newChannelBuilder(address, credentials)
        .defaultServiceConfig(serviceConfig()).enableRetry()
        // Only a call that is kept until its answer comes can be sent again: by default one of up to 1 MiB.
        .perRpcBufferLimit(8 << 20).retryBufferSize(64 << 20)
        // A connection that died without a word is found out.
        .keepAliveTime(30, TimeUnit.SECONDS).keepAliveTimeout(10, TimeUnit.SECONDS)
        .maxInboundMessageSize(64 << 20);
  }

  /**
   * Stores one job; when it returns the job is durable. A job without an id gets one. INVALID_ARGUMENT with fields;
   * ALREADY_EXISTS for an id that has other content.
   */
  public SubmitJobResponse submit(Job job) {
    Job named = job.getId().isEmpty() ? job.toBuilder().setId(newId()).build() : job;
    try {
      return jobs.submitJob(SubmitJobRequest.newBuilder().setJob(named).build());
    } catch (StatusRuntimeException error) {
      // It may be stored all the same.
      throw Errors.noted(error, "the id of the job is " + named.getId());
    }
  }

  /**
   * Stores any number of jobs as one batch, in calls of up to 1,000 jobs and 4 MiB, and returns it sealed. The same key
   * with the same jobs is the same batch, and goes on where it was broken off. Other jobs are ALREADY_EXISTS; once it
   * is sealed, more are SEALED and fewer COUNT_MISMATCH.
   *
   * @param batch without a key it gets one
   * @param members asked for one job at a time; they have no ids
   */
  public SubmitBatchResponse submitBatch(Batch batch, Iterator<Job> members) {
    Batch named = batch.getKey().isEmpty() ? batch.toBuilder().setKey(newId()).build() : batch;
    return new BatchSender(jobs, false).send(named, members);
  }

  /**
   * Makes a batch below the job of an attempt, which then ends when the batch has. A further attempt finds the same
   * batch by its key and the same children by theirs; a batch that is sealed is returned as it is.
   *
   * @param batch with a key, else IllegalArgumentException
   * @param members each with a child_key, else IllegalArgumentException before its chunk is sent
   */
  public SubmitBatchResponse children(Attempt attempt, Batch batch, Iterator<Job> members) {
    if (batch.getKey().isEmpty()) throw new IllegalArgumentException("batch.key is missing: it names the batch");
    return new BatchSender(jobs.withInterceptors(attempt.authorization()), true).send(batch, members);
  }

  /** The job now, without its payload, then each newer state, to its end. */
  public Watch<Job> watch(String jobId) {
    return watch(jobId, 0);
  }

  /** The same of what is newer than a revision, 0 or more; the end is shown in any case. */
  public Watch<Job> watch(String jobId, long afterRevision) {
    var request = WatchJobRequest.newBuilder().setJobId(jobId);
    return new Watch<>(channel, afterRevision, after -> Iterators.transform(
        jobs.watchJob(request.setAfterRevision(after).build()), message -> Watch.Sight.of(message.getJob())));
  }

  /** The batch with its counts, now and whenever they change, to its end. */
  public Watch<Batch> watchBatch(String batchId) {
    var request = WatchBatchRequest.newBuilder().setBatchId(batchId);
    return new Watch<>(channel, 0, after -> Iterators.transform(
        jobs.watchBatch(request.setAfterRevision(after).build()), message -> Watch.Sight.of(message.getBatch())));
  }

  /** Waits until the job has ended, however it did and however long that takes: with its result or its failure. */
  public Job await(String jobId) {
    try (Watch<Job> watch = watch(jobId)) {
      return Iterators.getLast(watch);
    }
  }

  /** Ends all calls and watches, and closes the channel. */
  @Override
  public void close() {
    channel.shutdownNow();
  }

  /** gRPC would wait for up to two minutes; it has no setting for that. */
  private static void lookAgain(ManagedChannel channel) {
    ConnectivityState now = channel.getState(false);
    if (now == ConnectivityState.TRANSIENT_FAILURE) {
      channel.resetConnectBackoff();
      CompletableFuture.delayedExecutor(LOOK_SECONDS, TimeUnit.SECONDS).execute(() -> lookAgain(channel));
    } else if (now != ConnectivityState.SHUTDOWN) {
      channel.notifyWhenStateChanged(now, () -> lookAgain(channel));
    }
  }

  /** Ids made later sort later, which indexes like. */
  private static String newId() {
    return "%012x-%s".formatted(System.currentTimeMillis(), UUID.randomUUID());
  }

  private static Map<String, Object> serviceConfig() {
    try (var json = new InputStreamReader(DroverClient.class.getResourceAsStream("grpc_service_config.json"), UTF_8)) {
      return new Gson().fromJson(json, new TypeToken<>() {});
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
