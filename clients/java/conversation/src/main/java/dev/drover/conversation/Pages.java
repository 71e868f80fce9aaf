// The page of the conversation, /act: what it does is told by its body. Who calls, what the call says of itself, its
// progress, its children and its answers are the client's page helper's.
package dev.drover.conversation;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.drover.client.Answer;
import dev.drover.client.AttemptClient;
import dev.drover.client.PageCall;
import dev.drover.client.PageRequest;
import dev.drover.client.PageServer;
import dev.drover.client.Signatures;
import dev.drover.v1.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

final class Pages implements AutoCloseable {
  private final PageServer server;
  private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();

  /** By job, in the order in which they came. Guarded by this. */
  private final Map<String, List<PageRequest>> calls = new HashMap<>();

  Pages(String secret) throws IOException {
    server = PageServer.start("127.0.0.1", 0, new Signatures(secret)).page("/act", this::act);
  }

  String url() {
    return server.url();
  }

  void open(String gate) {
    gate(gate).countDown();
  }

  /** The nth call for a job, as soon as it has come. */
  synchronized PageRequest called(String jobId, int nth) throws InterruptedException {
    while (calls.getOrDefault(jobId, List.of()).size() < nth) wait();
    return calls.get(jobId).get(nth - 1);
  }

  @Override
  public void close() {
    server.close();
  }

  private Answer act(PageCall call) throws Exception {
    JsonObject body = JsonParser.parseString(call.request().text()).getAsJsonObject();
    JsonObject act = turn(body.has("batch") ? body.getAsJsonObject("input") : body, count(call.request()));
    return switch (text(act, "act")) {
      case "answer" -> {
        pass(act);
        yield answer(act);
      }
      case "job" -> Answer.done(Json.write(told(call.request(), true)));
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
      case "accept" -> Answer.accepted(attempt -> work(act, attempt));
      case "children" -> {
        call.batch(text(act, "key"), Messages.jobs(act.get("job"), act.get("count").getAsInt()));
        yield answer(act);
      }
      default -> throw new IllegalArgumentException("no page knows how to " + act.get("act"));
    };
  }

  /** What a call said of itself, as the page helper read it. */
  static JsonObject told(PageRequest request, boolean withId) {
    JsonObject told = new JsonObject();
    if (withId) told.addProperty("id", request.jobId());
    told.addProperty("attempt", request.attempt());
    told.addProperty("queue", request.queue());
    told.addProperty("kind", request.kind());
    return told;
  }

  /** Which call of this job it is, from 1. */
  private synchronized int count(PageRequest request) {
    List<PageRequest> known = calls.computeIfAbsent(request.jobId(), id -> new ArrayList<>());
    known.add(request);
    notifyAll();
    return known.size();
  }

  private static JsonObject turn(JsonObject act, int nth) {
    if (!text(act, "act").equals("turns")) return act;
    JsonArray turns = act.getAsJsonArray("turns");
    return turns.get(Math.min(nth, turns.size()) - 1).getAsJsonObject();
  }

  private void work(JsonObject act, AttemptClient attempt) throws InterruptedException {
    for (JsonElement report : reports(act)) {
      attempt.report(progress(report));
      pass(report.getAsJsonObject());
    }
    pass(act);
    switch (text(act, "then")) {
      case "complete" -> attempt.complete(Json.write(body(act)));
      case "fail" -> attempt.fail(text(act, "message"), false);
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
    return new Answer(status, headers, sent.getBytes(StandardCharsets.UTF_8), null);
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
