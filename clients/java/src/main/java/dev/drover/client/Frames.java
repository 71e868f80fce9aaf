// The lines of an answer that tells how far it is: one JSON object each. Knows no connection.
package dev.drover.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import dev.drover.v1.Progress;
import java.time.Duration;

/** Frames of {@code application/x-ndjson}, each with the newline at its end. Flush each. */
public final class Frames {
  /** The content type of an answer made of frames. */
  public static final String CONTENT_TYPE = "application/x-ndjson";

  private static final JsonFormat.Printer PRINTER = JsonFormat.printer().omittingInsignificantWhitespace();

  private Frames() {}

  /** How far the work is. */
  public static String progress(Progress progress) {
    return "{\"progress\":" + json(progress) + "}\n";
  }

  /** A line for people, at most 1,024 characters. */
  public static String log(String line) {
    return "{\"log\":" + quoted(line) + "}\n";
  }

  /**
   * The last frame of an attempt that succeeded.
   *
   * @param json the result; empty for none
   */
  public static String result(String json) {
    // Within JSON a bare line break is only ever space between tokens.
    String line = json.isBlank() ? "null" : json.replace('\n', ' ').replace('\r', ' ');
    return "{\"result\":" + line + "}\n";
  }

  /**
   * The last frame of an attempt that failed.
   *
   * @param retryable whether another attempt may help
   * @param busy try later, and count no attempt
   * @param delay how long to wait; zero for the job's backoff
   */
  public static String error(String message, boolean retryable, boolean busy, Duration delay) {
    StringBuilder line = new StringBuilder("{\"error\":{\"message\":").append(quoted(message));
    line.append(",\"retryable\":").append(retryable);
    if (busy) line.append(",\"busy\":true");
    if (!delay.isZero()) line.append(",\"retryDelayMs\":").append(delay.toMillis());
    return line.append("}}\n").toString();
  }

  /** A text as JSON. */
  static String quoted(String text) {
    return json(Value.newBuilder().setStringValue(text));
  }

  private static String json(MessageOrBuilder message) {
    try {
      return PRINTER.print(message);
    } catch (InvalidProtocolBufferException cannotBeWritten) {
      throw DroverException.invalid("progress", String.valueOf(cannotBeWritten.getMessage()));
    }
  }
}
