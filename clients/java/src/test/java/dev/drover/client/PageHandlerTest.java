// A page over real HTTP: who is refused, and what each way to end becomes on the wire, as a status and as a last line.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PageHandlerTest {
  private final Map<String, String> headers =
      new TreeMap<>(
          Map.of(
              "job-id", "j1",
              "job-attempt", "2",
              "job-fence", "3",
              "job-queue", "default",
              "job-kind", "a%20+%C3%BC",
              "job-token", "secret",
              "job-service", "http://127.0.0.1:1",
              "job-deadline", "2026-01-31T12:00:00.000Z"));
  private PageServer server;

  @AfterEach
  void close() {
    if (server != null) server.close();
  }

  private HttpResponse<String> call(Page page, String body) throws Exception {
    server = PageServer.start("127.0.0.1", 0).page("/page", page);
    return post(body);
  }

  private HttpResponse<String> post(String body) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(server.url() + "/page"));
    headers.forEach(request::header);
    request.POST(HttpRequest.BodyPublishers.ofString(body));
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void readsWhatDroverSays() throws Exception {
    PageRequest[] seen = new PageRequest[1];
    HttpResponse<String> answer =
        call(
            call -> {
              seen[0] = call.request();
              return Answer.done(call.request().text());
            },
            "{\"a\":1}");
    assertEquals(200, answer.statusCode());
    assertEquals("{\"a\":1}", answer.body());
    assertEquals("application/json", answer.headers().firstValue("content-type").orElse(""));
    assertEquals(2, seen[0].attempt());
    assertEquals(3, seen[0].fence());
    assertEquals("a +ü", seen[0].kind());
    assertEquals("2026-01-31T12:00:00Z", seen[0].deadline().toString());
  }

  @Test
  void refusesWhatDroverDidNotSend() throws Exception {
    headers.remove("job-fence");
    HttpResponse<String> answer = call(call -> Answer.done(""), "");
    assertEquals(400, answer.statusCode());
    assertEquals("job-fence: is missing: the request does not come from Drover", answer.body());
  }

  @Test
  void refusesWhatIsNotSignedOrTooLarge() throws Exception {
    Signatures signatures = new Signatures("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    server = PageServer.start("127.0.0.1", 0, signatures).page("/page", call -> Answer.done(""));
    assertEquals(401, post("{}").statusCode());
    assertEquals(413, post("x".repeat(256 * 1024 + 1)).statusCode());
  }

  @Test
  void refusesASignatureOfAnotherCall() throws Exception {
    byte[] key = Base64.getDecoder().decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    Signatures signatures = new Signatures("whsec_" + Base64.getEncoder().encodeToString(key));
    server = PageServer.start("127.0.0.1", 0, signatures).page("/page", call -> Answer.done(""));
    for (var expected : Map.of("j1.3", 200, "j2.3", 401, "j1.4", 401).entrySet()) {
      String time = String.valueOf(Instant.now().getEpochSecond());
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      byte[] digest = mac.doFinal((expected.getKey() + "." + time + ".{}").getBytes(StandardCharsets.UTF_8));
      headers.put("webhook-id", expected.getKey());
      headers.put("webhook-timestamp", time);
      headers.put("webhook-signature", "v1," + Base64.getEncoder().encodeToString(digest));
      assertEquals(expected.getValue(), post("{}").statusCode(), expected.getKey());
    }
  }

  @Test
  void writesALineForEachNewsAndALastOne() throws Exception {
    HttpResponse<String> answer =
        call(
            call -> {
              call.progress(1, 3, "read \"a\"");
              call.log("ü");
              return Answer.done("{\n  \"rows\": 3\n}");
            },
            "");
    assertEquals("application/x-ndjson", answer.headers().firstValue("content-type").orElse(""));
    assertEquals(
        """
        {"progress":{"done":1.0,"total":3.0,"message":"read \\"a\\""}}
        {"log":"ü"}
        {"result":{   "rows": 3 }}
        """,
        answer.body());
  }

  @Test
  void endsAsTheAnswerSays() throws Exception {
    assertEnd(call -> Answer.done(""), 200, "{\"result\":null}");
    assertEnd(call -> Answer.never("gone"), 422, "{\"error\":{\"message\":\"gone\",\"retryable\":false}}");
    assertEnd(call -> Answer.failed("broken"), 500, "{\"error\":{\"message\":\"broken\",\"retryable\":true}}");
    assertEnd(
        call -> Answer.later("full", Duration.ofMillis(1_500)),
        503,
        "{\"error\":{\"message\":\"full\",\"retryable\":true,\"busy\":true,\"retryDelayMs\":2000}}");
    assertEnd(
        call -> {
          throw new IllegalStateException("oops");
        },
        500,
        "{\"error\":{\"message\":\"java.lang.IllegalStateException: oops\",\"retryable\":true}}");
    assertEnd(
        call -> null,
        500,
        "{\"error\":{\"message\":\"java.lang.NullPointerException: the page answered nothing\",\"retryable\":true}}");
  }

  @Test
  void failsForGoodWhatIsAcceptedAfterProgress() throws Exception {
    String told = "the page showed progress, and then answered with a status of its own";
    String last = "{\"error\":{\"message\":\"" + told + "\",\"retryable\":false}}\n";
    for (Answer accepted : List.of(Answer.accepted(attempt -> {}), Answer.of(202, "text/plain", ""))) {
      Page page =
          call -> {
            call.log("begun");
            return accepted;
          };
      assertEquals("{\"log\":\"begun\"}\n" + last, call(page, "").body());
      server.close();
      PageRequest request = new PageRequest("j1", 1, 1, "q", "", "t", "http://127.0.0.1:1", Instant.MAX, new byte[0]);
      Answer answer = new PageCall(request, ByteArrayOutputStream::new).run(page);
      assertNull(answer.work(), "the work is not run");
    }
  }

  @Test
  void refusesCountsThatAreNone() throws Exception {
    for (double count : new double[] {Double.NaN, -1, Double.POSITIVE_INFINITY}) {
      var call = new PageCall(PageRequest.of(headers::get, new byte[0]), ByteArrayOutputStream::new);
      assertThrows(DroverException.class, () -> call.progress(count, 3, ""));
      assertThrows(DroverException.class, () -> call.progress(1, count, ""));
    }
  }

  @Test
  void answersWhateverIsThrown() throws Exception {
    assertEquals(500, call(call -> { throw new StackOverflowError(); }, "").statusCode());
  }

  @Test
  void readsHeadersOfAnAnswerInAnyCase() {
    var answer = new Answer(500, Map.of("Job-Retry", "No", "Content-Type", "text/plain"), "over".getBytes(), null);
    assertEquals("{\"error\":{\"message\":\"over\",\"retryable\":false}}\n", answer.lastFrame());
    var later = new Answer(503, Map.of("Retry-After", "7"), "soon".getBytes(), null);
    assertEquals(
        "{\"error\":{\"message\":\"soon\",\"retryable\":true,\"busy\":true,\"retryDelayMs\":7000}}\n",
        later.lastFrame());
  }

  private void assertEnd(Page page, int status, String lastLine) throws Exception {
    assertEquals(status, call(page, "").statusCode());
    server.close();
    Page streaming =
        call -> {
          call.log("begun");
          return page.answer(call);
        };
    HttpResponse<String> answer = call(streaming, "");
    assertEquals(200, answer.statusCode());
    assertEquals("{\"log\":\"begun\"}\n" + lastLine + "\n", answer.body());
    server.close();
  }

  @Test
  void tellsOfAHeaderThatIsNoNumberOrTime() throws Exception {
    call(call -> Answer.done(""), "");
    UnaryOperator<String> given = headers::get;
    for (String name : new String[] {"job-attempt", "job-fence", "job-deadline"}) {
      UnaryOperator<String> wrong = asked -> asked.equals(name) ? "x" : given.apply(asked);
      var error = assertThrows(DroverException.class, () -> PageRequest.of(wrong, new byte[0]));
      assertEquals(name, error.fields().get(0).getField());
    }
  }
}
