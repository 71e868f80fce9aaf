// How jobs are cut into chunks: by count, by bytes, one at a time.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import dev.drover.v1.AddJobsRequest;
import dev.drover.v1.Job;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ChunksTest {
  private static final Job SMALL = Jobs.get("http://127.0.0.1/").build();

  @Test
  void cutsByCount() {
    Chunks chunks = new Chunks(Stream.generate(() -> SMALL).limit(2_001).iterator());
    assertEquals(1_000, chunks.next().jobs().size());
    Chunks.Chunk second = chunks.next();
    assertEquals(1_000, second.start());
    assertEquals("chunk-1", second.key());
    assertTrue(chunks.hasNext());
    assertEquals(1, chunks.next().jobs().size());
    assertFalse(chunks.hasNext());
  }

  @Test
  void cutsByBytesAndStaysWithinThem() {
    Job large = Job.newBuilder().setPayload(ByteString.copyFrom(new byte[256 * 1024])).build();
    Chunks chunks = new Chunks(Stream.generate(() -> large).limit(30).iterator());
    int total = 0;
    while (chunks.hasNext()) {
      List<Job> jobs = chunks.next().jobs();
      total += jobs.size();
      assertTrue(AddJobsRequest.newBuilder().addAllJobs(jobs).build().getSerializedSize() <= Chunks.BYTES);
      if (chunks.hasNext()) assertEquals(11, jobs.size());
    }
    assertEquals(30, total);
  }

  @Test
  void sendsAloneWhatIsLargerThanAChunk() {
    Job huge = Job.newBuilder().setPayload(ByteString.copyFrom(new byte[Chunks.BYTES])).build();
    Chunks chunks = new Chunks(List.of(SMALL, huge, SMALL).iterator());
    for (int i = 0; i < 3; i++) assertEquals(1, chunks.next().jobs().size());
    assertFalse(chunks.hasNext());
  }

  @Test
  void makesAnEmptyChunkOfNothing() {
    Chunks chunks = new Chunks(List.<Job>of().iterator());
    assertFalse(chunks.hasNext());
    assertEquals(List.of(), chunks.next().jobs());
  }

  @Test
  void asksForNoMoreThanItNeeds() {
    AtomicInteger asked = new AtomicInteger();
    Stream<Job> jobs = Stream.generate(() -> SMALL).limit(5_000).peek(job -> asked.incrementAndGet());
    Chunks chunks = new Chunks(jobs.iterator());
    chunks.next();
    assertTrue(asked.get() <= 1_001, "asked for " + asked);
  }
}
