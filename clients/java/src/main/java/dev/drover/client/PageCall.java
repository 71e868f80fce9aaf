// One call of a page while it works: what it was asked, and the stream that its answer becomes once it shows something.
// Knows no client.
package dev.drover.client;

import com.sun.net.httpserver.HttpExchange;
import dev.drover.v1.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * For the page: used by one thread at a time.
 *
 * @param attempt what Drover said of the job
 * @param body the job's payload
 * @param exchange the whole call; its answer is not to be begun by the page
 */
public record PageCall(Attempt attempt, byte[] body, HttpExchange exchange) {
  /** The status of an exchange that has none yet. */
  static final int NOT_BEGUN = -1;

  /** The payload as text. */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /**
   * Shows how far the work is, and renews the lease. Throws IOException once Drover has left, such as after a cancel:
   * then the work is for nothing.
   *
   * @param done 0 or more, as {@code total}
   * @param message of a longer one the first 1,024 characters are shown
   */
  public void progress(double done, double total, String message) throws IOException {
    progress(Progress.newBuilder().setDone(done).setTotal(total).setMessage(message).build());
  }

  /** The same, where some of it is unknown. */
  public void progress(Progress progress) throws IOException {
    Map<String, Object> report = new TreeMap<>(Map.of("message", Answer.cut(progress.getMessage())));
    if (progress.hasDone()) report.put("done", progress.getDone());
    if (progress.hasTotal()) report.put("total", progress.getTotal());
    show(exchange, Answer.line("progress", report));
  }

  /** Shows a line for people, cut like a message. */
  public void log(String line) throws IOException {
    show(exchange, Answer.line("log", Answer.cut(line)));
  }

  static void show(HttpExchange exchange, String line) throws IOException {
    if (exchange.getResponseCode() == NOT_BEGUN) {
      exchange.getResponseHeaders().set("Content-Type", "application/x-ndjson");
      // Proxies that gather answers before they pass them on are asked not to.
      exchange.getResponseHeaders().set("X-Accel-Buffering", "no");
      exchange.sendResponseHeaders(200, 0);
    }
    exchange.getResponseBody().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    exchange.getResponseBody().flush();
  }
}
