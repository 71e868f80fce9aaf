// What a step can ask for. Each operation gives an answer in JSON; one that fails throws.
package dev.drover.conversation;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.protobuf.Message;
import dev.drover.client.Attempt;
import dev.drover.client.DroverClient;
import dev.drover.client.Watch;
import dev.drover.v1.AttemptServiceGrpc;
import dev.drover.v1.Batch;
import dev.drover.v1.Job;
import dev.drover.v1.JobServiceGrpc;
import dev.drover.v1.QueueServiceGrpc;
import dev.drover.v1.SubmitBatchResponse;
import dev.drover.v1.SubmitJobResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

final class Operations {
  private static final List<MethodDescriptor<?, ?>> METHODS =
      Stream.of(
              JobServiceGrpc.getServiceDescriptor(),
              AttemptServiceGrpc.getServiceDescriptor(),
              QueueServiceGrpc.getServiceDescriptor())
          .<MethodDescriptor<?, ?>>flatMap(service -> service.getMethods().stream())
          .toList();

  /** Of a sight, what an answer tells. */
  private static final List<String> TOLD =
      List.of("state", "stateReason", "attemptCount", "progress", "result", "failure", "revision");

  private final Pages pages;
  private final DroverClient client;

  Operations(DroverClient client, Pages pages) {
    this.client = client;
    this.pages = pages;
  }

  JsonObject perform(String name, JsonObject given) throws IOException, InterruptedException {
    return switch (name) {
      case "call" -> call(given);
      case "stream" -> stream(given);
      case "submit" -> {
        SubmitJobResponse stored = client.submit(Messages.fromJson(given.get("job"), Job.newBuilder()).build());
        yield stored(stored.getJob().getId(), stored.getExisting());
      }
      case "batch" -> {
        Iterator<Job> jobs = Messages.jobs(given.get("job"), given.get("count").getAsInt());
        Batch batch = Batch.newBuilder().setKey(given.get("key").getAsString()).build();
        SubmitBatchResponse stored = client.submitBatch(batch, jobs);
        yield stored(stored.getBatch().getId(), stored.getExisting());
      }
      case "watch" -> watch(given);
      case "called" -> {
        int nth = given.has("call") ? given.get("call").getAsInt() : 1;
        Attempt attempt = pages.called(given.get("job").getAsString(), nth);
        JsonObject told = Pages.told(attempt, false);
        told.addProperty("token", attempt.token());
        yield told;
      }
      case "open" -> {
        pages.open(given.get("gate").getAsString());
        yield new JsonObject();
      }
      case "post" -> post(given);
      default -> throw new NoSuchElementException("there is no operation " + name);
    };
  }

  private static JsonObject stored(String id, boolean existing) {
    JsonObject stored = new JsonObject();
    stored.addProperty("id", id);
    stored.addProperty("existing", existing);
    return stored;
  }

  private JsonObject call(JsonObject given) {
    MethodDescriptor<Message, Message> method = method(given);
    Channel channel = client.channel();
    if (given.has("token")) {
      Metadata headers = new Metadata();
      String bearer = "Bearer " + given.get("token").getAsString();
      headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), bearer);
      channel = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }
    return Messages.toJson(
        ClientCalls.blockingUnaryCall(channel, method, CallOptions.DEFAULT, request(method, given)));
  }

  private JsonObject stream(JsonObject given) {
    MethodDescriptor<Message, Message> method = method(given);
    String field = given.get("field").getAsString();
    JsonObject last = new JsonObject();
    ClientCalls.blockingServerStreamingCall(client.channel(), method, CallOptions.DEFAULT, request(method, given))
        .forEachRemaining(
            message -> {
              JsonElement value = Messages.toJson(message).get(field);
              if (value != null) last.add(field, value);
            });
    return last;
  }

  private JsonObject watch(JsonObject given) throws IOException, InterruptedException {
    String id = given.get("job").getAsString();
    JsonArray along = given.has("along") ? given.getAsJsonArray("along") : new JsonArray();
    long seen = given.has("after") ? given.get("after").getAsLong() : -1;
    boolean rising = true;
    int next = 0;
    JsonObject last = new JsonObject();
    try (Watch<Job> watch = given.has("after") ? client.watch(id, seen) : client.watch(id)) {
      for (Job job : watch) {
        // Before the first sight, the revision is one that was seen before and is not to be shown again.
        rising &= last.isEmpty() ? job.getRevision() > seen : job.getRevision() >= seen;
        seen = job.getRevision();
        last = Json.decode(Messages.toJson(job)).getAsJsonObject();
        for (; next < along.size(); next++) {
          JsonObject entry = along.get(next).getAsJsonObject();
          if (Json.difference(entry.get("see"), last, "sight") != null) break;
          perform(entry.get("do").getAsString(), entry.getAsJsonObject("with"));
        }
        if (given.has("until") && Json.difference(given.get("until"), last, "sight") == null) break;
      }
    }
    JsonObject told = new JsonObject();
    for (String key : TOLD) if (last.has(key)) told.add(key, last.get(key));
    JsonObject answer = new JsonObject();
    answer.add("last", told);
    answer.addProperty("along", next);
    answer.addProperty("rising", rising);
    return answer;
  }

  private static JsonObject post(JsonObject given) throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(given.get("url").getAsString()))
            .POST(HttpRequest.BodyPublishers.ofString(given.get("body").getAsString()))
            .build();
    JsonObject answer = new JsonObject();
    var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
    answer.addProperty("status", response.statusCode());
    return answer;
  }

  @SuppressWarnings("unchecked")
  private static MethodDescriptor<Message, Message> method(JsonObject given) {
    String name = "drover.v1." + given.get("method").getAsString();
    return METHODS.stream()
        .filter(method -> method.getFullMethodName().equals(name))
        .map(method -> (MethodDescriptor<Message, Message>) method)
        .findAny()
        .orElseThrow(() -> new NoSuchElementException("there is no method " + name));
  }

  private static Message request(MethodDescriptor<Message, Message> method, JsonObject given) {
    Message empty = ((PrototypeMarshaller<Message>) method.getRequestMarshaller()).getMessagePrototype();
    return Messages.fromJson(given.get("request"), empty.newBuilderForType()).build();
  }
}
