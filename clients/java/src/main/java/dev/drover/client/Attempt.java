// One call of a page, as its headers tell it. Proves nothing: that is what Signatures are for. Knows no framework.
package dev.drover.client;

import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * An attempt to run a job.
 *
 * @param jobId the same for every attempt: under it, keep what must be done once
 * @param number 1 for the first attempt
 * @param fence rises with each call of the job
 * @param kind empty if the job has none
 * @param deadline when this call will be given up, by the server's clock
 * @param token lets its bearer act for this attempt while it holds the job; not to be logged
 */
public record Attempt(
    String jobId, int number, long fence, String queue, String kind, Instant deadline, String token) {
  /** Of a form a plus is a space; here it is a plus. */
  private static final UnaryOperator<String> PERCENT_DECODED =
      text -> URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);

  /**
   * Reads a call. IllegalArgumentException names the header that is missing or wrong.
   *
   * @param headers the value of a header by its name, in whatever case; null if it is absent
   */
  public static Attempt of(UnaryOperator<String> headers) {
    return new Attempt(
        read(headers, "Job-Id", String::toString),
        read(headers, "Job-Attempt", Integer::parseInt),
        read(headers, "Job-Fence", Long::parseLong),
        read(headers, "Job-Queue", String::toString),
        headers.apply("Job-Kind") == null ? "" : read(headers, "Job-Kind", PERCENT_DECODED),
        read(headers, "Job-Deadline", Instant::parse),
        read(headers, "Job-Token", String::toString));
  }

  /** With this a stub of {@link DroverClient} speaks for the attempt: {@code stub.withInterceptors(…)}. */
  public ClientInterceptor authorization() {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "attempt " + number + " of job " + jobId;
  }

  private static <T> T read(UnaryOperator<String> headers, String name, Function<String, T> parse) {
    String value = headers.apply(name);
    if (value == null || value.isEmpty()) throw new IllegalArgumentException(name + " is missing");
    try {
      return parse.apply(value);
    } catch (IllegalArgumentException | DateTimeException wrong) {
      throw new IllegalArgumentException(name + " is wrong: " + value, wrong);
    }
  }
}
