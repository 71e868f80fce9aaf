// The one exception of the client, read from what a server tells by google.rpc: the reason, the fields at fault, when
// to try again. Knows no call.
package dev.drover.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** A call that failed, for good or after all of its tries. */
public final class DroverException extends RuntimeException {
  private final Status.Code code;
  private String reason = "";
  private List<FieldViolation> fields = List.of();
  private Duration retryDelay = Duration.ZERO;

  DroverException(Status.Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** Whatever gRPC threw, for calls over a channel of one's own. */
  public static DroverException from(Throwable thrown) {
    com.google.rpc.Status status = StatusProto.fromThrowable(thrown);
    if (status == null) return new DroverException(Status.Code.UNKNOWN, String.valueOf(thrown.getMessage()), thrown);
    // Of a connection that could not be made gRPC says only that; its cause says why.
    Throwable cause = Status.fromThrowable(thrown).getCause();
    String why = cause == null || cause.getMessage() == null ? "" : ": " + cause.getMessage();
    return new DroverException(status.toBuilder().setMessage(status.getMessage() + why).build(), thrown);
  }

  /** The error of one item of a call that went on, such as of {@code SubmitJobs}. */
  public static DroverException from(com.google.rpc.Status status) {
    return new DroverException(status, null);
  }

  private DroverException(com.google.rpc.Status status, Throwable cause) {
    this(Status.fromCodeValue(status.getCode()).getCode(), status.getMessage(), cause);
    for (Any detail : status.getDetailsList()) {
      try {
        if (detail.is(ErrorInfo.class)) {
          reason = detail.unpack(ErrorInfo.class).getReason();
        } else if (detail.is(BadRequest.class)) {
          fields = detail.unpack(BadRequest.class).getFieldViolationsList();
        } else if (detail.is(RetryInfo.class)) {
          var delay = detail.unpack(RetryInfo.class).getRetryDelay();
          retryDelay = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
        }
      } catch (InvalidProtocolBufferException garbled) {
        addSuppressed(garbled);
      }
    }
  }

  static DroverException invalid(String field, String description) {
    var error = new DroverException(Status.Code.INVALID_ARGUMENT, field + ": " + description, null);
    var violation = FieldViolation.newBuilder().setField(field).setDescription(description).build();
    error.fields = List.of(violation);
    return error;
  }

  /** The same error with other names for its fields. */
  DroverException renamed(UnaryOperator<String> rename) {
    var error = new DroverException(code, rename.apply(getMessage()), this);
    error.reason = reason;
    error.retryDelay = retryDelay;
    error.fields =
        fields.stream().map(field -> field.toBuilder().setField(rename.apply(field.getField())).build()).toList();
    return error;
  }

  /** The code of gRPC. */
  public Status.Code code() {
    return code;
  }

  /** With FAILED_PRECONDITION and PERMISSION_DENIED a name such as {@code LEASE_LOST}; else empty. */
  public String reason() {
    return reason;
  }

  /** With INVALID_ARGUMENT the fields at fault, by their path, such as {@code job.endpoint.url}; else empty. */
  public List<FieldViolation> fields() {
    return fields;
  }

  /** The server asks to wait at least so long before the call is repeated. */
  Duration retryDelay() {
    return retryDelay;
  }

  /**
   * A cancel or a reset that comes from neither end of the call: a server that stops, or a proxy, let go of it. The same
   * error otherwise.
   */
  DroverException ifLetGo() {
    boolean reset = code == Status.Code.INTERNAL && getMessage().contains("RST_STREAM");
    return code == Status.Code.CANCELLED || reset ? new DroverException(Status.Code.UNAVAILABLE, getMessage(), this) : this;
  }

  /** The same call may succeed later. */
  boolean isTransient() {
    return code == Status.Code.UNAVAILABLE || code == Status.Code.DEADLINE_EXCEEDED;
  }
}
