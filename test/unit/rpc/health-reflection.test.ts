// The services that tools ask for on the gRPC door: health for probes and load balancers, reflection for grpcurl.

import { create, createFileRegistry, type DescService, fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "@drover/sdk/gen/grpc/health/v1/health_pb";
import { ServerReflection as V1 } from "@drover/sdk/gen/grpc/reflection/v1/reflection_pb";
import { ServerReflection as V1Alpha } from "@drover/sdk/gen/grpc/reflection/v1alpha/reflection_pb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type OpenDoors, openDoors } from "./open-doors.js";

let doors: OpenDoors;
beforeEach(async () => {
  doors = await openDoors();
});
afterEach(() => doors.close());

describe("health", () => {
  it("is SERVING for the server and each service while the store answers", async () => {
    const health = doors.client(Health, "grpc");
    for (const service of ["", "drover.v1.JobService", "drover.v1.AttemptService", "drover.v1.QueueService"]) {
      expect((await health.check({ service })).status).toBe(Status.SERVING);
    }
    expect(Object.keys((await health.list({})).statuses)).toHaveLength(4);
    doors.engine.storeAnswers = false;
    expect((await health.check({})).status).toBe(Status.NOT_SERVING);
  });

  it("knows no other service", async () => {
    const health = doors.client(Health, "grpc");
    const error = await health.check({ service: "other" }).catch(ConnectError.from);
    expect(error).toMatchObject({ code: Code.NotFound });
    const first = await health.watch({ service: "other" })[Symbol.asyncIterator]().next();
    expect(first.value).toMatchObject({ status: Status.SERVICE_UNKNOWN });
  });

  it("tells watchers when the server leaves, and calls are still answered", async () => {
    const health = doors.client(Health, "grpc");
    const seen: Status[] = [];
    for await (const { status } of health.watch({})) {
      seen.push(status);
      if (seen.length === 1) doors.grpc.leave();
      else break;
    }
    expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING]);
    expect((await health.check({})).status).toBe(Status.NOT_SERVING);
  });
});

describe.each([
  ["v1", V1],
  ["v1alpha", V1Alpha as unknown as typeof V1],
])("reflection %s", (_, service: typeof V1) => {
  type Query = {
    case: "listServices" | "fileByFilename" | "fileContainingSymbol" | "allExtensionNumbersOfType";
    value: string;
  };

  async function ask(...queries: Query[]) {
    const requests = async function* () {
      for (const messageRequest of queries) yield { host: "h", messageRequest };
    };
    const answers = [];
    for await (const answer of doors.client(service, "grpc").serverReflectionInfo(requests())) answers.push(answer);
    return answers.map((answer) => answer.messageResponse);
  }

  async function filesOf(query: Query): Promise<FileDescriptorProto[]> {
    const [answer] = await ask(query);
    if (answer?.case !== "fileDescriptorResponse") throw new Error(`no files, but ${answer?.case}`);
    return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  }

  it("lists all services", async () => {
    const [answer] = await ask({ case: "listServices", value: "*" });
    const names = answer?.case === "listServicesResponse" ? answer.value.service.map(({ name }) => name) : [];
    expect(names).toEqual([
      "drover.v1.JobService",
      "drover.v1.AttemptService",
      "drover.v1.QueueService",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
    ]);
  });

  it("gives files that stand by themselves: a client can be made of them", async () => {
    const file = await filesOf({ case: "fileContainingSymbol", value: "drover.v1.JobService" });
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: file.reverse() }));
    const found = registry.getService("drover.v1.JobService") as DescService;
    expect(found.methods.map((method) => method.name)).toContain("WatchJob");
    expect(registry.getMessage("google.protobuf.Timestamp")).toBeDefined();
  });

  it("finds methods, messages, nested types and files by name", async () => {
    const find = async (value: string) => (await filesOf({ case: "fileContainingSymbol", value }))[0]?.name;
    expect(await find("drover.v1.JobService.SubmitJob")).toBe("drover/v1/job_service.proto");
    expect(await find("drover.v1.Job")).toBe("drover/v1/job.proto");
    expect(await find("drover.v1.JobState")).toBe("drover/v1/job.proto");
    expect(await find("google.rpc.BadRequest.FieldViolation")).toBe("google/rpc/error_details.proto");
    expect(await find("google.protobuf.Duration")).toBe("google/protobuf/duration.proto");
    const [byName] = await filesOf({ case: "fileByFilename", value: "drover/v1/error.proto" });
    expect(byName?.enumType.map(({ name }) => name)).toEqual(["ErrorReason"]);
  });

  it("answers in order, and goes on after what it does not know", async () => {
    const [first, second, third] = await ask(
      { case: "fileContainingSymbol", value: "drover.v1.Nothing.At.All" },
      { case: "allExtensionNumbersOfType", value: "drover.v1.Job" },
      { case: "fileByFilename", value: "nothing.proto" },
    );
    expect(first).toMatchObject({ case: "errorResponse", value: { errorCode: Code.NotFound } });
    expect(second).toMatchObject({ case: "allExtensionNumbersResponse", value: { extensionNumber: [] } });
    expect(third).toMatchObject({ case: "errorResponse", value: { errorCode: Code.NotFound } });
  });
});
