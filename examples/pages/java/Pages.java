// Two pages for Drover with nothing but the JDK: /billing, a master that makes one child a user, and /user-stats, its
// child, which tells how far it is. They know of Drover what each call says in its headers, and nothing more.

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import static java.nio.charset.StandardCharsets.UTF_8;

class Pages {
  static final String SECRET = System.getenv().getOrDefault("DROVER_SIGNING_SECRET", "");
  static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  static final String CHILD = """
      {"childKey": "user-%1$d", "endpoint": {"url": "http://%2$s/user-stats?userid=%1$d"}}""";
  static final String CHILDREN = """
      {"batch": {"key": "users"}, "jobs": [%s]}""";
  static final String MADE = """
      {"batch": "%s", "users": %d, "existing": %b}""";
  static final String PROGRESS = """
      {"progress": {"done": %d, "total": 3}}
      """;
  static final String RESULT = """
      {"result": {"userid": %d, "rows": %d}}
      """;

  /** A page gets the body of its call and answers it. */
  interface Page {
    void answer(HttpExchange call, String body) throws Exception;
  }

  /** It will be no better the next time: Drover is told not to call again. */
  static class BadInput extends Exception {
    BadInput(String message) {
      super(message);
    }
  }

  public static void main(String[] args) throws IOException {
    int port = args.length == 2 && args[0].equals("--port") ? Integer.parseInt(args[1]) : 8000;
    // Else this server sends the end of an answer only when its start was acknowledged.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/billing", call -> handle(call, Pages::billing));
    server.createContext("/user-stats", call -> handle(call, Pages::userStats));
    server.createContext("/", call -> handle(call, (unknown, body) -> say(unknown, 404, "no such page")));
    server.start();
    System.out.println("listening on 127.0.0.1:" + server.getAddress().getPort());
  }

  static void billing(HttpExchange call, String body) throws Exception {
    int users = numberIn("\\{.*\"users\"\\s*:\\s*(\\d{1,9})\\s*[,}].*", body, 1, 1_000);
    String host = call.getRequestHeaders().getFirst("host");
    String children =
        IntStream.rangeClosed(1, users).mapToObj(user -> CHILD.formatted(user, host)).collect(Collectors.joining(","));
    // Called again, this page attaches: the same key is the same batch, the same child key the same child.
    String answer = submitBatch(call, CHILDREN.formatted(children));
    Matcher id = Pattern.compile("\"id\"\\s*:\\s*\"([^\"]+)\"").matcher(answer);
    if (!id.find()) throw new IOException("an answer without a batch: " + answer);
    boolean existing = Pattern.compile("\"existing\"\\s*:\\s*true").matcher(answer).find();
    say(call, 200, MADE.formatted(id.group(1), users, existing));
  }

  static void userStats(HttpExchange call, String body) throws Exception {
    String query = String.valueOf(call.getRequestURI().getQuery());
    int userid = numberIn("(?:.*&)?userid=(\\d{1,9})(?:&.*)?", query, 0, 999_999_999);
    call.getResponseHeaders().set("content-type", "application/x-ndjson");
    call.sendResponseHeaders(200, 0);
    OutputStream lines = call.getResponseBody();
    long rows = 0;
    for (int done = 1; done <= 3; done++) {
      Thread.sleep(300); // The work.
      rows += userid;
      lines.write(PROGRESS.formatted(done).getBytes(UTF_8));
      lines.flush();
    }
    lines.write(RESULT.formatted(userid, rows).getBytes(UTF_8));
  }

  static String submitBatch(HttpExchange call, String message) throws IOException, InterruptedException {
    URI door = URI.create(call.getRequestHeaders().getFirst("job-service") + "/drover.v1.JobService/SubmitBatch");
    HttpRequest request =
        HttpRequest.newBuilder(door)
            .timeout(Duration.ofSeconds(30))
            .header("authorization", "Bearer " + call.getRequestHeaders().getFirst("job-token"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(message))
            .build();
    HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IOException(answer.body());
    return answer.body();
  }

  static void handle(HttpExchange call, Page page) throws IOException {
    try (call) {
      byte[] body = call.getRequestBody().readAllBytes();
      try {
        if (SECRET.isEmpty() || isDrover(call, body)) page.answer(call, new String(body, UTF_8));
        else say(call, 401, "not signed by Drover");
      } catch (BadInput error) {
        say(call, 400, error.getMessage());
      } catch (Exception error) {
        // Such as a no of Drover's door, or nothing from it: call again later.
        say(call, 500, error.toString());
      }
    }
  }

  /** The Standard Webhooks signature, over the body as it came. */
  static boolean isDrover(HttpExchange call, byte[] body) throws GeneralSecurityException {
    String id = call.getRequestHeaders().getFirst("webhook-id");
    String time = String.valueOf(call.getRequestHeaders().getFirst("webhook-timestamp"));
    // Else a signature for one job would do for any.
    String own = call.getRequestHeaders().getFirst("job-id") + "." + call.getRequestHeaders().getFirst("job-fence");
    if (!own.equals(id)) return false;
    if (!time.matches("\\d{1,12}")) return false;
    if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(time)) > 300) return false;
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(Base64.getDecoder().decode(SECRET.replaceFirst("^whsec_", "")), "HmacSHA256"));
    mac.update((id + "." + time + ".").getBytes(UTF_8));
    byte[] expected = ("v1," + Base64.getEncoder().encodeToString(mac.doFinal(body))).getBytes(UTF_8);
    // While a secret is replaced there is a signature by each of the two.
    String given = String.valueOf(call.getRequestHeaders().getFirst("webhook-signature"));
    return List.of(given.split(" ")).stream().anyMatch(one -> MessageDigest.isEqual(expected, one.getBytes(UTF_8)));
  }

  static int numberIn(String pattern, String text, int least, int most) throws BadInput {
    Matcher found = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
    if (found.matches() && Integer.parseInt(found.group(1)) >= least && Integer.parseInt(found.group(1)) <= most) {
      return Integer.parseInt(found.group(1));
    }
    throw new BadInput(text + " holds no whole number from " + least + " to " + most);
  }

  static void say(HttpExchange call, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    call.getResponseHeaders().set("content-type", status == 200 ? "application/json" : "text/plain; charset=utf-8");
    call.sendResponseHeaders(status, bytes.length);
    call.getResponseBody().write(bytes);
  }
}
