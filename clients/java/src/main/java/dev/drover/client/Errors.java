// What a server says of an error beside its code, by google.rpc. Knows no call.
package dev.drover.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.BadRequest.FieldViolation;
import com.google.rpc.ErrorInfo;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;

/** Reads the details of what a call threw. */
public final class Errors {
  private Errors() {}

  /** A name such as {@code LEASE_LOST} or {@code SEALED}; empty for an error without one. */
  public static String reason(Throwable error) {
    return detail(error, ErrorInfo.getDefaultInstance()).getReason();
  }

  /** The fields at fault, by their path, such as {@code job.endpoint.url}; empty for an error without them. */
  public static List<FieldViolation> fields(Throwable error) {
    return detail(error, BadRequest.getDefaultInstance()).getFieldViolationsList();
  }

  /** The same error, with more to its description. */
  static StatusRuntimeException noted(StatusRuntimeException error, String note) {
    return error.getStatus().augmentDescription(note).withCause(error).asRuntimeException(error.getTrailers());
  }

  private static <T extends Message> T detail(Throwable error, T none) {
    var status = StatusProto.fromThrowable(error);
    if (status == null) return none;
    try {
      for (Any detail : status.getDetailsList()) {
        if (detail.isSameTypeAs(none)) return detail.unpackSameTypeAs(none);
      }
    } catch (InvalidProtocolBufferException garbled) {
      error.addSuppressed(garbled);
    }
    return none;
  }
}
