// The HTTP door as a channel of gRPC: unary calls by the Connect protocol over HTTP/1.1, so that a page can use the
// generated stubs with what a call told it, an address and a token. Knows no service.
package dev.drover.client;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

final class ConnectChannel extends Channel {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(10)).build();

  private final URI base;
  private final String token;

  /** @param base the address of the HTTP door, with or without a slash at its end */
  ConnectChannel(String base, String token) {
    this.base = URI.create(base.endsWith("/") ? base : base + "/");
    this.token = token;
  }

  @Override
  public String authority() {
    return base.getAuthority();
  }

  @Override
  public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
    return new Call<>(method, options);
  }

  /** Does all of its work when the request is complete, on the thread that calls. */
  private final class Call<Q, A> extends ClientCall<Q, A> {
    private final MethodDescriptor<Q, A> method;
    private final CallOptions options;
    private Listener<A> listener;
    private byte[] body;

    Call(MethodDescriptor<Q, A> method, CallOptions options) {
      this.method = method;
      this.options = options;
    }

    @Override
    public void start(Listener<A> listener, Metadata headers) {
      this.listener = listener;
    }

    @Override
    public void request(int count) {}

    @Override
    public void cancel(String message, Throwable cause) {}

    @Override
    public void sendMessage(Q message) {
      try (InputStream bytes = method.streamRequest(message)) {
        body = bytes.readAllBytes();
      } catch (IOException impossible) {
        throw new UncheckedIOException(impossible);
      }
    }

    @Override
    public void halfClose() {
      try {
        A answer = method.parseResponse(new ByteArrayInputStream(exchange()));
        tell(() -> listener.onMessage(answer), Status.OK, new Metadata());
      } catch (StatusException | StatusRuntimeException told) {
        Metadata trailers = Status.trailersFromThrowable(told);
        tell(() -> {}, Status.fromThrowable(told), trailers == null ? new Metadata() : trailers);
      }
    }

    private void tell(Runnable message, Status status, Metadata trailers) {
      Runnable all =
          () -> {
            listener.onHeaders(new Metadata());
            message.run();
            listener.onClose(status, trailers);
          };
      if (options.getExecutor() == null) all.run();
      else options.getExecutor().execute(all);
    }

    private byte[] exchange() throws StatusException {
      var request =
          HttpRequest.newBuilder(base.resolve(method.getFullMethodName()))
              .header("content-type", "application/proto")
              .header("connect-protocol-version", "1")
              .header("authorization", "Bearer " + token)
              .POST(HttpRequest.BodyPublishers.ofByteArray(body));
      if (options.getDeadline() != null) {
        long left = Math.max(1, options.getDeadline().timeRemaining(TimeUnit.MILLISECONDS));
        request.timeout(Duration.ofMillis(left)).header("connect-timeout-ms", Long.toString(left));
      }
      try {
        HttpResponse<byte[]> response = whole(request.build());
        if (response.statusCode() != 200) throw errorOf(response.statusCode(), response.body());
        return response.body();
      } catch (HttpTimeoutException | TimeoutException late) {
        throw Status.DEADLINE_EXCEEDED.withDescription("no answer in time").withCause(late).asException();
      } catch (IOException broken) {
        throw Status.UNAVAILABLE.withDescription("no answer from " + base).withCause(broken).asException();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw Status.CANCELLED.withDescription("the thread was interrupted").withCause(interrupted).asException();
      }
    }
  }

  /** The time limit of a request is over with the head of its answer; this one is for all of it. */
  private HttpResponse<byte[]> whole(HttpRequest request) throws IOException, InterruptedException, TimeoutException {
    var answered = HTTP.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
    try {
      if (request.timeout().isEmpty()) return answered.get();
      return answered.get(request.timeout().get().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof IOException broken) throw broken;
      throw new IOException(failed.getCause());
    } finally {
      answered.cancel(true);
    }
  }

  /** An error of Connect is JSON: code, message and details, each a type and base64. */
  private static StatusException errorOf(int httpStatus, byte[] body) {
    var error = Struct.newBuilder();
    try {
      JsonFormat.parser().merge(new String(body, StandardCharsets.UTF_8), error);
    } catch (InvalidProtocolBufferException fromNoDrover) {
      String told = "HTTP status " + httpStatus + " without an error of Drover";
      return codeOf(httpStatus).withDescription(told).withCause(fromNoDrover).asException();
    }
    String name = error.getFieldsOrDefault("code", Value.getDefaultInstance()).getStringValue();
    var status = com.google.rpc.Status.newBuilder().setCode(codeOf(name, httpStatus).getCode().value());
    status.setMessage(error.getFieldsOrDefault("message", Value.getDefaultInstance()).getStringValue());
    var details = error.getFieldsOrDefault("details", Value.getDefaultInstance()).getListValue();
    for (Value detail : details.getValuesList()) {
      var fields = detail.getStructValue().getFieldsMap();
      if (!fields.containsKey("type") || !fields.containsKey("value")) continue;
      byte[] bytes = Base64.getDecoder().decode(fields.get("value").getStringValue());
      var packed = Any.newBuilder().setTypeUrl("type.googleapis.com/" + fields.get("type").getStringValue());
      status.addDetails(packed.setValue(ByteString.copyFrom(bytes)));
    }
    return StatusProto.toStatusException(status.build());
  }

  /** Connect's names are those of gRPC in small letters, but for one. */
  private static Status codeOf(String name, int httpStatus) {
    if (name.equals("canceled")) return Status.CANCELLED;
    for (Status.Code code : Status.Code.values()) {
      if (code.name().toLowerCase(Locale.ROOT).equals(name)) return code.toStatus();
    }
    return codeOf(httpStatus);
  }

  /** What an answer means that does not come from Drover but from what is before it. */
  private static Status codeOf(int httpStatus) {
    return switch (httpStatus) {
      case 400 -> Status.INTERNAL;
      case 401 -> Status.UNAUTHENTICATED;
      case 403 -> Status.PERMISSION_DENIED;
      case 404 -> Status.UNIMPLEMENTED;
      case 429, 502, 503, 504 -> Status.UNAVAILABLE;
      default -> Status.UNKNOWN;
    };
  }
}
