// Pages over the HTTP server of the JDK: reads the request, checks who calls, sends what the page answers. The one file
// that knows a framework; another one needs a file like it.
package dev.drover.client;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.function.UnaryOperator;

/**
 * A page for {@code HttpServer.createContext}. Give the server an executor of many threads: each call has one while it
 * is answered, and while it works on after 202.
 */
public final class PageHandler implements HttpHandler {
  /** What the server allows a payload. */
  private static final int PAYLOAD_BYTES = 256 * 1024;

  private static final String TEXT = "text/plain; charset=utf-8";
  private static final System.Logger LOG = System.getLogger(PageHandler.class.getName());

  private final Page page;
  private final Signatures signatures;

  /** Whoever reaches the page can call it. */
  public PageHandler(Page page) {
    this(page, null);
  }

  /** Calls that are not signed by one of these are answered with 401. */
  public PageHandler(Page page, Signatures signatures) {
    this.page = page;
    this.signatures = signatures;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    UnaryOperator<String> headers = exchange.getRequestHeaders()::getFirst;
    PageCall call;
    Answer answer;
    try (exchange) {
      byte[] body = exchange.getRequestBody().readNBytes(PAYLOAD_BYTES + 1);
      Answer refusal = refusal(headers, body);
      if (refusal != null) {
        send(exchange, refusal);
        return;
      }
      PageRequest request;
      try {
        request = PageRequest.of(headers, body);
      } catch (DroverException notFromDrover) {
        send(exchange, Answer.of(400, TEXT, notFromDrover.getMessage()));
        return;
      }
      // Else a signature that somebody was given for one job would do for any.
      if (signatures != null && !(request.jobId() + "." + request.fence()).equals(headers.apply("webhook-id"))) {
        send(exchange, Answer.of(401, TEXT, "the signature is that of another call"));
        return;
      }
      call = new PageCall(request, () -> begin(exchange));
      answer = call.run(page);
      if (!call.finish(answer)) send(exchange, answer);
    }
    if (answer.work() != null) work(call, answer.work());
  }

  private Answer refusal(UnaryOperator<String> headers, byte[] body) {
    if (body.length > PAYLOAD_BYTES) return Answer.of(413, TEXT, "a payload has at most " + PAYLOAD_BYTES + " bytes");
    if (signatures == null || signatures.verify(headers, body, Instant.now())) return null;
    return Answer.of(401, TEXT, "the signature is missing, old or wrong");
  }

  private static OutputStream begin(HttpExchange exchange) throws IOException {
    Headers headers = exchange.getResponseHeaders();
    headers.set("content-type", Frames.CONTENT_TYPE);
    headers.set("cache-control", "no-store");
    // Proxies that gather answers before they pass them on are asked not to.
    headers.set("x-accel-buffering", "no");
    exchange.sendResponseHeaders(200, 0);
    return exchange.getResponseBody();
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    // The server of the JDK takes 0 for a body of unknown length.
    exchange.sendResponseHeaders(answer.status(), answer.body().length == 0 ? -1 : answer.body().length);
    exchange.getResponseBody().write(answer.body());
  }

  /** Throws nothing: the connection of the call may by now be that of another. */
  private static void work(PageCall call, Answer.Work work) {
    try {
      work.run(call.attempt());
    } catch (Throwable thrown) {
      LOG.log(System.Logger.Level.WARNING, () -> "job " + call.request().jobId() + ", accepted, failed", thrown);
      try {
        call.attempt().fail(thrown.toString(), true);
      } catch (DroverException lost) {
        LOG.log(System.Logger.Level.WARNING, () -> "job " + call.request().jobId() + " was not told of it", lost);
      }
    }
  }
}
