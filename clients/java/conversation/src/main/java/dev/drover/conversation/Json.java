// What the conversation's format asks of JSON values: filling in variables, reading bodies, comparing an answer with
// what is expected, and taking out of it what no two runs have in common. Knows nothing of Drover.
package dev.drover.conversation;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

final class Json {
  private static final Gson WRITER = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)}");
  private static final Set<String> BODIES = Set.of("payload", "result");

  private Json() {}

  static String write(JsonElement value) {
    return WRITER.toJson(value);
  }

  /** {@code ${name}} in every string becomes the variable; then {@code {"$base64": …}} becomes base64 of JSON. */
  static JsonElement resolve(JsonElement value, Map<String, String> variables) {
    if (isText(value)) {
      UnaryOperator<String> fill = name -> variables.getOrDefault(name, "${" + name + "}");
      Matcher found = VARIABLE.matcher(value.getAsString());
      return new JsonPrimitive(found.replaceAll(name -> Matcher.quoteReplacement(fill.apply(name.group(1)))));
    }
    JsonElement resolved = map(value, item -> resolve(item, variables));
    if (!resolved.isJsonObject() || !resolved.getAsJsonObject().keySet().equals(Set.of("$base64"))) return resolved;
    byte[] bytes = write(resolved.getAsJsonObject().get("$base64")).getBytes(StandardCharsets.UTF_8);
    return new JsonPrimitive(Base64.getEncoder().encodeToString(bytes));
  }

  /** Payloads and results, which are base64 of JSON, as the values that they are. */
  static JsonElement decode(JsonElement value) {
    if (!value.isJsonObject()) return map(value, Json::decode);
    JsonObject decoded = new JsonObject();
    value
        .getAsJsonObject()
        .entrySet()
        .forEach(
            entry -> {
              JsonElement item = entry.getValue();
              boolean isBody = BODIES.contains(entry.getKey()) && isText(item) && !item.getAsString().isEmpty();
              decoded.add(entry.getKey(), decode(isBody ? bodyOf(item.getAsString()) : item));
            });
    return decoded;
  }

  private static JsonElement bodyOf(String base64) {
    return JsonParser.parseString(new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8));
  }

  /** Where and how a value differs from what is expected of it; null if it does not. An absent value is null. */
  static String difference(JsonElement expected, JsonElement value, String path) {
    if (expected.isJsonNull()) return value == null ? null : path + " is " + write(value) + ", and was to be absent";
    if (value == null) return path + " is absent, and was to be " + write(expected);
    if (isText(expected) && expected.getAsString().equals("*")) return null;
    String differs = path + " is " + write(value) + ", and was to be " + write(expected);
    if (expected.isJsonArray()) {
      JsonArray items = expected.getAsJsonArray();
      if (!value.isJsonArray() || value.getAsJsonArray().size() != items.size()) return differs;
      for (int i = 0; i < items.size(); i++) {
        String found = difference(items.get(i), value.getAsJsonArray().get(i), path + "." + i);
        if (found != null) return found;
      }
      return null;
    }
    if (expected.isJsonObject()) {
      if (!value.isJsonObject()) return differs;
      for (var entry : expected.getAsJsonObject().entrySet()) {
        String key = entry.getKey();
        String found = difference(entry.getValue(), value.getAsJsonObject().get(key), path + "." + key);
        if (found != null) return found;
      }
      return null;
    }
    if (isNumber(expected) && isNumber(value)) {
      return expected.getAsBigDecimal().compareTo(value.getAsBigDecimal()) == 0 ? null : differs;
    }
    return expected.equals(value) ? null : differs;
  }

  /** What a value holds at a path such as {@code jobIds.0}; null if nothing. */
  static JsonElement at(JsonElement value, String path) {
    JsonElement found = value;
    for (String part : path.split("\\.")) {
      if (found == null) return null;
      if (found.isJsonArray()) {
        int place = Integer.parseInt(part);
        found = place < found.getAsJsonArray().size() ? found.getAsJsonArray().get(place) : null;
      } else {
        found = found.isJsonObject() ? found.getAsJsonObject().get(part) : null;
      }
    }
    return found;
  }

  /**
   * An answer as it is in every run and every language.
   *
   * @param omit keys that are left out, beside those that end in Time
   * @param mask keys whose values become a star
   * @param named texts that become the name of their variable
   */
  static JsonElement normalise(JsonElement value, Set<String> omit, Set<String> mask, Map<String, String> named) {
    if (isText(value)) {
      String text = value.getAsString();
      for (var variable : named.entrySet()) text = text.replace(variable.getValue(), "${" + variable.getKey() + "}");
      return new JsonPrimitive(text);
    }
    if (!value.isJsonObject()) return map(value, item -> normalise(item, omit, mask, named));
    JsonObject normal = new JsonObject();
    for (var entry : value.getAsJsonObject().entrySet()) {
      String key = entry.getKey();
      JsonElement item = entry.getValue();
      if (key.endsWith("Time") || omit.contains(key)) continue;
      if (!mask.contains(key)) normal.add(key, normalise(item, omit, mask, named));
      else normal.add(key, item.isJsonArray() ? map(item, any -> new JsonPrimitive("*")) : new JsonPrimitive("*"));
    }
    return normal;
  }

  static boolean isText(JsonElement value) {
    return value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
  }

  private static boolean isNumber(JsonElement value) {
    return value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
  }

  private static JsonElement map(JsonElement value, UnaryOperator<JsonElement> change) {
    if (value.isJsonArray()) {
      JsonArray changed = new JsonArray();
      value.getAsJsonArray().forEach(item -> changed.add(change.apply(item)));
      return changed;
    }
    if (!value.isJsonObject()) return value;
    JsonObject changed = new JsonObject();
    value.getAsJsonObject().entrySet().forEach(entry -> changed.add(entry.getKey(), change.apply(entry.getValue())));
    return changed;
  }
}
