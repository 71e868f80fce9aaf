// A batch on its way to the server: created with its first chunk, the others appended one after the other, then sealed.
// Every call may be repeated after a lost answer. Does not know whether an app or a page sends.
package dev.drover.client;

import dev.drover.client.Chunks.Chunk;
import dev.drover.v1.AddJobsRequest;
import dev.drover.v1.Batch;
import dev.drover.v1.BatchState;
import dev.drover.v1.Job;
import dev.drover.v1.JobServiceGrpc.JobServiceBlockingStub;
import dev.drover.v1.SealBatchRequest;
import dev.drover.v1.SubmitBatchRequest;
import dev.drover.v1.SubmitBatchResponse;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * @param ofMaster what is stored wins over what is given: a master that runs again finds its children
 */
record BatchSender(Retry retry, JobServiceBlockingStub stub, boolean ofMaster) {
  private static final Pattern PLACE = Pattern.compile("\\bjobs\\[(\\d+)\\](?=[.:])");

  SubmittedBatch send(Batch settings, Iterator<Job> jobs) {
    Chunks chunks = new Chunks(jobs);
    Chunk first = chunks.next();
    SubmitBatchResponse made = create(settings, first, chunks.hasNext());
    String id = made.getBatch().getId();
    // Sealed, by this call or by one before: it has all its jobs. Whether an app's has the same jobs is asked for.
    boolean open = made.getBatch().getState() == BatchState.BATCH_STATE_OPEN;
    if (!open && (ofMaster || !made.getExisting())) {
      return new SubmittedBatch(made.getBatch(), made.getExisting());
    }
    long total = first.jobs().size();
    while (chunks.hasNext()) {
      Chunk chunk = chunks.next();
      var request = AddJobsRequest.newBuilder().setBatchId(id).setChunkKey(chunk.key()).addAllJobs(chunk.jobs());
      placed(chunk, stub -> stub.addJobs(request.build()));
      total += chunk.jobs().size();
    }
    var seal = SealBatchRequest.newBuilder().setBatchId(id);
    // A master's batch may hold more than were given now: what an attempt before gave stays.
    if (!ofMaster) seal.setExpectedJobCount(total);
    Batch sealed = retry.call(stub, stub -> stub.sealBatch(seal.build())).getBatch();
    return new SubmittedBatch(sealed, made.getExisting());
  }

  private SubmitBatchResponse create(Batch settings, Chunk first, boolean open) {
    var request = SubmitBatchRequest.newBuilder().setBatch(settings).setOpen(open).addAllJobs(first.jobs());
    try {
      return placed(first, stub -> stub.submitBatch(request.build()));
    } catch (DroverException error) {
      if (!ofMaster || !error.reason().equals("SEALED")) throw error;
      // An attempt before sealed it with other children: without any, it is found as it is.
      Chunk none = new Chunk(0, 0, List.of());
      return placed(none, stub -> stub.submitBatch(request.clearJobs().setOpen(true).build()));
    }
  }

  /** The server names a job by its place in the call; the caller knows its place among all. */
  private <T> T placed(Chunk chunk, Function<JobServiceBlockingStub, T> rpc) {
    try {
      return retry.call(stub, rpc);
    } catch (DroverException error) {
      throw error.renamed(
          text ->
              PLACE
                  .matcher(text)
                  .replaceAll(found -> "jobs[" + (chunk.start() + Long.parseLong(found.group(1))) + "]"));
    }
  }
}
