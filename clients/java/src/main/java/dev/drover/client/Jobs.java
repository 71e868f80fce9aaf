// Jobs as they are begun and asked about most often. Knows the messages and no connection.
package dev.drover.client;

import com.google.protobuf.ByteString;
import dev.drover.v1.Endpoint;
import dev.drover.v1.Job;
import dev.drover.v1.JobState;
import java.util.UUID;

/** What goes with the generated {@link Job}. */
public final class Jobs {
  private Jobs() {}

  /**
   * A job that posts this JSON to this page.
   *
   * @param url absolute, http or https, at most 2,048 characters
   * @param json at most 256 KiB
   */
  public static Job.Builder post(String url, String json) {
    return Job.newBuilder()
        .setEndpoint(Endpoint.newBuilder().setUrl(url))
        .setPayload(ByteString.copyFromUtf8(json));
  }

  /** A job that gets this page, without a body. */
  public static Job.Builder get(String url) {
    return Job.newBuilder().setEndpoint(Endpoint.newBuilder().setUrl(url).setMethod("GET"));
  }

  /** SUCCEEDED, FAILED or CANCELLED: it never changes again. */
  public static boolean isTerminal(JobState state) {
    return state == JobState.JOB_STATE_SUCCEEDED
        || state == JobState.JOB_STATE_FAILED
        || state == JobState.JOB_STATE_CANCELLED;
  }

  /** A new UUIDv7: ids made later sort later, which indexes like. */
  public static String newId() {
    UUID random = UUID.randomUUID();
    long time = System.currentTimeMillis() << 16 | 0x7000 | random.getMostSignificantBits() & 0xfff;
    return new UUID(time, random.getLeastSignificantBits()).toString();
  }
}
