// A page over real HTTP: who is refused, and what each way to end becomes on the wire, as a status and as a last line.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.hash.Hashing;
import com.sun.net.httpserver.HttpServer;
import dev.drover.v1.Progress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PageHandlerTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Map<String, String> headers =
      new TreeMap<>(
          Map.of(
              "Job-Id", "j1",
              "Job-Attempt", "2",
              "Job-Fence", "3",
              "Job-Queue", "default",
              "Job-Kind", "a%20+%C3%BC",
              "Job-Token", "secret",
              "Job-Deadline", "2026-01-31T12:00:00.000Z"));
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer server;

  PageHandlerTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private HttpResponse<String> call(PageHandler handler, String body) throws Exception {
    return HTTP.send(serve(handler, body), BodyHandlers.ofString());
  }

  private HttpResponse<String> call(Page page) throws Exception {
    return call(new PageHandler(page), "");
  }

  private HttpRequest serve(PageHandler handler, String body) {
    var context = server.createContext("/" + System.nanoTime(), handler);
    String host = "http://127.0.0.1:" + server.getAddress().getPort();
    var request = HttpRequest.newBuilder(URI.create(host + context.getPath()));
    headers.forEach(request::header);
    return request.POST(HttpRequest.BodyPublishers.ofString(body)).build();
  }

  @Test
  void readsWhatDroverSays() throws Exception {
    CompletableFuture<Attempt> seen = new CompletableFuture<>();
    Page page = call -> {
      seen.complete(call.attempt());
      return Answer.done(call.text());
    };
    HttpResponse<String> answer = call(new PageHandler(page), "{\"a\":1}");
    assertEquals(200, answer.statusCode());
    assertEquals("{\"a\":1}", answer.body());
    assertEquals("application/json", answer.headers().firstValue("content-type").orElse(""));
    Instant deadline = Instant.parse("2026-01-31T12:00:00Z");
    assertEquals(new Attempt("j1", 2, 3, "default", "a +ü", deadline, "secret"), seen.get());
    assertFalse(seen.get().toString().contains("secret"));
  }

  @Test
  void namesTheHeaderThatIsMissingOrWrong() throws Exception {
    headers.remove("Job-Fence");
    HttpResponse<String> answer = call(call -> Answer.done());
    assertEquals(400, answer.statusCode());
    assertEquals("Job-Fence is missing", answer.body());
    headers.put("Job-Fence", "3");
    headers.remove("Job-Kind");
    assertEquals("", Attempt.of(headers::get).kind());
    for (String name : new String[] {"Job-Attempt", "Job-Fence", "Job-Deadline", "Job-Kind"}) {
      String right = headers.put(name, "%x");
      var error = assertThrows(IllegalArgumentException.class, () -> Attempt.of(headers::get));
      assertEquals(name + " is wrong: %x", error.getMessage());
      if (right == null) headers.remove(name);
      else headers.put(name, right);
    }
  }

  @Test
  void refusesWhatIsNotSignedOrTooLarge() throws Exception {
    String secret = Base64.getEncoder().encodeToString("shared".getBytes(StandardCharsets.UTF_8));
    PageHandler handler = new PageHandler(call -> Answer.done(), new Signatures("whsec_" + secret));
    assertEquals(401, call(handler, "{}").statusCode());
    assertEquals(413, call(handler, "x".repeat(256 * 1024 + 1)).statusCode());
    String time = String.valueOf(Instant.now().getEpochSecond());
    var mac = Hashing.hmacSha256("shared".getBytes(StandardCharsets.UTF_8))
        .hashString("j1.3." + time + ".{}", StandardCharsets.UTF_8);
    headers.put("webhook-id", "j1.3");
    headers.put("webhook-timestamp", time);
    headers.put("webhook-signature", "v1," + Base64.getEncoder().encodeToString(mac.asBytes()));
    assertEquals(204, call(handler, "{}").statusCode());
    headers.put("Job-Id", "j2");
    assertEquals(401, call(handler, "{}").statusCode());
    assertThrows(NullPointerException.class, () -> new PageHandler(call -> Answer.done(), null));
  }

  @Test
  void writesALineForEachNewsAndALastOne() throws Exception {
    HttpResponse<String> answer =
        call(
            call -> {
              call.progress(1, 3, "read \"a\"");
              call.progress(Progress.getDefaultInstance());
              call.log("ü".repeat(2_000));
              return Answer.done("{\n  \"rows\": 3\n}");
            });
    assertEquals("application/x-ndjson", answer.headers().firstValue("content-type").orElse(""));
    String[] lines = answer.body().split("\n");
    assertEquals("{\"progress\":{\"done\":1.0,\"message\":\"read \\\"a\\\"\",\"total\":3.0}}", lines[0]);
    assertEquals("{\"progress\":{\"message\":\"\"}}", lines[1]);
    assertEquals("{\"log\":\"" + "ü".repeat(1_024) + "\"}", lines[2]);
    assertEquals("{\"result\":{   \"rows\": 3 }}", lines[3]);
  }

  @Test
  void sendsEachLineAtOnce() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    Page page = call -> {
      call.log("begun");
      seen.await();
      return Answer.done();
    };
    var answer = HTTP.send(serve(new PageHandler(page), ""), BodyHandlers.ofInputStream());
    try (var lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      assertEquals("{\"log\":\"begun\"}", lines.readLine());
      seen.countDown();
      assertEquals("{\"result\":null}", lines.readLine());
    }
  }

  @Test
  void endsAsTheAnswerSays() throws Exception {
    assertEnd(call -> Answer.done(), 204, "{\"result\":null}");
    assertEnd(call -> Answer.never("gone"), 422, "{\"error\":{\"message\":\"gone\",\"retryable\":false}}");
    assertEnd(
        call -> {
          throw new IOException("x".repeat(2_000));
        },
        500,
        "{\"error\":{\"message\":\"java.io.IOException: " + "x".repeat(1_003) + "\",\"retryable\":true}}");
    assertEnd(
        call -> {
          throw new AssertionError("an Error");
        },
        500,
        "{\"error\":{\"message\":\"java.lang.AssertionError: an Error\",\"retryable\":true}}");
    assertEnd(
        call -> Answer.done("\"" + "x".repeat(1 << 18) + "\""),
        422,
        "{\"error\":{\"message\":\"the result has more than 262144 bytes\",\"retryable\":false}}");
    assertEnd(
        call -> Answer.later("full", Duration.ofSeconds(-1)),
        503,
        "{\"error\":{\"busy\":true,\"message\":\"full\",\"retryable\":true}}");
    assertEnd(
        call -> null,
        500,
        "{\"error\":{\"message\":\"java.lang.NullPointerException: the page answered null\",\"retryable\":true}}");
    assertEnd(
        call -> Answer.later("full", Duration.ofMillis(1_500)),
        503,
        "{\"error\":{\"busy\":true,\"message\":\"full\",\"retryDelayMs\":1500,\"retryable\":true}}");
    String other = "the page showed progress, and then answered with a status of its own";
    assertEnd(
        call -> new Answer(404, Map.of("Job-Retry", "no"), "none".getBytes(StandardCharsets.UTF_8)),
        404,
        "{\"error\":{\"message\":\"" + other + "\",\"retryable\":false}}");
  }

  private void assertEnd(Page page, int status, String lastLine) throws Exception {
    assertEquals(status, call(page).statusCode());
    HttpResponse<String> answer =
        call(
            call -> {
              call.log("begun");
              return page.answer(call);
            });
    assertEquals(200, answer.statusCode());
    assertEquals("{\"log\":\"begun\"}\n" + lastLine + "\n", answer.body());
  }

  @Test
  void sendsHeadersAndBodyAsTheyAre() throws Exception {
    byte[] body = {0, 1, (byte) 0xff};
    PageHandler handler = new PageHandler(call -> new Answer(418, Map.of("Content-Type", "image/x"), body));
    var answer = HTTP.send(serve(handler, ""), BodyHandlers.ofByteArray());
    assertEquals(418, answer.statusCode());
    assertEquals("image/x", answer.headers().firstValue("content-type").orElse(""));
    assertArrayEquals(body, answer.body());
    HttpResponse<String> later = call(call -> Answer.later("full", Duration.ofMillis(1_500)));
    assertEquals("2", later.headers().firstValue("retry-after").orElse(""));
  }

  @Test
  void worksOnAfter202WasSent() throws Exception {
    CountDownLatch sent = new CountDownLatch(1);
    CountDownLatch worked = new CountDownLatch(1);
    Answer accepted =
        Answer.accepted(
            () -> {
              sent.await();
              worked.countDown();
              throw new IOException("is logged");
            });
    assertEquals(202, call(call -> accepted).statusCode());
    sent.countDown();
    worked.await();
    // After progress it is no answer, and its work is not run.
    Answer late = Answer.accepted(() -> threads.shutdownNow());
    call(call -> {
      call.log("begun");
      return late;
    });
    assertFalse(threads.isShutdown());
  }
}
