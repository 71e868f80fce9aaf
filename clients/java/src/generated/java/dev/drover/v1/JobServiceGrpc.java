package dev.drover.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Every call may be repeated: ids and keys make a repeat return what is there. UNAVAILABLE with RetryInfo says that
 * the store cannot be reached, or that the outcome of a write is unknown: repeat the call. RESOURCE_EXHAUSTED is a bound
 * of the server, not of a field: a message or an answer above 4 MiB, batches of a job, depth of a tree, open watches.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class JobServiceGrpc {

  private JobServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "drover.v1.JobService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.SubmitJobRequest,
      dev.drover.v1.SubmitJobResponse> getSubmitJobMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "SubmitJob",
      requestType = dev.drover.v1.SubmitJobRequest.class,
      responseType = dev.drover.v1.SubmitJobResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.SubmitJobRequest,
      dev.drover.v1.SubmitJobResponse> getSubmitJobMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.SubmitJobRequest, dev.drover.v1.SubmitJobResponse> getSubmitJobMethod;
    if ((getSubmitJobMethod = JobServiceGrpc.getSubmitJobMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getSubmitJobMethod = JobServiceGrpc.getSubmitJobMethod) == null) {
          JobServiceGrpc.getSubmitJobMethod = getSubmitJobMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.SubmitJobRequest, dev.drover.v1.SubmitJobResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "SubmitJob"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.SubmitJobRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.SubmitJobResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("SubmitJob"))
              .build();
        }
      }
    }
    return getSubmitJobMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.SubmitJobsRequest,
      dev.drover.v1.SubmitJobsResponse> getSubmitJobsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "SubmitJobs",
      requestType = dev.drover.v1.SubmitJobsRequest.class,
      responseType = dev.drover.v1.SubmitJobsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.SubmitJobsRequest,
      dev.drover.v1.SubmitJobsResponse> getSubmitJobsMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.SubmitJobsRequest, dev.drover.v1.SubmitJobsResponse> getSubmitJobsMethod;
    if ((getSubmitJobsMethod = JobServiceGrpc.getSubmitJobsMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getSubmitJobsMethod = JobServiceGrpc.getSubmitJobsMethod) == null) {
          JobServiceGrpc.getSubmitJobsMethod = getSubmitJobsMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.SubmitJobsRequest, dev.drover.v1.SubmitJobsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "SubmitJobs"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.SubmitJobsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.SubmitJobsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("SubmitJobs"))
              .build();
        }
      }
    }
    return getSubmitJobsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.SubmitBatchRequest,
      dev.drover.v1.SubmitBatchResponse> getSubmitBatchMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "SubmitBatch",
      requestType = dev.drover.v1.SubmitBatchRequest.class,
      responseType = dev.drover.v1.SubmitBatchResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.SubmitBatchRequest,
      dev.drover.v1.SubmitBatchResponse> getSubmitBatchMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.SubmitBatchRequest, dev.drover.v1.SubmitBatchResponse> getSubmitBatchMethod;
    if ((getSubmitBatchMethod = JobServiceGrpc.getSubmitBatchMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getSubmitBatchMethod = JobServiceGrpc.getSubmitBatchMethod) == null) {
          JobServiceGrpc.getSubmitBatchMethod = getSubmitBatchMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.SubmitBatchRequest, dev.drover.v1.SubmitBatchResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "SubmitBatch"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.SubmitBatchRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.SubmitBatchResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("SubmitBatch"))
              .build();
        }
      }
    }
    return getSubmitBatchMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.AddJobsRequest,
      dev.drover.v1.AddJobsResponse> getAddJobsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "AddJobs",
      requestType = dev.drover.v1.AddJobsRequest.class,
      responseType = dev.drover.v1.AddJobsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.AddJobsRequest,
      dev.drover.v1.AddJobsResponse> getAddJobsMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.AddJobsRequest, dev.drover.v1.AddJobsResponse> getAddJobsMethod;
    if ((getAddJobsMethod = JobServiceGrpc.getAddJobsMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getAddJobsMethod = JobServiceGrpc.getAddJobsMethod) == null) {
          JobServiceGrpc.getAddJobsMethod = getAddJobsMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.AddJobsRequest, dev.drover.v1.AddJobsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "AddJobs"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.AddJobsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.AddJobsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("AddJobs"))
              .build();
        }
      }
    }
    return getAddJobsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.SealBatchRequest,
      dev.drover.v1.SealBatchResponse> getSealBatchMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "SealBatch",
      requestType = dev.drover.v1.SealBatchRequest.class,
      responseType = dev.drover.v1.SealBatchResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.SealBatchRequest,
      dev.drover.v1.SealBatchResponse> getSealBatchMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.SealBatchRequest, dev.drover.v1.SealBatchResponse> getSealBatchMethod;
    if ((getSealBatchMethod = JobServiceGrpc.getSealBatchMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getSealBatchMethod = JobServiceGrpc.getSealBatchMethod) == null) {
          JobServiceGrpc.getSealBatchMethod = getSealBatchMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.SealBatchRequest, dev.drover.v1.SealBatchResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "SealBatch"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.SealBatchRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.SealBatchResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("SealBatch"))
              .build();
        }
      }
    }
    return getSealBatchMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.GetJobRequest,
      dev.drover.v1.GetJobResponse> getGetJobMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetJob",
      requestType = dev.drover.v1.GetJobRequest.class,
      responseType = dev.drover.v1.GetJobResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.GetJobRequest,
      dev.drover.v1.GetJobResponse> getGetJobMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.GetJobRequest, dev.drover.v1.GetJobResponse> getGetJobMethod;
    if ((getGetJobMethod = JobServiceGrpc.getGetJobMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getGetJobMethod = JobServiceGrpc.getGetJobMethod) == null) {
          JobServiceGrpc.getGetJobMethod = getGetJobMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.GetJobRequest, dev.drover.v1.GetJobResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetJob"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.GetJobRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.GetJobResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("GetJob"))
              .build();
        }
      }
    }
    return getGetJobMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.GetBatchRequest,
      dev.drover.v1.GetBatchResponse> getGetBatchMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetBatch",
      requestType = dev.drover.v1.GetBatchRequest.class,
      responseType = dev.drover.v1.GetBatchResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.GetBatchRequest,
      dev.drover.v1.GetBatchResponse> getGetBatchMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.GetBatchRequest, dev.drover.v1.GetBatchResponse> getGetBatchMethod;
    if ((getGetBatchMethod = JobServiceGrpc.getGetBatchMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getGetBatchMethod = JobServiceGrpc.getGetBatchMethod) == null) {
          JobServiceGrpc.getGetBatchMethod = getGetBatchMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.GetBatchRequest, dev.drover.v1.GetBatchResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetBatch"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.GetBatchRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.GetBatchResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("GetBatch"))
              .build();
        }
      }
    }
    return getGetBatchMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.ListJobsRequest,
      dev.drover.v1.ListJobsResponse> getListJobsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListJobs",
      requestType = dev.drover.v1.ListJobsRequest.class,
      responseType = dev.drover.v1.ListJobsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.ListJobsRequest,
      dev.drover.v1.ListJobsResponse> getListJobsMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.ListJobsRequest, dev.drover.v1.ListJobsResponse> getListJobsMethod;
    if ((getListJobsMethod = JobServiceGrpc.getListJobsMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getListJobsMethod = JobServiceGrpc.getListJobsMethod) == null) {
          JobServiceGrpc.getListJobsMethod = getListJobsMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.ListJobsRequest, dev.drover.v1.ListJobsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListJobs"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.ListJobsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.ListJobsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("ListJobs"))
              .build();
        }
      }
    }
    return getListJobsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.ListBatchesRequest,
      dev.drover.v1.ListBatchesResponse> getListBatchesMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListBatches",
      requestType = dev.drover.v1.ListBatchesRequest.class,
      responseType = dev.drover.v1.ListBatchesResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.ListBatchesRequest,
      dev.drover.v1.ListBatchesResponse> getListBatchesMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.ListBatchesRequest, dev.drover.v1.ListBatchesResponse> getListBatchesMethod;
    if ((getListBatchesMethod = JobServiceGrpc.getListBatchesMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getListBatchesMethod = JobServiceGrpc.getListBatchesMethod) == null) {
          JobServiceGrpc.getListBatchesMethod = getListBatchesMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.ListBatchesRequest, dev.drover.v1.ListBatchesResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListBatches"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.ListBatchesRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.ListBatchesResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("ListBatches"))
              .build();
        }
      }
    }
    return getListBatchesMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.WatchJobRequest,
      dev.drover.v1.WatchJobResponse> getWatchJobMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "WatchJob",
      requestType = dev.drover.v1.WatchJobRequest.class,
      responseType = dev.drover.v1.WatchJobResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<dev.drover.v1.WatchJobRequest,
      dev.drover.v1.WatchJobResponse> getWatchJobMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.WatchJobRequest, dev.drover.v1.WatchJobResponse> getWatchJobMethod;
    if ((getWatchJobMethod = JobServiceGrpc.getWatchJobMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getWatchJobMethod = JobServiceGrpc.getWatchJobMethod) == null) {
          JobServiceGrpc.getWatchJobMethod = getWatchJobMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.WatchJobRequest, dev.drover.v1.WatchJobResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "WatchJob"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.WatchJobRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.WatchJobResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("WatchJob"))
              .build();
        }
      }
    }
    return getWatchJobMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.WatchBatchRequest,
      dev.drover.v1.WatchBatchResponse> getWatchBatchMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "WatchBatch",
      requestType = dev.drover.v1.WatchBatchRequest.class,
      responseType = dev.drover.v1.WatchBatchResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<dev.drover.v1.WatchBatchRequest,
      dev.drover.v1.WatchBatchResponse> getWatchBatchMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.WatchBatchRequest, dev.drover.v1.WatchBatchResponse> getWatchBatchMethod;
    if ((getWatchBatchMethod = JobServiceGrpc.getWatchBatchMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getWatchBatchMethod = JobServiceGrpc.getWatchBatchMethod) == null) {
          JobServiceGrpc.getWatchBatchMethod = getWatchBatchMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.WatchBatchRequest, dev.drover.v1.WatchBatchResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "WatchBatch"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.WatchBatchRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.WatchBatchResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("WatchBatch"))
              .build();
        }
      }
    }
    return getWatchBatchMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.WatchTreeRequest,
      dev.drover.v1.WatchTreeResponse> getWatchTreeMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "WatchTree",
      requestType = dev.drover.v1.WatchTreeRequest.class,
      responseType = dev.drover.v1.WatchTreeResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
  public static io.grpc.MethodDescriptor<dev.drover.v1.WatchTreeRequest,
      dev.drover.v1.WatchTreeResponse> getWatchTreeMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.WatchTreeRequest, dev.drover.v1.WatchTreeResponse> getWatchTreeMethod;
    if ((getWatchTreeMethod = JobServiceGrpc.getWatchTreeMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getWatchTreeMethod = JobServiceGrpc.getWatchTreeMethod) == null) {
          JobServiceGrpc.getWatchTreeMethod = getWatchTreeMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.WatchTreeRequest, dev.drover.v1.WatchTreeResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.SERVER_STREAMING)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "WatchTree"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.WatchTreeRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.WatchTreeResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("WatchTree"))
              .build();
        }
      }
    }
    return getWatchTreeMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.CancelJobRequest,
      dev.drover.v1.CancelJobResponse> getCancelJobMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CancelJob",
      requestType = dev.drover.v1.CancelJobRequest.class,
      responseType = dev.drover.v1.CancelJobResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.CancelJobRequest,
      dev.drover.v1.CancelJobResponse> getCancelJobMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.CancelJobRequest, dev.drover.v1.CancelJobResponse> getCancelJobMethod;
    if ((getCancelJobMethod = JobServiceGrpc.getCancelJobMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getCancelJobMethod = JobServiceGrpc.getCancelJobMethod) == null) {
          JobServiceGrpc.getCancelJobMethod = getCancelJobMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.CancelJobRequest, dev.drover.v1.CancelJobResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CancelJob"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.CancelJobRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.CancelJobResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("CancelJob"))
              .build();
        }
      }
    }
    return getCancelJobMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.CancelBatchRequest,
      dev.drover.v1.CancelBatchResponse> getCancelBatchMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CancelBatch",
      requestType = dev.drover.v1.CancelBatchRequest.class,
      responseType = dev.drover.v1.CancelBatchResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.CancelBatchRequest,
      dev.drover.v1.CancelBatchResponse> getCancelBatchMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.CancelBatchRequest, dev.drover.v1.CancelBatchResponse> getCancelBatchMethod;
    if ((getCancelBatchMethod = JobServiceGrpc.getCancelBatchMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getCancelBatchMethod = JobServiceGrpc.getCancelBatchMethod) == null) {
          JobServiceGrpc.getCancelBatchMethod = getCancelBatchMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.CancelBatchRequest, dev.drover.v1.CancelBatchResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CancelBatch"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.CancelBatchRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.CancelBatchResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("CancelBatch"))
              .build();
        }
      }
    }
    return getCancelBatchMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.RetryJobRequest,
      dev.drover.v1.RetryJobResponse> getRetryJobMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "RetryJob",
      requestType = dev.drover.v1.RetryJobRequest.class,
      responseType = dev.drover.v1.RetryJobResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.RetryJobRequest,
      dev.drover.v1.RetryJobResponse> getRetryJobMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.RetryJobRequest, dev.drover.v1.RetryJobResponse> getRetryJobMethod;
    if ((getRetryJobMethod = JobServiceGrpc.getRetryJobMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getRetryJobMethod = JobServiceGrpc.getRetryJobMethod) == null) {
          JobServiceGrpc.getRetryJobMethod = getRetryJobMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.RetryJobRequest, dev.drover.v1.RetryJobResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "RetryJob"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.RetryJobRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.RetryJobResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("RetryJob"))
              .build();
        }
      }
    }
    return getRetryJobMethod;
  }

  private static volatile io.grpc.MethodDescriptor<dev.drover.v1.RetryBatchRequest,
      dev.drover.v1.RetryBatchResponse> getRetryBatchMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "RetryBatch",
      requestType = dev.drover.v1.RetryBatchRequest.class,
      responseType = dev.drover.v1.RetryBatchResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<dev.drover.v1.RetryBatchRequest,
      dev.drover.v1.RetryBatchResponse> getRetryBatchMethod() {
    io.grpc.MethodDescriptor<dev.drover.v1.RetryBatchRequest, dev.drover.v1.RetryBatchResponse> getRetryBatchMethod;
    if ((getRetryBatchMethod = JobServiceGrpc.getRetryBatchMethod) == null) {
      synchronized (JobServiceGrpc.class) {
        if ((getRetryBatchMethod = JobServiceGrpc.getRetryBatchMethod) == null) {
          JobServiceGrpc.getRetryBatchMethod = getRetryBatchMethod =
              io.grpc.MethodDescriptor.<dev.drover.v1.RetryBatchRequest, dev.drover.v1.RetryBatchResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "RetryBatch"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.RetryBatchRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  dev.drover.v1.RetryBatchResponse.getDefaultInstance()))
              .setSchemaDescriptor(new JobServiceMethodDescriptorSupplier("RetryBatch"))
              .build();
        }
      }
    }
    return getRetryBatchMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static JobServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<JobServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<JobServiceStub>() {
        @java.lang.Override
        public JobServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new JobServiceStub(channel, callOptions);
        }
      };
    return JobServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static JobServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<JobServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<JobServiceBlockingV2Stub>() {
        @java.lang.Override
        public JobServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new JobServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return JobServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static JobServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<JobServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<JobServiceBlockingStub>() {
        @java.lang.Override
        public JobServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new JobServiceBlockingStub(channel, callOptions);
        }
      };
    return JobServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static JobServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<JobServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<JobServiceFutureStub>() {
        @java.lang.Override
        public JobServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new JobServiceFutureStub(channel, callOptions);
        }
      };
    return JobServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Every call may be repeated: ids and keys make a repeat return what is there. UNAVAILABLE with RetryInfo says that
   * the store cannot be reached, or that the outcome of a write is unknown: repeat the call. RESOURCE_EXHAUSTED is a bound
   * of the server, not of a field: a message or an answer above 4 MiB, batches of a job, depth of a tree, open watches.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Stores one job. OK means that it is durable.
     * </pre>
     */
    default void submitJob(dev.drover.v1.SubmitJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.SubmitJobResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSubmitJobMethod(), responseObserver);
    }

    /**
     * <pre>
     * Stores up to 1,000 unrelated jobs. A bad one fails alone.
     * </pre>
     */
    default void submitJobs(dev.drover.v1.SubmitJobsRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.SubmitJobsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSubmitJobsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Creates a batch with its first jobs; sealed at once unless open. With "authorization: Bearer TOKEN", from a page's
     * header Job-Token, the batch belongs to that page's job: its own tokens alone seal it, and add to it as those of its
     * members do. Any other token is PERMISSION_DENIED, TOKEN_INVALID: one that is for a proxy must end there.
     * </pre>
     */
    default void submitBatch(dev.drover.v1.SubmitBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.SubmitBatchResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSubmitBatchMethod(), responseObserver);
    }

    /**
     * <pre>
     * Appends to an open batch, all of the call or nothing.
     * </pre>
     */
    default void addJobs(dev.drover.v1.AddJobsRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.AddJobsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getAddJobsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Says that no more jobs come. Repeating is OK.
     * </pre>
     */
    default void sealBatch(dev.drover.v1.SealBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.SealBatchResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSealBatchMethod(), responseObserver);
    }

    /**
     * <pre>
     * One job, whole.
     * </pre>
     */
    default void getJob(dev.drover.v1.GetJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.GetJobResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetJobMethod(), responseObserver);
    }

    /**
     * <pre>
     * One batch.
     * </pre>
     */
    default void getBatch(dev.drover.v1.GetBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.GetBatchResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetBatchMethod(), responseObserver);
    }

    /**
     * <pre>
     * Jobs in order of creation. A combination of filters without an index is INVALID_ARGUMENT.
     * </pre>
     */
    default void listJobs(dev.drover.v1.ListJobsRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.ListJobsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListJobsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Batches in order of creation.
     * </pre>
     */
    default void listBatches(dev.drover.v1.ListBatchesRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.ListBatchesResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListBatchesMethod(), responseObserver);
    }

    /**
     * <pre>
     * The job now, then every newer state that the reader is quick enough to see, always the last one; then ends OK.
     * </pre>
     */
    default void watchJob(dev.drover.v1.WatchJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.WatchJobResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getWatchJobMethod(), responseObserver);
    }

    /**
     * <pre>
     * Counts and members of a batch: now, then changes, to the end.
     * </pre>
     */
    default void watchBatch(dev.drover.v1.WatchBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.WatchBatchResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getWatchBatchMethod(), responseObserver);
    }

    /**
     * <pre>
     * A whole tree: its root and the batches below it, to the end.
     * </pre>
     */
    default void watchTree(dev.drover.v1.WatchTreeRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.WatchTreeResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getWatchTreeMethod(), responseObserver);
    }

    /**
     * <pre>
     * Cancels a job with all below it. Of a job that has ended: OK, unchanged.
     * </pre>
     */
    default void cancelJob(dev.drover.v1.CancelJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.CancelJobResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCancelJobMethod(), responseObserver);
    }

    /**
     * <pre>
     * Cancels a batch with all below it.
     * </pre>
     */
    default void cancelBatch(dev.drover.v1.CancelBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.CancelBatchResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCancelBatchMethod(), responseObserver);
    }

    /**
     * <pre>
     * Makes a new job of one that failed or was cancelled. A repeat returns the same new job.
     * </pre>
     */
    default void retryJob(dev.drover.v1.RetryJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.RetryJobResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRetryJobMethod(), responseObserver);
    }

    /**
     * <pre>
     * Makes a new batch of the failed and cancelled members.
     * </pre>
     */
    default void retryBatch(dev.drover.v1.RetryBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.RetryBatchResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getRetryBatchMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service JobService.
   * <pre>
   * Every call may be repeated: ids and keys make a repeat return what is there. UNAVAILABLE with RetryInfo says that
   * the store cannot be reached, or that the outcome of a write is unknown: repeat the call. RESOURCE_EXHAUSTED is a bound
   * of the server, not of a field: a message or an answer above 4 MiB, batches of a job, depth of a tree, open watches.
   * </pre>
   */
  public static abstract class JobServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return JobServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service JobService.
   * <pre>
   * Every call may be repeated: ids and keys make a repeat return what is there. UNAVAILABLE with RetryInfo says that
   * the store cannot be reached, or that the outcome of a write is unknown: repeat the call. RESOURCE_EXHAUSTED is a bound
   * of the server, not of a field: a message or an answer above 4 MiB, batches of a job, depth of a tree, open watches.
   * </pre>
   */
  public static final class JobServiceStub
      extends io.grpc.stub.AbstractAsyncStub<JobServiceStub> {
    private JobServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected JobServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new JobServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Stores one job. OK means that it is durable.
     * </pre>
     */
    public void submitJob(dev.drover.v1.SubmitJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.SubmitJobResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSubmitJobMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Stores up to 1,000 unrelated jobs. A bad one fails alone.
     * </pre>
     */
    public void submitJobs(dev.drover.v1.SubmitJobsRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.SubmitJobsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSubmitJobsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Creates a batch with its first jobs; sealed at once unless open. With "authorization: Bearer TOKEN", from a page's
     * header Job-Token, the batch belongs to that page's job: its own tokens alone seal it, and add to it as those of its
     * members do. Any other token is PERMISSION_DENIED, TOKEN_INVALID: one that is for a proxy must end there.
     * </pre>
     */
    public void submitBatch(dev.drover.v1.SubmitBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.SubmitBatchResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSubmitBatchMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Appends to an open batch, all of the call or nothing.
     * </pre>
     */
    public void addJobs(dev.drover.v1.AddJobsRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.AddJobsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getAddJobsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Says that no more jobs come. Repeating is OK.
     * </pre>
     */
    public void sealBatch(dev.drover.v1.SealBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.SealBatchResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSealBatchMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * One job, whole.
     * </pre>
     */
    public void getJob(dev.drover.v1.GetJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.GetJobResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetJobMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * One batch.
     * </pre>
     */
    public void getBatch(dev.drover.v1.GetBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.GetBatchResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetBatchMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Jobs in order of creation. A combination of filters without an index is INVALID_ARGUMENT.
     * </pre>
     */
    public void listJobs(dev.drover.v1.ListJobsRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.ListJobsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListJobsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Batches in order of creation.
     * </pre>
     */
    public void listBatches(dev.drover.v1.ListBatchesRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.ListBatchesResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListBatchesMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * The job now, then every newer state that the reader is quick enough to see, always the last one; then ends OK.
     * </pre>
     */
    public void watchJob(dev.drover.v1.WatchJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.WatchJobResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getWatchJobMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Counts and members of a batch: now, then changes, to the end.
     * </pre>
     */
    public void watchBatch(dev.drover.v1.WatchBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.WatchBatchResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getWatchBatchMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * A whole tree: its root and the batches below it, to the end.
     * </pre>
     */
    public void watchTree(dev.drover.v1.WatchTreeRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.WatchTreeResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncServerStreamingCall(
          getChannel().newCall(getWatchTreeMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Cancels a job with all below it. Of a job that has ended: OK, unchanged.
     * </pre>
     */
    public void cancelJob(dev.drover.v1.CancelJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.CancelJobResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCancelJobMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Cancels a batch with all below it.
     * </pre>
     */
    public void cancelBatch(dev.drover.v1.CancelBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.CancelBatchResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCancelBatchMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Makes a new job of one that failed or was cancelled. A repeat returns the same new job.
     * </pre>
     */
    public void retryJob(dev.drover.v1.RetryJobRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.RetryJobResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRetryJobMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Makes a new batch of the failed and cancelled members.
     * </pre>
     */
    public void retryBatch(dev.drover.v1.RetryBatchRequest request,
        io.grpc.stub.StreamObserver<dev.drover.v1.RetryBatchResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getRetryBatchMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service JobService.
   * <pre>
   * Every call may be repeated: ids and keys make a repeat return what is there. UNAVAILABLE with RetryInfo says that
   * the store cannot be reached, or that the outcome of a write is unknown: repeat the call. RESOURCE_EXHAUSTED is a bound
   * of the server, not of a field: a message or an answer above 4 MiB, batches of a job, depth of a tree, open watches.
   * </pre>
   */
  public static final class JobServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<JobServiceBlockingV2Stub> {
    private JobServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected JobServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new JobServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Stores one job. OK means that it is durable.
     * </pre>
     */
    public dev.drover.v1.SubmitJobResponse submitJob(dev.drover.v1.SubmitJobRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSubmitJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Stores up to 1,000 unrelated jobs. A bad one fails alone.
     * </pre>
     */
    public dev.drover.v1.SubmitJobsResponse submitJobs(dev.drover.v1.SubmitJobsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSubmitJobsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Creates a batch with its first jobs; sealed at once unless open. With "authorization: Bearer TOKEN", from a page's
     * header Job-Token, the batch belongs to that page's job: its own tokens alone seal it, and add to it as those of its
     * members do. Any other token is PERMISSION_DENIED, TOKEN_INVALID: one that is for a proxy must end there.
     * </pre>
     */
    public dev.drover.v1.SubmitBatchResponse submitBatch(dev.drover.v1.SubmitBatchRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSubmitBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Appends to an open batch, all of the call or nothing.
     * </pre>
     */
    public dev.drover.v1.AddJobsResponse addJobs(dev.drover.v1.AddJobsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getAddJobsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Says that no more jobs come. Repeating is OK.
     * </pre>
     */
    public dev.drover.v1.SealBatchResponse sealBatch(dev.drover.v1.SealBatchRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSealBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One job, whole.
     * </pre>
     */
    public dev.drover.v1.GetJobResponse getJob(dev.drover.v1.GetJobRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One batch.
     * </pre>
     */
    public dev.drover.v1.GetBatchResponse getBatch(dev.drover.v1.GetBatchRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Jobs in order of creation. A combination of filters without an index is INVALID_ARGUMENT.
     * </pre>
     */
    public dev.drover.v1.ListJobsResponse listJobs(dev.drover.v1.ListJobsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListJobsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Batches in order of creation.
     * </pre>
     */
    public dev.drover.v1.ListBatchesResponse listBatches(dev.drover.v1.ListBatchesRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListBatchesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The job now, then every newer state that the reader is quick enough to see, always the last one; then ends OK.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, dev.drover.v1.WatchJobResponse>
        watchJob(dev.drover.v1.WatchJobRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getWatchJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Counts and members of a batch: now, then changes, to the end.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, dev.drover.v1.WatchBatchResponse>
        watchBatch(dev.drover.v1.WatchBatchRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getWatchBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * A whole tree: its root and the batches below it, to the end.
     * </pre>
     */
    @io.grpc.ExperimentalApi("https://github.com/grpc/grpc-java/issues/10918")
    public io.grpc.stub.BlockingClientCall<?, dev.drover.v1.WatchTreeResponse>
        watchTree(dev.drover.v1.WatchTreeRequest request) {
      return io.grpc.stub.ClientCalls.blockingV2ServerStreamingCall(
          getChannel(), getWatchTreeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Cancels a job with all below it. Of a job that has ended: OK, unchanged.
     * </pre>
     */
    public dev.drover.v1.CancelJobResponse cancelJob(dev.drover.v1.CancelJobRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCancelJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Cancels a batch with all below it.
     * </pre>
     */
    public dev.drover.v1.CancelBatchResponse cancelBatch(dev.drover.v1.CancelBatchRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCancelBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Makes a new job of one that failed or was cancelled. A repeat returns the same new job.
     * </pre>
     */
    public dev.drover.v1.RetryJobResponse retryJob(dev.drover.v1.RetryJobRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRetryJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Makes a new batch of the failed and cancelled members.
     * </pre>
     */
    public dev.drover.v1.RetryBatchResponse retryBatch(dev.drover.v1.RetryBatchRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getRetryBatchMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service JobService.
   * <pre>
   * Every call may be repeated: ids and keys make a repeat return what is there. UNAVAILABLE with RetryInfo says that
   * the store cannot be reached, or that the outcome of a write is unknown: repeat the call. RESOURCE_EXHAUSTED is a bound
   * of the server, not of a field: a message or an answer above 4 MiB, batches of a job, depth of a tree, open watches.
   * </pre>
   */
  public static final class JobServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<JobServiceBlockingStub> {
    private JobServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected JobServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new JobServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Stores one job. OK means that it is durable.
     * </pre>
     */
    public dev.drover.v1.SubmitJobResponse submitJob(dev.drover.v1.SubmitJobRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSubmitJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Stores up to 1,000 unrelated jobs. A bad one fails alone.
     * </pre>
     */
    public dev.drover.v1.SubmitJobsResponse submitJobs(dev.drover.v1.SubmitJobsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSubmitJobsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Creates a batch with its first jobs; sealed at once unless open. With "authorization: Bearer TOKEN", from a page's
     * header Job-Token, the batch belongs to that page's job: its own tokens alone seal it, and add to it as those of its
     * members do. Any other token is PERMISSION_DENIED, TOKEN_INVALID: one that is for a proxy must end there.
     * </pre>
     */
    public dev.drover.v1.SubmitBatchResponse submitBatch(dev.drover.v1.SubmitBatchRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSubmitBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Appends to an open batch, all of the call or nothing.
     * </pre>
     */
    public dev.drover.v1.AddJobsResponse addJobs(dev.drover.v1.AddJobsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getAddJobsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Says that no more jobs come. Repeating is OK.
     * </pre>
     */
    public dev.drover.v1.SealBatchResponse sealBatch(dev.drover.v1.SealBatchRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSealBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One job, whole.
     * </pre>
     */
    public dev.drover.v1.GetJobResponse getJob(dev.drover.v1.GetJobRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * One batch.
     * </pre>
     */
    public dev.drover.v1.GetBatchResponse getBatch(dev.drover.v1.GetBatchRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Jobs in order of creation. A combination of filters without an index is INVALID_ARGUMENT.
     * </pre>
     */
    public dev.drover.v1.ListJobsResponse listJobs(dev.drover.v1.ListJobsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListJobsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Batches in order of creation.
     * </pre>
     */
    public dev.drover.v1.ListBatchesResponse listBatches(dev.drover.v1.ListBatchesRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListBatchesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * The job now, then every newer state that the reader is quick enough to see, always the last one; then ends OK.
     * </pre>
     */
    public java.util.Iterator<dev.drover.v1.WatchJobResponse> watchJob(
        dev.drover.v1.WatchJobRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getWatchJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Counts and members of a batch: now, then changes, to the end.
     * </pre>
     */
    public java.util.Iterator<dev.drover.v1.WatchBatchResponse> watchBatch(
        dev.drover.v1.WatchBatchRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getWatchBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * A whole tree: its root and the batches below it, to the end.
     * </pre>
     */
    public java.util.Iterator<dev.drover.v1.WatchTreeResponse> watchTree(
        dev.drover.v1.WatchTreeRequest request) {
      return io.grpc.stub.ClientCalls.blockingServerStreamingCall(
          getChannel(), getWatchTreeMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Cancels a job with all below it. Of a job that has ended: OK, unchanged.
     * </pre>
     */
    public dev.drover.v1.CancelJobResponse cancelJob(dev.drover.v1.CancelJobRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCancelJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Cancels a batch with all below it.
     * </pre>
     */
    public dev.drover.v1.CancelBatchResponse cancelBatch(dev.drover.v1.CancelBatchRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCancelBatchMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Makes a new job of one that failed or was cancelled. A repeat returns the same new job.
     * </pre>
     */
    public dev.drover.v1.RetryJobResponse retryJob(dev.drover.v1.RetryJobRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRetryJobMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Makes a new batch of the failed and cancelled members.
     * </pre>
     */
    public dev.drover.v1.RetryBatchResponse retryBatch(dev.drover.v1.RetryBatchRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getRetryBatchMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service JobService.
   * <pre>
   * Every call may be repeated: ids and keys make a repeat return what is there. UNAVAILABLE with RetryInfo says that
   * the store cannot be reached, or that the outcome of a write is unknown: repeat the call. RESOURCE_EXHAUSTED is a bound
   * of the server, not of a field: a message or an answer above 4 MiB, batches of a job, depth of a tree, open watches.
   * </pre>
   */
  public static final class JobServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<JobServiceFutureStub> {
    private JobServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected JobServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new JobServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Stores one job. OK means that it is durable.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.SubmitJobResponse> submitJob(
        dev.drover.v1.SubmitJobRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSubmitJobMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Stores up to 1,000 unrelated jobs. A bad one fails alone.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.SubmitJobsResponse> submitJobs(
        dev.drover.v1.SubmitJobsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSubmitJobsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Creates a batch with its first jobs; sealed at once unless open. With "authorization: Bearer TOKEN", from a page's
     * header Job-Token, the batch belongs to that page's job: its own tokens alone seal it, and add to it as those of its
     * members do. Any other token is PERMISSION_DENIED, TOKEN_INVALID: one that is for a proxy must end there.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.SubmitBatchResponse> submitBatch(
        dev.drover.v1.SubmitBatchRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSubmitBatchMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Appends to an open batch, all of the call or nothing.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.AddJobsResponse> addJobs(
        dev.drover.v1.AddJobsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getAddJobsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Says that no more jobs come. Repeating is OK.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.SealBatchResponse> sealBatch(
        dev.drover.v1.SealBatchRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSealBatchMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * One job, whole.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.GetJobResponse> getJob(
        dev.drover.v1.GetJobRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetJobMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * One batch.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.GetBatchResponse> getBatch(
        dev.drover.v1.GetBatchRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetBatchMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Jobs in order of creation. A combination of filters without an index is INVALID_ARGUMENT.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.ListJobsResponse> listJobs(
        dev.drover.v1.ListJobsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListJobsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Batches in order of creation.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.ListBatchesResponse> listBatches(
        dev.drover.v1.ListBatchesRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListBatchesMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Cancels a job with all below it. Of a job that has ended: OK, unchanged.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.CancelJobResponse> cancelJob(
        dev.drover.v1.CancelJobRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCancelJobMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Cancels a batch with all below it.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.CancelBatchResponse> cancelBatch(
        dev.drover.v1.CancelBatchRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCancelBatchMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Makes a new job of one that failed or was cancelled. A repeat returns the same new job.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.RetryJobResponse> retryJob(
        dev.drover.v1.RetryJobRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRetryJobMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Makes a new batch of the failed and cancelled members.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<dev.drover.v1.RetryBatchResponse> retryBatch(
        dev.drover.v1.RetryBatchRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getRetryBatchMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_SUBMIT_JOB = 0;
  private static final int METHODID_SUBMIT_JOBS = 1;
  private static final int METHODID_SUBMIT_BATCH = 2;
  private static final int METHODID_ADD_JOBS = 3;
  private static final int METHODID_SEAL_BATCH = 4;
  private static final int METHODID_GET_JOB = 5;
  private static final int METHODID_GET_BATCH = 6;
  private static final int METHODID_LIST_JOBS = 7;
  private static final int METHODID_LIST_BATCHES = 8;
  private static final int METHODID_WATCH_JOB = 9;
  private static final int METHODID_WATCH_BATCH = 10;
  private static final int METHODID_WATCH_TREE = 11;
  private static final int METHODID_CANCEL_JOB = 12;
  private static final int METHODID_CANCEL_BATCH = 13;
  private static final int METHODID_RETRY_JOB = 14;
  private static final int METHODID_RETRY_BATCH = 15;

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
        case METHODID_SUBMIT_JOB:
          serviceImpl.submitJob((dev.drover.v1.SubmitJobRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.SubmitJobResponse>) responseObserver);
          break;
        case METHODID_SUBMIT_JOBS:
          serviceImpl.submitJobs((dev.drover.v1.SubmitJobsRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.SubmitJobsResponse>) responseObserver);
          break;
        case METHODID_SUBMIT_BATCH:
          serviceImpl.submitBatch((dev.drover.v1.SubmitBatchRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.SubmitBatchResponse>) responseObserver);
          break;
        case METHODID_ADD_JOBS:
          serviceImpl.addJobs((dev.drover.v1.AddJobsRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.AddJobsResponse>) responseObserver);
          break;
        case METHODID_SEAL_BATCH:
          serviceImpl.sealBatch((dev.drover.v1.SealBatchRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.SealBatchResponse>) responseObserver);
          break;
        case METHODID_GET_JOB:
          serviceImpl.getJob((dev.drover.v1.GetJobRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.GetJobResponse>) responseObserver);
          break;
        case METHODID_GET_BATCH:
          serviceImpl.getBatch((dev.drover.v1.GetBatchRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.GetBatchResponse>) responseObserver);
          break;
        case METHODID_LIST_JOBS:
          serviceImpl.listJobs((dev.drover.v1.ListJobsRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.ListJobsResponse>) responseObserver);
          break;
        case METHODID_LIST_BATCHES:
          serviceImpl.listBatches((dev.drover.v1.ListBatchesRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.ListBatchesResponse>) responseObserver);
          break;
        case METHODID_WATCH_JOB:
          serviceImpl.watchJob((dev.drover.v1.WatchJobRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.WatchJobResponse>) responseObserver);
          break;
        case METHODID_WATCH_BATCH:
          serviceImpl.watchBatch((dev.drover.v1.WatchBatchRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.WatchBatchResponse>) responseObserver);
          break;
        case METHODID_WATCH_TREE:
          serviceImpl.watchTree((dev.drover.v1.WatchTreeRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.WatchTreeResponse>) responseObserver);
          break;
        case METHODID_CANCEL_JOB:
          serviceImpl.cancelJob((dev.drover.v1.CancelJobRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.CancelJobResponse>) responseObserver);
          break;
        case METHODID_CANCEL_BATCH:
          serviceImpl.cancelBatch((dev.drover.v1.CancelBatchRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.CancelBatchResponse>) responseObserver);
          break;
        case METHODID_RETRY_JOB:
          serviceImpl.retryJob((dev.drover.v1.RetryJobRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.RetryJobResponse>) responseObserver);
          break;
        case METHODID_RETRY_BATCH:
          serviceImpl.retryBatch((dev.drover.v1.RetryBatchRequest) request,
              (io.grpc.stub.StreamObserver<dev.drover.v1.RetryBatchResponse>) responseObserver);
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
          getSubmitJobMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.SubmitJobRequest,
              dev.drover.v1.SubmitJobResponse>(
                service, METHODID_SUBMIT_JOB)))
        .addMethod(
          getSubmitJobsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.SubmitJobsRequest,
              dev.drover.v1.SubmitJobsResponse>(
                service, METHODID_SUBMIT_JOBS)))
        .addMethod(
          getSubmitBatchMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.SubmitBatchRequest,
              dev.drover.v1.SubmitBatchResponse>(
                service, METHODID_SUBMIT_BATCH)))
        .addMethod(
          getAddJobsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.AddJobsRequest,
              dev.drover.v1.AddJobsResponse>(
                service, METHODID_ADD_JOBS)))
        .addMethod(
          getSealBatchMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.SealBatchRequest,
              dev.drover.v1.SealBatchResponse>(
                service, METHODID_SEAL_BATCH)))
        .addMethod(
          getGetJobMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.GetJobRequest,
              dev.drover.v1.GetJobResponse>(
                service, METHODID_GET_JOB)))
        .addMethod(
          getGetBatchMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.GetBatchRequest,
              dev.drover.v1.GetBatchResponse>(
                service, METHODID_GET_BATCH)))
        .addMethod(
          getListJobsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.ListJobsRequest,
              dev.drover.v1.ListJobsResponse>(
                service, METHODID_LIST_JOBS)))
        .addMethod(
          getListBatchesMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.ListBatchesRequest,
              dev.drover.v1.ListBatchesResponse>(
                service, METHODID_LIST_BATCHES)))
        .addMethod(
          getWatchJobMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              dev.drover.v1.WatchJobRequest,
              dev.drover.v1.WatchJobResponse>(
                service, METHODID_WATCH_JOB)))
        .addMethod(
          getWatchBatchMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              dev.drover.v1.WatchBatchRequest,
              dev.drover.v1.WatchBatchResponse>(
                service, METHODID_WATCH_BATCH)))
        .addMethod(
          getWatchTreeMethod(),
          io.grpc.stub.ServerCalls.asyncServerStreamingCall(
            new MethodHandlers<
              dev.drover.v1.WatchTreeRequest,
              dev.drover.v1.WatchTreeResponse>(
                service, METHODID_WATCH_TREE)))
        .addMethod(
          getCancelJobMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.CancelJobRequest,
              dev.drover.v1.CancelJobResponse>(
                service, METHODID_CANCEL_JOB)))
        .addMethod(
          getCancelBatchMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.CancelBatchRequest,
              dev.drover.v1.CancelBatchResponse>(
                service, METHODID_CANCEL_BATCH)))
        .addMethod(
          getRetryJobMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.RetryJobRequest,
              dev.drover.v1.RetryJobResponse>(
                service, METHODID_RETRY_JOB)))
        .addMethod(
          getRetryBatchMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              dev.drover.v1.RetryBatchRequest,
              dev.drover.v1.RetryBatchResponse>(
                service, METHODID_RETRY_BATCH)))
        .build();
  }

  private static abstract class JobServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    JobServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return dev.drover.v1.JobServiceProto.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("JobService");
    }
  }

  private static final class JobServiceFileDescriptorSupplier
      extends JobServiceBaseDescriptorSupplier {
    JobServiceFileDescriptorSupplier() {}
  }

  private static final class JobServiceMethodDescriptorSupplier
      extends JobServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    JobServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (JobServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new JobServiceFileDescriptorSupplier())
              .addMethod(getSubmitJobMethod())
              .addMethod(getSubmitJobsMethod())
              .addMethod(getSubmitBatchMethod())
              .addMethod(getAddJobsMethod())
              .addMethod(getSealBatchMethod())
              .addMethod(getGetJobMethod())
              .addMethod(getGetBatchMethod())
              .addMethod(getListJobsMethod())
              .addMethod(getListBatchesMethod())
              .addMethod(getWatchJobMethod())
              .addMethod(getWatchBatchMethod())
              .addMethod(getWatchTreeMethod())
              .addMethod(getCancelJobMethod())
              .addMethod(getCancelBatchMethod())
              .addMethod(getRetryJobMethod())
              .addMethod(getRetryBatchMethod())
              .build();
        }
      }
    }
    return result;
  }
}
