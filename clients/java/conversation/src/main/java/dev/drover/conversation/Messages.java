// Between the JSON of the conversation and the generated messages. Knows no call.
package dev.drover.conversation;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.drover.v1.Job;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.IntStream;

final class Messages {
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer()
          .usingTypeRegistry(
              TypeRegistry.newBuilder()
                  .add(BadRequest.getDescriptor())
                  .add(ErrorInfo.getDescriptor())
                  .add(RetryInfo.getDescriptor())
                  .build());

  private Messages() {}

  static JsonObject toJson(Message message) {
    try {
      return JsonParser.parseString(PRINTER.print(message)).getAsJsonObject();
    } catch (InvalidProtocolBufferException unknown) {
      throw new IllegalArgumentException("cannot be written as JSON: " + message, unknown);
    }
  }

  /** @param builder empty, of the message that is wanted */
  static <B extends Message.Builder> B fromJson(JsonElement json, B builder) {
    try {
      JsonFormat.parser().merge(Json.write(json), builder);
      return builder;
    } catch (InvalidProtocolBufferException wrong) {
      throw new IllegalArgumentException("is no " + builder.getDescriptorForType().getName() + ": " + json, wrong);
    }
  }

  /** So many jobs, each made when it is asked for, with its place in {@code ${index}}. */
  static Iterator<Job> jobs(JsonElement json, int count) {
    return IntStream.range(0, count)
        .mapToObj(index -> Json.resolve(json, Map.of("index", Integer.toString(index))))
        .map(resolved -> fromJson(resolved, Job.newBuilder()).build())
        .iterator();
  }
}
