// How the work of a page ends: as an HTTP answer, and as the last line of an answer that is a stream already. Knows no
// framework.
package dev.drover.client;

import com.google.gson.Gson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a page answers.
 *
 * @param work is run once the answer was sent
 * @param lastLine the same as JSON of one line, for a page that has shown progress
 */
public record Answer(int status, Map<String, String> headers, byte[] body, Work work, String lastLine) {
  private static final int MESSAGE_CHARS = 1_024;
  private static final Gson GSON = new Gson();
  private static final Work NO_WORK = () -> {};
  private static final String OTHER =
      failure(422, "the page showed progress, and then answered with a status of its own").lastLine;

  /** What a page does after it answered 202. */
  @FunctionalInterface
  public interface Work {
    void run() throws Exception;
  }

  /** Any answer, sent as it is. Not after progress, which is an answer: that would fail the job for good. */
  public Answer(int status, Map<String, String> headers, byte[] body) {
    this(status, headers, body, NO_WORK, OTHER);
  }

  /** Done, without a result. */
  public static Answer done() {
    return new Answer(204, Map.of(), new byte[0], NO_WORK, "{\"result\":null}");
  }

  /**
   * Done.
   *
   * @param json the result, at most 256 KiB; a larger one fails the job for good
   */
  public static Answer done(String json) {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    if (body.length > PageHandler.PAYLOAD_BYTES) {
      return never("the result has more than " + PageHandler.PAYLOAD_BYTES + " bytes");
    }
    // Within JSON a bare line break is only ever space between tokens.
    String last = "{\"result\":" + json.replace('\n', ' ').replace('\r', ' ') + "}";
    var headers = Map.of("Content-Type", "application/json");
    return new Answer(200, headers, body, NO_WORK, last);
  }

  /**
   * Accepted: the work is run once this was sent, on the thread of the call. It has to report at least once in a lease,
   * and to end the attempt, by {@link DroverClient#attempts} with {@link Attempt#authorization}. What it throws is
   * logged, and the attempt fails with its lease. Not after progress, as with any answer that is sent as it is.
   */
  public static Answer accepted(Work work) {
    return new Answer(202, Map.of(), new byte[0], work, OTHER);
  }

  /**
   * The moment is wrong and not the job: tried again, and no attempt is used.
   *
   * @param delay up to 7 days, in a status rounded up to seconds; zero for the job's backoff
   */
  public static Answer later(String message, Duration delay) {
    return failure(503, message, delay);
  }

  /** No further attempt would help: FAILED for good. */
  public static Answer never(String message) {
    return failure(422, message);
  }

  static Answer failure(int status, String message) {
    return failure(status, message, Duration.ZERO);
  }

  private static Answer failure(int status, String message, Duration delay) {
    Map<String, Object> error = new TreeMap<>(Map.of("message", cut(message), "retryable", status >= 500));
    Map<String, String> headers = new TreeMap<>(Map.of("Content-Type", "text/plain; charset=utf-8"));
    if (status == 503) error.put("busy", true);
    // 0 would be at once.
    if (delay.toMillis() > 0) {
      error.put("retryDelayMs", delay.toMillis());
      headers.put("Retry-After", Long.toString(delay.plusMillis(999).toSeconds()));
    }
    return new Answer(status, headers, cut(message).getBytes(StandardCharsets.UTF_8), NO_WORK, line("error", error));
  }

  /** IllegalArgumentException for a number that is none. */
  static String line(String name, Object value) {
    return GSON.toJson(Map.of(name, value));
  }

  /** As much of a message as the server takes. */
  static String cut(String message) {
    return message.substring(0, Math.min(message.length(), MESSAGE_CHARS));
  }
}
