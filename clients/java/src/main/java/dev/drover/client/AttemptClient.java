// What a page may ask of Drover with the token of the call that it serves: report, end the attempt, make children. Over
// the HTTP door, whose address came with the call.
package dev.drover.client;

import com.google.protobuf.ByteString;
import dev.drover.v1.AttemptServiceGrpc;
import dev.drover.v1.AttemptServiceGrpc.AttemptServiceBlockingStub;
import dev.drover.v1.Batch;
import dev.drover.v1.CompleteAttemptRequest;
import dev.drover.v1.FailAttemptRequest;
import dev.drover.v1.Job;
import dev.drover.v1.JobServiceGrpc;
import dev.drover.v1.Progress;
import dev.drover.v1.ReportProgressRequest;
import dev.drover.v1.ReportProgressResponse;
import java.util.Iterator;

/**
 * Speaks for one attempt. Calls may be repeated, and are, like those of {@link DroverClient}. A DroverException with
 * reason {@code LEASE_LOST} says that the attempt no longer holds the job: stop, nothing that it does counts any more.
 */
public final class AttemptClient {
  private final Retry retry = new Retry(() -> {});
  private final AttemptServiceBlockingStub attempts;
  private final ConnectChannel channel;

  /** Calls nothing yet. */
  public AttemptClient(PageRequest request) {
    channel = new ConnectChannel(request.service(), request.token());
    attempts = AttemptServiceGrpc.newBlockingStub(channel);
  }

  /**
   * Shows progress and renews the lease. A page that answered 202 must do so at least once in a lease. The answer says
   * whether the job is to be cancelled.
   */
  public ReportProgressResponse report(Progress progress) {
    var request = ReportProgressRequest.newBuilder().setProgress(progress).build();
    return retry.call(attempts, stub -> stub.reportProgress(request));
  }

  /** Only renews the lease. */
  public ReportProgressResponse renew() {
    return retry.call(attempts, stub -> stub.reportProgress(ReportProgressRequest.getDefaultInstance()));
  }

  /**
   * Ends the attempt, and with it the job, with success.
   *
   * @param json the result, at most 256 KiB
   */
  public Job complete(String json) {
    return complete(CompleteAttemptRequest.newBuilder().setResult(ByteString.copyFromUtf8(json)).build());
  }

  /** The same with a result of any content type. */
  public Job complete(CompleteAttemptRequest request) {
    return retry.call(attempts, stub -> stub.completeAttempt(request)).getJob();
  }

  /**
   * Ends the attempt as a failure.
   *
   * @param message for a person; of a longer one the first 1,024 characters are kept
   * @param retryable true: try again after the job's backoff; false: FAILED for good
   */
  public Job fail(String message, boolean retryable) {
    return fail(FailAttemptRequest.newBuilder().setMessage(message).setRetryable(retryable).build());
  }

  /** The same with a delay of its own. */
  public Job fail(FailAttemptRequest request) {
    var taken = request.toBuilder().setMessage(Answer.shortened(request.getMessage())).build();
    return retry.call(attempts, stub -> stub.failAttempt(taken)).getJob();
  }

  /**
   * Makes this job a master: stores any number of children, and returns when their batch is sealed. The job succeeds
   * when they have. An attempt that does it again finds the same batch by {@code key} and the same children by their
   * {@code child_key}; children without one must come again the same and in the same order.
   */
  public SubmittedBatch batch(String key, Iterator<Job> children) {
    return batch(Batch.newBuilder().setKey(key).build(), children);
  }

  /** The same with settings; these need a key. */
  public SubmittedBatch batch(Batch settings, Iterator<Job> children) {
    if (settings.getKey().isEmpty()) throw DroverException.invalid("batch.key", "is missing: it names the batch");
    return new BatchSender(retry, JobServiceGrpc.newBlockingStub(channel), true).send(settings, children);
  }
}
