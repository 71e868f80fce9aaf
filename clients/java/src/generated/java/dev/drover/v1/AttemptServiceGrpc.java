package dev.drover.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Every call carries the attempt token of the call that the page serves: "authorization: Bearer TOKEN", from the
 * header Job-Token. None is UNAUTHENTICATED; one that this service did not sign PERMISSION_DENIED, TOKEN_INVALID; one
 * whose attempt has ended or lapsed FAILED_PRECONDITION, LEASE_LOST.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class AttemptServiceGrpc {

  private AttemptServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "drover.v1.AttemptService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.ReportProgressRequest,
      dev.drover.v1.ReportProgressResponse> getReportProgressMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ReportProgress",
      requestType = dev.drover.v1.ReportProgressRequest.class,
      responseType = dev.drover.v1.ReportProgressResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.ReportProgressRequest,
      dev.drover.v1.ReportProgressResponse> getReportProgressMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.ReportProgressRequest, dev.drover.v1.ReportProgressResponse> getReportProgressMethod;
    if ((getReportProgressMethod = AttemptServiceGrpc.getReportProgressMethod) == null) {
      synchronized (AttemptServiceGrpc.class) {
        if ((getReportProgressMethod = AttemptServiceGrpc.getReportProgressMethod) == null) {
          AttemptServiceGrpc.getReportProgressMethod = getReportProgressMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.ReportProgressRequest, dev.drover.v1.ReportProgressResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ReportProgress"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.ReportProgressRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.ReportProgressResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AttemptServiceMethodDescriptorSupplier("ReportProgress"))
              .build();
        }
      }
    }
    return getReportProgressMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.CompleteAttemptRequest,
      dev.drover.v1.CompleteAttemptResponse> getCompleteAttemptMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CompleteAttempt",
      requestType = dev.drover.v1.CompleteAttemptRequest.class,
      responseType = dev.drover.v1.CompleteAttemptResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.CompleteAttemptRequest,
      dev.drover.v1.CompleteAttemptResponse> getCompleteAttemptMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.CompleteAttemptRequest, dev.drover.v1.CompleteAttemptResponse> getCompleteAttemptMethod;
    if ((getCompleteAttemptMethod = AttemptServiceGrpc.getCompleteAttemptMethod) == null) {
      synchronized (AttemptServiceGrpc.class) {
        if ((getCompleteAttemptMethod = AttemptServiceGrpc.getCompleteAttemptMethod) == null) {
          AttemptServiceGrpc.getCompleteAttemptMethod = getCompleteAttemptMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.CompleteAttemptRequest, dev.drover.v1.CompleteAttemptResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CompleteAttempt"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.CompleteAttemptRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.CompleteAttemptResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AttemptServiceMethodDescriptorSupplier("CompleteAttempt"))
              .build();
        }
      }
    }
    return getCompleteAttemptMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.FailAttemptRequest,
      dev.drover.v1.FailAttemptResponse> getFailAttemptMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "FailAttempt",
      requestType = dev.drover.v1.FailAttemptRequest.class,
      responseType = dev.drover.v1.FailAttemptResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.FailAttemptRequest,
      dev.drover.v1.FailAttemptResponse> getFailAttemptMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.FailAttemptRequest, dev.drover.v1.FailAttemptResponse> getFailAttemptMethod;
    if ((getFailAttemptMethod = AttemptServiceGrpc.getFailAttemptMethod) == null) {
      synchronized (AttemptServiceGrpc.class) {
        if ((getFailAttemptMethod = AttemptServiceGrpc.getFailAttemptMethod) == null) {
          AttemptServiceGrpc.getFailAttemptMethod = getFailAttemptMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.FailAttemptRequest, dev.drover.v1.FailAttemptResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "FailAttempt"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.FailAttemptRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.FailAttemptResponse.getDefaultInstance()))
              .setSchemaDescriptor(new AttemptServiceMethodDescriptorSupplier("FailAttempt"))
              .build();
        }
      }
    }
    return getFailAttemptMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static AttemptServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AttemptServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AttemptServiceStub>() {
        @java.lang.Override
        public AttemptServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AttemptServiceStub(channel, callOptions);
        }
      };
    return AttemptServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static AttemptServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AttemptServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AttemptServiceBlockingV2Stub>() {
        @java.lang.Override
        public AttemptServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AttemptServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return AttemptServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static AttemptServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AttemptServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AttemptServiceBlockingStub>() {
        @java.lang.Override
        public AttemptServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AttemptServiceBlockingStub(channel, callOptions);
        }
      };
    return AttemptServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static AttemptServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<AttemptServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<AttemptServiceFutureStub>() {
        @java.lang.Override
        public AttemptServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new AttemptServiceFutureStub(channel, callOptions);
        }
      };
    return AttemptServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Every call carries the attempt token of the call that the page serves: "authorization: Bearer TOKEN", from the
   * header Job-Token. None is UNAUTHENTICATED; one that this service did not sign PERMISSION_DENIED, TOKEN_INVALID; one
   * whose attempt has ended or lapsed FAILED_PRECONDITION, LEASE_LOST.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Shows progress and renews the lease.
     * </pre>
     */
    default void reportProgress(dev.drover.v1.ReportProgressRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.ReportProgressResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getReportProgressMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends the attempt, and the job, with success. Repeating is OK.
     * </pre>
     */
    default void completeAttempt(dev.drover.v1.CompleteAttemptRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.CompleteAttemptResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCompleteAttemptMethod(), responseObserver);
    }

    /**
     * <pre>
     * Ends the attempt as a failure. Repeating is OK.
     * </pre>
     */
    default void failAttempt(dev.drover.v1.FailAttemptRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.FailAttemptResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getFailAttemptMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service AttemptService.
   * <pre>
   * Every call carries the attempt token of the call that the page serves: "authorization: Bearer TOKEN", from the
   * header Job-Token. None is UNAUTHENTICATED; one that this service did not sign PERMISSION_DENIED, TOKEN_INVALID; one
   * whose attempt has ended or lapsed FAILED_PRECONDITION, LEASE_LOST.
   * </pre>
   */
  public static abstract class AttemptServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return AttemptServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service AttemptService.
   * <pre>
   * Every call carries the attempt token of the call that the page serves: "authorization: Bearer TOKEN", from the
   * header Job-Token. None is UNAUTHENTICATED; one that this service did not sign PERMISSION_DENIED, TOKEN_INVALID; one
   * whose attempt has ended or lapsed FAILED_PRECONDITION, LEASE_LOST.
   * </pre>
   */
  public static final class AttemptServiceStub
      extends io.grpc.stub.AbstractAsyncStub<AttemptServiceStub> {
    private AttemptServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AttemptServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AttemptServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Shows progress and renews the lease.
     * </pre>
     */
    public void reportProgress(dev.drover.v1.ReportProgressRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.ReportProgressResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getReportProgressMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends the attempt, and the job, with success. Repeating is OK.
     * </pre>
     */
    public void completeAttempt(dev.drover.v1.CompleteAttemptRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.CompleteAttemptResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCompleteAttemptMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Ends the attempt as a failure. Repeating is OK.
     * </pre>
     */
    public void failAttempt(dev.drover.v1.FailAttemptRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.FailAttemptResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getFailAttemptMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service AttemptService.
   * <pre>
   * Every call carries the attempt token of the call that the page serves: "authorization: Bearer TOKEN", from the
   * header Job-Token. None is UNAUTHENTICATED; one that this service did not sign PERMISSION_DENIED, TOKEN_INVALID; one
   * whose attempt has ended or lapsed FAILED_PRECONDITION, LEASE_LOST.
   * </pre>
   */
  public static final class AttemptServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<AttemptServiceBlockingV2Stub> {
    private AttemptServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AttemptServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AttemptServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Shows progress and renews the lease.
     * </pre>
     */
    public dev.drover.v1.ReportProgressResponse reportProgress(dev.drover.v1.ReportProgressRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getReportProgressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the attempt, and the job, with success. Repeating is OK.
     * </pre>
     */
    public dev.drover.v1.CompleteAttemptResponse completeAttempt(dev.drover.v1.CompleteAttemptRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCompleteAttemptMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the attempt as a failure. Repeating is OK.
     * </pre>
     */
    public dev.drover.v1.FailAttemptResponse failAttempt(dev.drover.v1.FailAttemptRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getFailAttemptMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service AttemptService.
   * <pre>
   * Every call carries the attempt token of the call that the page serves: "authorization: Bearer TOKEN", from the
   * header Job-Token. None is UNAUTHENTICATED; one that this service did not sign PERMISSION_DENIED, TOKEN_INVALID; one
   * whose attempt has ended or lapsed FAILED_PRECONDITION, LEASE_LOST.
   * </pre>
   */
  public static final class AttemptServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<AttemptServiceBlockingStub> {
    private AttemptServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AttemptServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AttemptServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Shows progress and renews the lease.
     * </pre>
     */
    public dev.drover.v1.ReportProgressResponse reportProgress(dev.drover.v1.ReportProgressRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getReportProgressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the attempt, and the job, with success. Repeating is OK.
     * </pre>
     */
    public dev.drover.v1.CompleteAttemptResponse completeAttempt(dev.drover.v1.CompleteAttemptRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCompleteAttemptMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Ends the attempt as a failure. Repeating is OK.
     * </pre>
     */
    public dev.drover.v1.FailAttemptResponse failAttempt(dev.drover.v1.FailAttemptRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getFailAttemptMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service AttemptService.
   * <pre>
   * Every call carries the attempt token of the call that the page serves: "authorization: Bearer TOKEN", from the
   * header Job-Token. None is UNAUTHENTICATED; one that this service did not sign PERMISSION_DENIED, TOKEN_INVALID; one
   * whose attempt has ended or lapsed FAILED_PRECONDITION, LEASE_LOST.
   * </pre>
   */
  public static final class AttemptServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<AttemptServiceFutureStub> {
    private AttemptServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected AttemptServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new AttemptServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Shows progress and renews the lease.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.ReportProgressResponse> reportProgress(
        dev.drover.v1.ReportProgressRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getReportProgressMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Ends the attempt, and the job, with success. Repeating is OK.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.CompleteAttemptResponse> completeAttempt(
        dev.drover.v1.CompleteAttemptRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCompleteAttemptMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Ends the attempt as a failure. Repeating is OK.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.FailAttemptResponse> failAttempt(
        dev.drover.v1.FailAttemptRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getFailAttemptMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_REPORT_PROGRESS = 0;
  private static final int METHODID_COMPLETE_ATTEMPT = 1;
  private static final int METHODID_FAIL_ATTEMPT = 2;

  private static final class MethodHandlers<Req, Resp> implements
      io.grpc.stub.ServerCalls.UnaryMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ServerStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ClientStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.BidiStreamingMethod<Req, Resp> {
    private final AsyncService serviceImpl;
    private final int methodId;

    MethodHandlers(AsyncService serviceImpl, int methodId) {
      this.serviceImpl = serviceImpl;
      this.methodId = methodId;
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public void invoke(Req request, io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_REPORT_PROGRESS:
          serviceImpl.reportProgress((dev.drover.v1.ReportProgressRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.ReportProgressResponse>) responseObserver);
          break;
        case METHODID_COMPLETE_ATTEMPT:
          serviceImpl.completeAttempt((dev.drover.v1.CompleteAttemptRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.CompleteAttemptResponse>) responseObserver);
          break;
        case METHODID_FAIL_ATTEMPT:
          serviceImpl.failAttempt((dev.drover.v1.FailAttemptRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.FailAttemptResponse>) responseObserver);
          break;
        default:
          throw new AssertionError();
      }
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public io.grpc.stub.StreamObserver<Req> invoke(
        io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getReportProgressMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.ReportProgressRequest,
              dev.drover.v1.ReportProgressResponse>(
                service, METHODID_REPORT_PROGRESS)))
        .addMethod(
          getCompleteAttemptMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.CompleteAttemptRequest,
              dev.drover.v1.CompleteAttemptResponse>(
                service, METHODID_COMPLETE_ATTEMPT)))
        .addMethod(
          getFailAttemptMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.FailAttemptRequest,
              dev.drover.v1.FailAttemptResponse>(
                service, METHODID_FAIL_ATTEMPT)))
        .build();
  }

  private static abstract class AttemptServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    AttemptServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.drover.v1.AttemptServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("AttemptService");
    }
  }

  private static final class AttemptServiceFileDescriptorSupplier
      extends AttemptServiceBaseDescriptorSupplier {
    AttemptServiceFileDescriptorSupplier() {}
  }

  private static final class AttemptServiceMethodDescriptorSupplier
      extends AttemptServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    AttemptServiceMethodDescriptorSupplier(java.lang.String methodName) {
      this.methodName = methodName;
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(methodName);
    }
  }

  private static volatile io.grpc.ServiceDescriptor serviceDescriptor;

  public static io.grpc.ServiceDescriptor getServiceDescriptor() {
    io.grpc.ServiceDescriptor result = serviceDescriptor;
    if (result == null) {
      synchronized (AttemptServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new AttemptServiceFileDescriptorSupplier())
              .addMethod(getReportProgressMethod())
              .addMethod(getCompleteAttemptMethod())
              .addMethod(getFailAttemptMethod())
              .build();
        }
      }
    }
    return result;
  }
}
