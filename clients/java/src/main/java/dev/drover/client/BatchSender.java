// A batch on its way to the server: opened, filled chunk by chunk, sealed. Holds one chunk. Knows no connection.
package dev.drover.client;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.Iterators;
import com.google.common.collect.PeekingIterator;
import com.google.common.hash.Hashing;
import com.google.protobuf.CodedOutputStream;
import dev.drover.v1.AddJobsRequest;
import dev.drover.v1.Batch;
import dev.drover.v1.BatchState;
import dev.drover.v1.Job;
import dev.drover.v1.JobServiceGrpc.JobServiceBlockingStub;
import dev.drover.v1.SealBatchRequest;
import dev.drover.v1.SubmitBatchRequest;
import dev.drover.v1.SubmitBatchResponse;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;

/** @param ofPage the jobs are children, which a further attempt may give in another order: what is stored stays */
record BatchSender(JobServiceBlockingStub stub, boolean ofPage) {
  private static final int CHUNK_JOBS = 1_000;

  /** The server takes 4 MiB; what is left is for what stands around the jobs. */
  private static final int CHUNK_BYTES = 4 * 1024 * 1024 - 4 * 1024;

  SubmitBatchResponse send(Batch batch, Iterator<Job> jobs) {
    var opened = stub.submitBatch(SubmitBatchRequest.newBuilder().setBatch(batch).setOpen(true).build());
    // An attempt before gave all children.
    if (ofPage && opened.getBatch().getState() != BatchState.BATCH_STATE_OPEN) return opened;
    String id = opened.getBatch().getId();
    PeekingIterator<Job> left = Iterators.peekingIterator(jobs);
    long sent = 0;
    for (int number = 0; left.hasNext(); number++) {
      AddJobsRequest chunk = nextOf(left);
      String key = ofPage ? digest(chunk, sent) : "chunk-" + number;
      try {
        stub.addJobs(chunk.toBuilder().setBatchId(id).setChunkKey(key).build());
      } catch (StatusRuntimeException error) {
        // The server names a job by its place in the call.
        throw Errors.noted(error, "jobs[0] of this call is job " + sent + " of all, from 0");
      }
      sent += chunk.getJobsCount();
    }
    var seal = SealBatchRequest.newBuilder().setBatchId(id);
    if (!ofPage) seal.setExpectedJobCount(sent);
    return opened.toBuilder().setBatch(stub.sealBatch(seal.build()).getBatch()).build();
  }

  /** As many jobs as a call takes; of one that is too large for any, the server says what is wrong with it. */
  private static AddJobsRequest nextOf(PeekingIterator<Job> jobs) {
    var chunk = AddJobsRequest.newBuilder();
    int bytes = 0;
    do {
      bytes += sizeOf(jobs.peek());
      chunk.addJobs(jobs.next());
    } while (chunk.getJobsCount() < CHUNK_JOBS && jobs.hasNext() && bytes + sizeOf(jobs.peek()) <= CHUNK_BYTES);
    return chunk.build();
  }

  private static int sizeOf(Job job) {
    return CodedOutputStream.computeMessageSize(AddJobsRequest.JOBS_FIELD_NUMBER, job);
  }

  /** Names a chunk by what it holds. */
  private static String digest(AddJobsRequest chunk, long sent) {
    for (int place = 0; place < chunk.getJobsCount(); place++) {
      boolean named = !chunk.getJobs(place).getChildKey().isEmpty();
      checkArgument(named, "jobs[%s].child_key is missing: it names the child", sent + place);
    }
    byte[] content = new byte[chunk.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(content);
    out.useDeterministicSerialization();
    try {
      chunk.writeTo(out);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return Hashing.sha256().hashBytes(content).toString();
  }
}
