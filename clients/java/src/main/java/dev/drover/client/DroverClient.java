// What an app talks to: one connection, on which it submits, watches, and calls anything else. How calls are repeated
// is Retry's, how batches are cut BatchSender's.
package dev.drover.client;

import dev.drover.v1.Batch;
import dev.drover.v1.GetJobRequest;
import dev.drover.v1.Job;
import dev.drover.v1.JobServiceGrpc;
import dev.drover.v1.JobServiceGrpc.JobServiceBlockingStub;
import dev.drover.v1.JobServiceGrpc.JobServiceBlockingV2Stub;
import dev.drover.v1.QueueServiceGrpc;
import dev.drover.v1.QueueServiceGrpc.QueueServiceBlockingStub;
import dev.drover.v1.SubmitJobRequest;
import dev.drover.v1.SubmitJobResponse;
import dev.drover.v1.WatchJobRequest;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A client of Drover. It has one connection: make one and share it, between threads too. Every call is safe to repeat,
 * and is repeated where it could not be answered, UNAVAILABLE or DEADLINE_EXCEEDED, 12 times and for a minute at most. All methods
 * throw {@link DroverException}.
 */
public final class DroverClient implements AutoCloseable {
  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final int GRPC_PORT = 7070;
  private static final int HTTPS_PORT = 443;
  private static final long PING_SECONDS = 30;
  private static final int ANSWER_BYTES = 64 * 1024 * 1024;

  private final ManagedChannel channel;
  private final Retry retry;
  private final JobServiceBlockingStub jobs;
  private final JobServiceBlockingV2Stub watches;
  private final QueueServiceBlockingStub queues;

  private DroverClient(ManagedChannel channel) {
    this.channel = channel;
    retry = new Retry(channel::resetConnectBackoff);
    jobs = JobServiceGrpc.newBlockingStub(channel);
    watches = JobServiceGrpc.newBlockingV2Stub(channel);
    queues = QueueServiceGrpc.newBlockingStub(channel);
  }

  /**
   * A client of the gRPC door; connects with the first call.
   *
   * @param address {@code host:port}, {@code http://…} or {@code https://…}; without a port 7070, or
   *     443 for https. INVALID_ARGUMENT for what is none
   */
  public static DroverClient connect(String address) {
    return over(channelOf(address).build());
  }

  /**
   * The same, with a token that goes with each call as {@code authorization: Bearer TOKEN}: for a proxy before the
   * server, which has to take it away. In calls for batches Drover reads it as the token of a page, and any other is
   * TOKEN_INVALID.
   */
  public static DroverClient connect(String address, String token) {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + token);
    return over(channelOf(address).intercept(MetadataUtils.newAttachHeadersInterceptor(headers)).build());
  }

  /** A client over a channel of your own, with its credentials and interceptors. It is closed with the client. */
  public static DroverClient over(ManagedChannel channel) {
    return new DroverClient(channel);
  }

  /**
   * Stores one job; when it returns the job is durable. A job without an id gets one here, so that a repeated call
   * names the same. INVALID_ARGUMENT with {@code fields()}; ALREADY_EXISTS for an id that has other content.
   */
  public SubmitJobResponse submit(Job job) {
    Job named = job.getId().isEmpty() ? job.toBuilder().setId(Jobs.newId()).build() : job;
    SubmitJobRequest request = SubmitJobRequest.newBuilder().setJob(named).build();
    return jobs(stub -> stub.submitJob(request));
  }

  /**
   * Stores any number of jobs as one batch, and returns when it is sealed. The same key with the same jobs is the same
   * batch, and goes on where it was broken off; other jobs are ALREADY_EXISTS, more are SEALED and fewer
   * COUNT_MISMATCH once it is sealed. INVALID_ARGUMENT names a job by its place: {@code jobs[17].id}.
   *
   * @param key 1 to 128 of A-Z a-z 0-9 . _ : -
   * @param members asked for one job at a time; they have no ids
   */
  public SubmittedBatch batch(String key, Iterator<Job> members) {
    return batch(Batch.newBuilder().setKey(key).build(), members);
  }

  /** The same from a stream, which is not closed. */
  public SubmittedBatch batch(String key, Stream<Job> members) {
    return batch(key, members.iterator());
  }

  /** The same with settings: on_complete, failure_policy, labels. One without a key gets one here. */
  public SubmittedBatch batch(Batch settings, Iterator<Job> members) {
    Batch named = settings.getKey().isEmpty() ? settings.toBuilder().setKey(Jobs.newId()).build() : settings;
    return new BatchSender(retry, jobs, false).send(named, members);
  }

  /** The job now, then each newer state, to its end. */
  public Watch watch(String jobId) {
    return new Watch(watches, retry, WatchJobRequest.newBuilder().setJobId(jobId).build());
  }

  /** The same, but only states newer than this revision; the last one is shown in any case. */
  public Watch watch(String jobId, long afterRevision) {
    var request = WatchJobRequest.newBuilder().setJobId(jobId).setAfterRevision(afterRevision);
    return new Watch(watches, retry, request.build());
  }

  /** Waits until the job has ended, however it did, and returns it whole: with its result or its failure. */
  public Job await(String jobId) {
    try (Watch watch = watch(jobId)) {
      watch.forEachRemaining(job -> {});
    }
    return jobs(stub -> stub.getJob(GetJobRequest.newBuilder().setJobId(jobId).build())).getJob();
  }

  /**
   * Any other call of JobService, repeated like the rest:
   * {@code drover.jobs(stub -> stub.cancelJob(request))}.
   */
  public <T> T jobs(Function<JobServiceBlockingStub, T> rpc) {
    return retry.call(jobs, rpc);
  }

  /** Any call of QueueService. */
  public <T> T queues(Function<QueueServiceBlockingStub, T> rpc) {
    return retry.call(queues, rpc);
  }

  /** The channel, for calls that are none of the above. They throw what gRPC throws. */
  public ManagedChannel channel() {
    return channel;
  }

  /** Ends all calls and watches with CANCELLED and closes the connection. May be called again. */
  @Override
  public void close() {
    retry.close();
    channel.shutdownNow();
  }

  private static ManagedChannelBuilder<?> channelOf(String address) {
    URI uri = uriOf(address);
    boolean secure = "https".equals(uri.getScheme());
    if (!secure && !"http".equals(uri.getScheme()) || uri.getHost() == null) throw badAddress(address);
    int port = uri.getPort() != -1 ? uri.getPort() : secure ? HTTPS_PORT : GRPC_PORT;
    var builder = ManagedChannelBuilder.forAddress(uri.getHost(), port);
    if (!secure) builder.usePlaintext();
    return builder.keepAliveTime(PING_SECONDS, TimeUnit.SECONDS).maxInboundMessageSize(ANSWER_BYTES);
  }

  private static URI uriOf(String address) {
    try {
      return new URI(address.contains("://") ? address : "http://" + address);
    } catch (URISyntaxException none) {
      throw badAddress(address);
    }
  }

  private static DroverException badAddress(String address) {
    return DroverException.invalid("address", "must be host:port, http://… or https://…, not " + address);
  }
}
