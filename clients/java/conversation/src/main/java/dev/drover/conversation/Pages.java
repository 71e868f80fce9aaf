// The page of the conversation, /act: what it does is told by its body. Who calls, what the call says of itself, its
// progress and its answers are the client's page helper's; its children and what it does after 202 the client's.
package dev.drover.conversation;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import dev.drover.client.Answer;
import dev.drover.client.Attempt;
import dev.drover.client.DroverClient;
import dev.drover.client.PageCall;
import dev.drover.client.PageHandler;
import dev.drover.client.Signatures;
import dev.drover.v1.Batch;
import dev.drover.v1.CompleteAttemptRequest;
import dev.drover.v1.FailAttemptRequest;
import dev.drover.v1.Progress;
import dev.drover.v1.ReportProgressRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

final class Pages implements AutoCloseable {
  /** Of 100 calls that come together none is refused. */
  private static final int BACKLOG = 1_024;

  private final DroverClient client;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();

  /** By job, in the order in which they came. Guarded by this. */
  private final Map<String, List<Attempt>> calls = new HashMap<>();

  Pages(String secret, DroverClient client) throws IOException {
    this.client = client;
    // Else the server of the JDK holds back the end of an answer until its start was acknowledged: up to 40 ms a call.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), BACKLOG);
    server.createContext("/act", new PageHandler(this::act, new Signatures(secret)));
    server.setExecutor(threads);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  void open(String gate) {
    gate(gate).countDown();
  }

  /** The nth call for a job, as soon as it has come. */
  synchronized Attempt called(String jobId, int nth) throws InterruptedException {
    while (calls.getOrDefault(jobId, List.of()).size() < nth) wait();
    return calls.get(jobId).get(nth - 1);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private Answer act(PageCall call) throws Exception {
    JsonObject body = JsonParser.parseString(call.text()).getAsJsonObject();
    JsonObject act = turn(body.has("batch") ? body.getAsJsonObject("input") : body, count(call.attempt()));
    return switch (text(act, "act")) {
      case "answer" -> {
        pass(act);
        yield answer(act);
      }
      case "job" -> Answer.done(Json.write(told(call.attempt(), true)));
      case "counts" -> {
        JsonObject counts = new JsonObject();
        for (String key : List.of("key", "state", "counts")) counts.add(key, body.getAsJsonObject("batch").get(key));
        yield Answer.done(Json.write(counts));
      }
      case "progress" -> {
        for (JsonElement report : reports(act)) {
          call.progress(progress(report));
          pass(report.getAsJsonObject());
        }
        yield Answer.done(Json.write(body(act)));
      }
      case "accept" -> Answer.accepted(() -> work(act, call.attempt()));
      case "children" -> {
        Batch batch = Batch.newBuilder().setKey(text(act, "key")).build();
        client.children(call.attempt(), batch, Messages.jobs(act.get("job"), act.get("count").getAsInt()));
        yield answer(act);
      }
      default -> throw new IllegalArgumentException("no page knows how to " + act.get("act"));
    };
  }

  /** What a call said of itself, as the page helper read it. */
  static JsonObject told(Attempt attempt, boolean withId) {
    JsonObject told = new JsonObject();
    if (withId) told.addProperty("id", attempt.jobId());
    told.addProperty("attempt", attempt.number());
    told.addProperty("queue", attempt.queue());
    told.addProperty("kind", attempt.kind());
    return told;
  }

  /** Which call of this job it is, from 1. */
  private synchronized int count(Attempt attempt) {
    List<Attempt> known = calls.computeIfAbsent(attempt.jobId(), id -> new ArrayList<>());
    known.add(attempt);
    notifyAll();
    return known.size();
  }

  private static JsonObject turn(JsonObject act, int nth) {
    if (!text(act, "act").equals("turns")) return act;
    JsonArray turns = act.getAsJsonArray("turns");
    return turns.get(Math.min(nth, turns.size()) - 1).getAsJsonObject();
  }

  private void work(JsonObject act, Attempt attempt) throws InterruptedException {
    var stub = client.attempts().withInterceptors(attempt.authorization());
    for (JsonElement report : reports(act)) {
      stub.reportProgress(ReportProgressRequest.newBuilder().setProgress(progress(report)).build());
      pass(report.getAsJsonObject());
    }
    pass(act);
    switch (text(act, "then")) {
      case "complete" -> {
        ByteString result = ByteString.copyFromUtf8(Json.write(body(act)));
        stub.completeAttempt(CompleteAttemptRequest.newBuilder().setResult(result).build());
      }
      case "fail" -> stub.failAttempt(FailAttemptRequest.newBuilder().setMessage(text(act, "message")).build());
      case "nothing" -> {}
      default -> throw new IllegalArgumentException("no page knows what to do then: " + act);
    }
  }

  private static Answer answer(JsonObject act) {
    JsonElement body = body(act);
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.put("content-type", Json.isText(body) ? "text/plain" : "application/json");
    if (act.has("headers")) {
      act.getAsJsonObject("headers").entrySet().forEach(one -> headers.put(one.getKey(), one.getValue().getAsString()));
    }
    int status = act.has("status") ? act.get("status").getAsInt() : 200;
    String sent = Json.isText(body) ? body.getAsString() : Json.write(body);
    return new Answer(status, headers, sent.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonElement body(JsonObject act) {
    return act.has("body") ? act.get("body") : new JsonObject();
  }

  private static JsonArray reports(JsonObject act) {
    return act.has("reports") ? act.getAsJsonArray("reports") : new JsonArray();
  }

  private static Progress progress(JsonElement report) {
    JsonObject given = report.deepCopy().getAsJsonObject();
    given.remove("gate");
    return Messages.fromJson(given, Progress.newBuilder()).build();
  }

  private static String text(JsonObject act, String key) {
    return act.has(key) ? act.get(key).getAsString() : "";
  }

  /** Waits for the gate, if there is one. */
  private void pass(JsonObject withGate) throws InterruptedException {
    if (withGate.has("gate")) gate(text(withGate, "gate")).await();
  }

  private CountDownLatch gate(String name) {
    return gates.computeIfAbsent(name, unknown -> new CountDownLatch(1));
  }
}
