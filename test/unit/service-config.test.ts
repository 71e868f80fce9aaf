// What gRPC is told about repeating calls: of every method that there is, the same in each client's package.

import { readFileSync } from "node:fs";
import { AttemptService } from "@drover/sdk/gen/drover/v1/attempt_service_pb";
import { JobService } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { QueueService } from "@drover/sdk/gen/drover/v1/queue_service_pb";
import { describe, expect, it } from "vitest";

interface MethodConfig {
  readonly name: readonly { readonly service: string; readonly method?: string }[];
  readonly timeout?: string;
  readonly retryPolicy?: { readonly retryableStatusCodes: readonly string[] };
}

const FILE = "grpc_service_config.json";
const TEXT = readFileSync(`proto/drover/v1/${FILE}`, "utf8");
const PACKAGES = ["go", "python/drover", "java/src/main/resources/dev/drover/client"];
const { methodConfig } = JSON.parse(TEXT) as { readonly methodConfig: readonly MethodConfig[] };
const METHODS = [JobService, AttemptService, QueueService].flatMap(({ typeName, methods }) =>
  methods.map((method) => ({ service: typeName, ...method, full: `${typeName}/${method.name}` })),
);

/** As gRPC chooses: by method, else by service. */
function configOf({ service, name }: { readonly service: string; readonly name: string }): MethodConfig | undefined {
  const named = (method: string | undefined) =>
    methodConfig.find((one) => one.name.some((each) => each.service === service && each.method === method));
  return named(name) ?? named(undefined);
}

describe("grpc_service_config.json", () => {
  it.each(METHODS)("$full is repeated, and has an end", (method) => {
    const config = configOf(method);
    expect(config?.retryPolicy?.retryableStatusCodes).toEqual(["UNAVAILABLE", "CANCELLED"]);
    // A stream that fell silent is replaced by another one.
    expect(config?.timeout).toBe(method.methodKind === "unary" ? "60s" : "300s");
  });

  it("names nothing that is not there", () => {
    const names = methodConfig.flatMap(({ name }) => name.map(({ service, method }) => `${service}/${method ?? "*"}`));
    const known = [...METHODS.map(({ full }) => full), ...METHODS.map(({ service }) => `${service}/*`)];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(PACKAGES)("is the same in clients/%s", (folder) => {
    expect(readFileSync(`clients/${folder}/${FILE}`, "utf8")).toBe(TEXT);
  });
});
