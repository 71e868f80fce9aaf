// One call of a page, as it came: what Drover says in its headers, and the body. Proves nothing: that is what
// Signatures are for. Knows no framework: headers are a function.
package dev.drover.client;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.function.UnaryOperator;

/**
 * The attempt that a request is.
 *
 * @param jobId the same for every attempt: under it, keep what must be done once
 * @param attempt 1-based
 * @param fence rises with each call of the job: tells a later one from an earlier one
 * @param token lets its bearer report on this attempt while it holds the job; not to be logged
 * @param service base address of the server's HTTP door
 * @param deadline when this attempt will be given up, by the server's clock
 * @param body the job's payload
 */
public record PageRequest(
    String jobId,
    int attempt,
    long fence,
    String queue,
    String kind,
    String token,
    String service,
    Instant deadline,
    byte[] body) {

  /**
   * Reads a request. INVALID_ARGUMENT, naming the header, for one that does not come from Drover.
   *
   * @param headers the value of a header by its name, in whatever case; null if it is absent
   */
  public static PageRequest of(UnaryOperator<String> headers, byte[] body) {
    String kind = headers.apply("job-kind");
    return new PageRequest(
        need(headers, "job-id"),
        (int) count(headers, "job-attempt", Integer.MAX_VALUE),
        count(headers, "job-fence", Long.MAX_VALUE),
        need(headers, "job-queue"),
        // Percent-encoded, where a plus is a plus.
        kind == null ? "" : URLDecoder.decode(kind.replace("+", "%2B"), StandardCharsets.UTF_8),
        need(headers, "job-token"),
        need(headers, "job-service"),
        time(headers, "job-deadline"),
        body);
  }

  /** The body as text. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  private static String need(UnaryOperator<String> headers, String name) {
    String value = headers.apply(name);
    if (value == null || value.isEmpty()) {
      throw DroverException.invalid(name, "is missing: the request does not come from Drover");
    }
    return value;
  }

  private static long count(UnaryOperator<String> headers, String name, long max) {
    String value = need(headers, name);
    if (value.matches("\\d{1,18}") && Long.parseLong(value) <= max) return Long.parseLong(value);
    throw DroverException.invalid(name, "must be a whole number");
  }

  private static Instant time(UnaryOperator<String> headers, String name) {
    try {
      return Instant.parse(need(headers, name));
    } catch (DateTimeParseException noTime) {
      throw DroverException.invalid(name, "must be a time");
    }
  }
}
