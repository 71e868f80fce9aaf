// Pages over the HTTP server of the JDK: reads the request, checks who calls, sends what the page answers. Knows no
// client.
package dev.drover.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.time.Instant;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * A page for {@code HttpServer.createContext}. Give the server an executor of many threads: each call has one while it
 * is answered, and while it works on after 202.
 */
public final class PageHandler implements HttpHandler {
  /** What the server allows a payload, and a result. */
  static final int PAYLOAD_BYTES = 256 * 1024;

  private static final System.Logger LOG = System.getLogger(PageHandler.class.getName());

  private final Page page;
  private final Signatures signatures;

  /** Whoever reaches the page can call it. */
  public PageHandler(Page page) {
    this.page = page;
    signatures = null;
  }

  /** Calls that are not signed by one of these are answered with 401. */
  public PageHandler(Page page, Signatures signatures) {
    this.page = page;
    this.signatures = Objects.requireNonNull(signatures, "signatures");
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    Answer answer;
    try (exchange) {
      byte[] body = exchange.getRequestBody().readNBytes(PAYLOAD_BYTES + 1);
      answer = answer(exchange, exchange.getRequestHeaders()::getFirst, body);
      if (exchange.getResponseCode() != PageCall.NOT_BEGUN) {
        PageCall.show(exchange, answer.lastLine());
        return;
      }
      answer.headers().forEach(exchange.getResponseHeaders()::set);
      // The server of the JDK takes 0 for a body of unknown length.
      exchange.sendResponseHeaders(answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
      exchange.getResponseBody().write(answer.body());
    }
    try {
      answer.work().run();
    } catch (Exception thrown) {
      // Thrown on, it would end the connection, which may by now be that of another call.
      LOG.log(System.Logger.Level.ERROR, "what a page did after 202 has failed", thrown);
    }
  }

  private Answer answer(HttpExchange exchange, UnaryOperator<String> headers, byte[] body) {
    if (body.length > PAYLOAD_BYTES) return Answer.failure(413, "a payload has at most " + PAYLOAD_BYTES + " bytes");
    if (signatures != null && !signatures.verify(headers, body, Instant.now())) {
      return Answer.failure(401, "the signature is missing, old, wrong or that of another call");
    }
    Attempt attempt;
    try {
      attempt = Attempt.of(headers);
    } catch (IllegalArgumentException notFromDrover) {
      return Answer.failure(400, notFromDrover.getMessage());
    }
    try {
      return Objects.requireNonNull(page.answer(new PageCall(attempt, body, exchange)), "the page answered null");
    } catch (Throwable thrown) {
      // An Error too: a call without an answer has no message.
      LOG.log(System.Logger.Level.WARNING, () -> "the page of job " + attempt.jobId() + " failed", thrown);
      return Answer.failure(500, thrown.toString());
    }
  }
}
