// The jobs of a batch, cut by count and by bytes, one chunk at a time, so that any number of jobs is fine. The same
// jobs make the same chunks. Knows no connection.
package dev.drover.client;

import dev.drover.v1.Job;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

final class Chunks implements Iterator<Chunks.Chunk> {
  /** What the server takes in one call. */
  static final int JOBS = 1_000;

  /** Under the server's 4 MiB for one message: what is left is for the batch with its on_complete job. */
  static final int BYTES = 3 * 1024 * 1024;

  /** A job's tag and length beside its own bytes. */
  private static final int FRAME_BYTES = 6;

  /** The jobs of one call, and the place of the first among all, from 0. */
  record Chunk(int number, long start, List<Job> jobs) {
    String key() {
      return "chunk-" + number;
    }
  }

  private final Iterator<Job> source;
  private Job held;
  private int number;
  private long start;

  Chunks(Iterator<Job> source) {
    this.source = source;
  }

  @Override
  public boolean hasNext() {
    return held != null || source.hasNext();
  }

  /** An empty chunk where there are no more jobs: a batch may have none. */
  @Override
  public Chunk next() {
    List<Job> jobs = new ArrayList<>();
    int bytes = 0;
    while (hasNext()) {
      if (held == null) held = source.next();
      bytes += held.getSerializedSize() + FRAME_BYTES;
      if (jobs.size() == JOBS || bytes > BYTES && !jobs.isEmpty()) break;
      jobs.add(held);
      held = null;
    }
    Chunk chunk = new Chunk(number, start, jobs);
    number += 1;
    start += jobs.size();
    return chunk;
  }
}
