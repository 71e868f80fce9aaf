// How a page's work ends, as an HTTP answer, and as the last line of an answer that was begun as a stream. Knows no
// framework.
package dev.drover.client;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a page answers.
 *
 * @param headers by name, {@code content-type} among them
 * @param work what is to be done once the answer was sent; null for nothing
 */
public record Answer(int status, Map<String, String> headers, byte[] body, Work work) {
  /** Names of headers are the same in any case. */
  public Answer {
    var named = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    named.putAll(headers);
    headers = Collections.unmodifiableMap(named);
  }

  private static final int MESSAGE_CHARS = 1_024;
  private static final String JSON = "application/json";

  /** What a page does after it answered 202. What it throws fails the attempt, which is tried again. */
  @FunctionalInterface
  public interface Work {
    void run(AttemptClient attempt) throws Exception;
  }

  /**
   * Done.
   *
   * @param json the result, at most 256 KiB
   */
  public static Answer done(String json) {
    return of(200, JSON, json);
  }

  /**
   * Accepted: the page works on, reports and ends the attempt by itself, in {@code work}. Not after the page has shown
   * progress, which is an answer: the job then fails for good, and the work is not run.
   */
  public static Answer accepted(Work work) {
    return new Answer(202, Map.of(), new byte[0], work);
  }

  /**
   * Nothing is wrong with the job, only with the moment: tried again, without using an attempt.
   *
   * @param delay up to 7 days; zero for the job's backoff
   */
  public static Answer later(String message, Duration delay) {
    Answer plain = of(503, "text/plain; charset=utf-8", shortened(message));
    if (delay.isZero()) return plain;
    String seconds = Long.toString(delay.plusMillis(999).toSeconds());
    var headers = Map.of("content-type", plain.headers.get("content-type"), "retry-after", seconds);
    return new Answer(503, headers, plain.body, null);
  }

  /** No further attempt would help: FAILED for good. */
  public static Answer never(String message) {
    return of(422, "text/plain; charset=utf-8", shortened(message));
  }

  /** Something went wrong: tried again after the job's backoff, until its attempts are used up. */
  public static Answer failed(String message) {
    return of(500, "text/plain; charset=utf-8", shortened(message));
  }

  /** Any other answer. */
  public static Answer of(int status, String contentType, String body) {
    return new Answer(status, Map.of("content-type", contentType), body.getBytes(StandardCharsets.UTF_8), null);
  }

  /** The attempt goes on after this answer: no last line of a stream says so. */
  boolean isAccepted() {
    return status == 202 || work != null;
  }

  /** The same as the last line of a stream, whose status was 200 from the start. */
  String lastFrame() {
    String text = new String(body, StandardCharsets.UTF_8);
    if (status / 100 == 2) {
      boolean json = headers.getOrDefault("content-type", JSON).startsWith(JSON);
      return Frames.result(json ? text : Frames.quoted(text));
    }
    boolean busy = status == 429 || status == 503;
    boolean isFinal = headers.getOrDefault("job-retry", "").strip().equalsIgnoreCase("no");
    boolean mayHelp = busy || status >= 500 || status == 408 || status == 409 || status == 425;
    boolean retryable = mayHelp && !isFinal;
    String seconds = headers.getOrDefault("retry-after", "0");
    Duration delay = Duration.ofSeconds(seconds.matches("\\d{1,9}") ? Long.parseLong(seconds) : 0);
    return Frames.error(shortened(text), retryable, busy && !isFinal, delay);
  }

  /** As much of a message as the server takes; no pair of surrogates is split. */
  static String shortened(String message) {
    if (message.length() <= MESSAGE_CHARS) return message;
    boolean pair = Character.isHighSurrogate(message.charAt(MESSAGE_CHARS - 1));
    return message.substring(0, pair ? MESSAGE_CHARS - 1 : MESSAGE_CHARS);
  }
}
