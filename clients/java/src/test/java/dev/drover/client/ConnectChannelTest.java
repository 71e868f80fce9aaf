// The HTTP door as a page sees it: what a call looks like on the wire, and which error each answer becomes.
package dev.drover.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.rpc.ErrorInfo;
import com.sun.net.httpserver.HttpServer;
import dev.drover.v1.FailAttemptRequest;
import dev.drover.v1.Progress;
import dev.drover.v1.ReportProgressRequest;
import dev.drover.v1.ReportProgressResponse;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectChannelTest {
  private record Reply(int status, byte[] body) {}

  private final Deque<Reply> replies = new ArrayDeque<>();
  private final HttpServer door = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
  private final AttemptClient attempt;
  private String asked;
  private byte[] sent;

  ConnectChannelTest() throws Exception {
    door.createContext(
        "/",
        exchange -> {
          try (exchange) {
            var headers = exchange.getRequestHeaders();
            asked = exchange.getRequestURI() + " " + headers.getFirst("authorization");
            sent = exchange.getRequestBody().readAllBytes();
            Reply reply = replies.remove();
            exchange.sendResponseHeaders(reply.status, reply.body.length == 0 ? -1 : reply.body.length);
            exchange.getResponseBody().write(reply.body);
          }
        });
    door.start();
    String service = "http://127.0.0.1:" + door.getAddress().getPort();
    attempt = new AttemptClient(new PageRequest("j1", 1, 1, "q", "", "t1", service, Instant.MAX, new byte[0]));
  }

  @AfterEach
  void stop() {
    door.stop(0);
  }

  private void reply(int status, String body) {
    replies.add(new Reply(status, body.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void sendsAndReadsTheGeneratedMessages() {
    replies.add(new Reply(200, ReportProgressResponse.newBuilder().setCancelRequested(true).build().toByteArray()));
    Progress progress = Progress.newBuilder().setDone(1).build();
    assertTrue(attempt.report(progress).getCancelRequested());
    assertEquals("/drover.v1.AttemptService/ReportProgress Bearer t1", asked);
    assertArrayEquals(ReportProgressRequest.newBuilder().setProgress(progress).build().toByteArray(), sent);
  }

  @Test
  void readsTheReasonOfAnError() {
    byte[] info = ErrorInfo.newBuilder().setReason("LEASE_LOST").setDomain("drover").build().toByteArray();
    String value = Base64.getEncoder().withoutPadding().encodeToString(info);
    reply(400, """
        {"code": "failed_precondition", "message": "over",
         "details": [{"type": "google.rpc.ErrorInfo", "value": "%s", "debug": {}}]}""".formatted(value));
    DroverException error = assertThrows(DroverException.class, attempt::renew);
    assertEquals(Status.Code.FAILED_PRECONDITION, error.code());
    assertEquals("LEASE_LOST", error.reason());
    assertEquals("over", error.getMessage());
  }

  @Test
  void cutsAMessageAsTheServerCounts() throws Exception {
    assertEquals("x".repeat(1_024), failedWith("x".repeat(1_024)));
    assertEquals("x".repeat(1_024), failedWith("x".repeat(1_025)));
    assertEquals("😀".repeat(512), failedWith("😀".repeat(1_000)));
    assertEquals("x" + "😀".repeat(511), failedWith("x" + "😀".repeat(512)));
  }

  private String failedWith(String message) throws Exception {
    reply(200, "");
    attempt.fail(message, true);
    return FailAttemptRequest.parseFrom(sent).getMessage();
  }

  @Test
  void repeatsWhatAProxyCouldNotPassOn() {
    reply(502, "<html>");
    reply(503, "{\"code\": \"unavailable\"}");
    reply(499, "{\"code\": \"canceled\"}");
    reply(200, "");
    attempt.complete("{}");
    assertTrue(replies.isEmpty());
  }

  @Test
  void saysWhatIsNoAnswerOfDrover() {
    reply(404, "not found");
    DroverException error = assertThrows(DroverException.class, attempt::renew);
    assertEquals(Status.Code.UNIMPLEMENTED, error.code());
  }
}
