// Server reflection, v1 and v1alpha, from the descriptors that the handlers are served by: what grpcurl and its like
// ask for. Also tells of the messages in error details, so that those are readable.

import { type DescFile, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code, type ServiceImpl } from "@connectrpc/connect";
import { file_drover_v1_error } from "@drover/sdk/gen/drover/v1/error_pb";
import { file_google_rpc_error_details } from "@drover/sdk/gen/google/rpc/error_details_pb";
import { type ServerReflectionRequest, ServerReflection as V1 } from "@drover/sdk/gen/grpc/reflection/v1/reflection_pb";
import { ServerReflection as V1Alpha } from "@drover/sdk/gen/grpc/reflection/v1alpha/reflection_pb";
import { limits } from "../core/limits.js";
import type { Log } from "../core/observer.js";
import { OpenStreams, type Route, route } from "./routes.js";

export function reflectionRoutes(served: readonly Route[], log: Log): Route[] {
  const services = [...served.map(({ service }) => service), V1, V1Alpha];
  const names = services.map((service) => ({ name: service.typeName }));
  const catalog = new Catalog([
    ...services.map((service) => service.file),
    file_drover_v1_error,
    file_google_rpc_error_details,
  ]);

  const answer = (query: ServerReflectionRequest["messageRequest"]) => {
    switch (query.case) {
      case "listServices":
        return { case: "listServicesResponse" as const, value: { service: names } };
      case "fileByFilename":
        return filesOut(catalog.byName(query.value), query.value);
      case "fileContainingSymbol":
        return filesOut(catalog.bySymbol(query.value), query.value);
      case "allExtensionNumbersOfType":
        // There are no extensions, but there is the type.
        return catalog.bySymbol(query.value) === undefined
          ? notFound(query.value)
          : { case: "allExtensionNumbersResponse" as const, value: { baseTypeName: query.value, extensionNumber: [] } };
      case "fileContainingExtension":
        return notFound(`extension ${query.value.extensionNumber} of ${query.value.containingType}`);
      default:
        return failure(Code.InvalidArgument, "the request asks for nothing that is known here");
    }
  };
  const impl: ServiceImpl<typeof V1> = {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) {
        yield { validHost: request.host, originalRequest: request, messageResponse: answer(request.messageRequest) };
      }
    },
  };
  // The two versions differ in nothing but their names.
  const alpha = impl as unknown as ServiceImpl<typeof V1Alpha>;
  const streams = new OpenStreams(limits.watches);
  return [route(V1, impl, log, streams), route(V1Alpha, alpha, log, streams)];
}

/** Files by name and by what is declared in them, encoded once. Every answer holds what the file imports, too. */
class Catalog {
  readonly #names = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  readonly #encoded = new Map<DescFile, Uint8Array>();

  constructor(files: readonly DescFile[]) {
    for (const file of files) for (const each of withImports(file)) this.#add(each);
  }

  byName(name: string): Uint8Array[] | undefined {
    return this.#encode(this.#names.get(name));
  }

  /** Of a message, enum, service, or a member of one. */
  bySymbol(symbol: string): Uint8Array[] | undefined {
    return this.#encode(this.#symbols.get(symbol) ?? this.#symbols.get(symbol.slice(0, symbol.lastIndexOf("."))));
  }

  #add(file: DescFile): void {
    this.#names.set(file.proto.name, file);
    for (const type of [...nestedTypes(file), ...file.services]) this.#symbols.set(type.typeName, file);
  }

  #encode(file: DescFile | undefined): Uint8Array[] | undefined {
    if (file === undefined) return undefined;
    return withImports(file).map((each) => {
      const known = this.#encoded.get(each) ?? toBinary(FileDescriptorProtoSchema, each.proto);
      this.#encoded.set(each, known);
      return known;
    });
  }
}

/** The file first, and every file before what it imports: read from the end, nothing is missing. */
function withImports(file: DescFile): DescFile[] {
  const found = new Set<DescFile>();
  const add = (each: DescFile): void => {
    if (found.has(each)) return;
    for (const imported of each.dependencies) add(imported);
    found.add(each);
  };
  add(file);
  return [...found].reverse();
}

function filesOut(files: Uint8Array[] | undefined, what: string) {
  if (files === undefined) return notFound(what);
  return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto: files } };
}

function notFound(what: string) {
  return failure(Code.NotFound, `${what} is not known here`);
}

function failure(errorCode: Code, errorMessage: string) {
  return { case: "errorResponse" as const, value: { errorCode, errorMessage } };
}
