// The runner of the conversation in Java: does its steps in order, prints a line of JSON for each, and says in the last
// line how many passed. The format is told by test/clients/README.md.
package dev.drover.conversation;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.rpc.BadRequest.FieldViolation;
import dev.drover.client.DroverClient;
import dev.drover.client.Errors;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

final class Main {
  private static final String USAGE = "usage: --grpc HOST:PORT --http URL --conversation FILE --secret whsec_…";
  private static final List<String> OPTIONS = List.of("--grpc", "--http", "--conversation", "--secret");
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private final JsonObject conversation;
  private final Operations operations;

  /** Those at the start: what they hold is no news in an answer. */
  private final Map<String, String> named = new LinkedHashMap<>();

  private final Map<String, String> variables = new HashMap<>();

  private Main(JsonObject conversation, Operations operations, String page) {
    this.conversation = conversation;
    this.operations = operations;
    named.put("page", page);
    named.put("run", "run-" + UUID.randomUUID().toString().substring(0, 13));
    variables.putAll(named);
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < arguments.length; i += 2) options.put(arguments[i], arguments[i + 1]);
    if (!options.keySet().equals(Set.copyOf(OPTIONS)) || arguments.length != 2 * OPTIONS.size()) {
      System.err.println(USAGE);
      System.exit(2);
    }
    JsonObject conversation =
        JsonParser.parseString(Files.readString(Path.of(options.get("--conversation")))).getAsJsonObject();
    boolean passed;
    try (DroverClient client = DroverClient.connect(options.get("--grpc"));
        Pages pages = new Pages(options.get("--secret"), client)) {
      passed = new Main(conversation, new Operations(client, pages), pages.url()).run();
    }
    System.exit(passed ? 0 : 1);
  }

  /** Whether all steps passed; stops at the first that does not. */
  private boolean run() throws IOException, InterruptedException {
    JsonArray steps = conversation.getAsJsonArray("steps");
    int passed = 0;
    for (JsonElement each : steps) {
      JsonObject step = each.getAsJsonObject();
      JsonElement answer = answerTo(step);
      String why = wrong(step, answer);
      JsonObject line = new JsonObject();
      line.addProperty("step", passed + 1);
      line.add("name", step.get("name"));
      line.addProperty("ok", why == null);
      Set<String> omit = texts(conversation, "omit");
      omit.addAll(texts(step, "omit"));
      line.add("got", Json.normalise(answer, omit, texts(conversation, "mask"), named));
      if (why != null) line.addProperty("why", why);
      OUT.println(Json.write(line));
      if (why != null) break;
      passed += 1;
    }
    OUT.println(passed + " of " + steps.size() + " steps passed");
    return passed == steps.size();
  }

  private JsonElement answerTo(JsonObject step) throws IOException, InterruptedException {
    try {
      JsonObject given = Json.resolve(step.get("with"), variables).getAsJsonObject();
      return Json.decode(operations.perform(step.get("do").getAsString(), given));
    } catch (StatusRuntimeException thrown) {
      System.err.println(step.get("name").getAsString() + ": " + thrown.getMessage());
      JsonObject error = new JsonObject();
      error.addProperty("code", thrown.getStatus().getCode().name());
      if (!Errors.reason(thrown).isEmpty()) error.addProperty("reason", Errors.reason(thrown));
      JsonArray fields = new JsonArray();
      Errors.fields(thrown).stream().map(FieldViolation::getField).sorted().forEach(fields::add);
      if (!fields.isEmpty()) error.add("fields", fields);
      JsonObject answer = new JsonObject();
      answer.add("error", error);
      return answer;
    }
  }

  /** Saves what the step asks to save, and says what is not as it expects; null if all is. */
  private String wrong(JsonObject step, JsonElement answer) {
    JsonElement expected = step.has("expect") ? Json.resolve(step.get("expect"), variables) : new JsonObject();
    boolean failed = answer.getAsJsonObject().has("error");
    if (failed && !expected.getAsJsonObject().has("error")) return "it failed: " + Json.write(answer);
    String differs = Json.difference(expected, answer, "answer");
    if (differs != null || !step.has("save")) return differs;
    for (var entry : step.getAsJsonObject("save").entrySet()) {
      JsonElement value = Json.at(answer, entry.getValue().getAsString());
      if (value == null) return "there is nothing to save at " + entry.getValue();
      variables.put(entry.getKey(), value.getAsString());
    }
    return null;
  }

  private static Set<String> texts(JsonObject from, String key) {
    Set<String> texts = new HashSet<>();
    if (from.has(key)) from.getAsJsonArray(key).forEach(text -> texts.add(text.getAsString()));
    return texts;
  }
}
