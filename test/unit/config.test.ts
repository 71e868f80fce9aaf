// The settings of a server: flags over environment over defaults, and a clear word on what is wrong.

import { describe, expect, it } from "vitest";
import { isWildcard, readConfig, type ServeFlags } from "../../server/config.js";
import { parseDuration } from "../../server/core/duration.js";

const none: NodeJS.ProcessEnv = {};

describe("the settings of a server", () => {
  it("takes an address to advertise with a slash at its end, behind which paths are put", () => {
    expect(readConfig({ advertise: "https://drover.example/jobs/" }, {}).advertise).toBe("https://drover.example/jobs");
  });

  it("have the documented defaults", () => {
    expect(readConfig({}, none)).toEqual({
      store: "sqlite:drover.db",
      grpc: { host: "127.0.0.1", port: 7070 },
      http: { host: "127.0.0.1", port: 7080 },
      concurrency: 100,
      leaseMs: 30_000,
      drainMs: 25_000,
      allow: [],
      dispatch: true,
      advertise: undefined,
      insecure: false,
      logLevel: "info",
      synchronous: "FULL",
      signingSecret: undefined,
    });
  });

  it.each(["DROVER_NO_DISPATCH", "DROVER_INSECURE"])("may be switched by %s, which is true or false", (name) => {
    const setting = name.slice("DROVER_".length).toLowerCase().replace("_", "-");
    expect(() => readConfig({}, { [name]: "yes" })).toThrow(
      expect.objectContaining({ violations: [{ field: setting, description: expect.any(String) }] }),
    );
    for (const off of ["false", "0", ""]) expect(readConfig({}, { [name]: off })).toEqual(readConfig({}, none));
    for (const on of ["true", "1"]) expect(readConfig({}, { [name]: on })).not.toEqual(readConfig({}, none));
  });

  it("come from the environment, and flags win", () => {
    const environment = {
      DROVER_STORE: "sqlite::memory:",
      DROVER_LEASE_TTL: "2s",
      DROVER_ALLOW: "10.0.0.0/8,*.example.com:443",
      DROVER_NO_DISPATCH: "1",
      DROVER_GRPC: "[::1]:0",
    };
    expect(readConfig({ leaseTtl: "3s" }, environment)).toMatchObject({
      store: "sqlite::memory:",
      leaseMs: 3_000,
      allow: ["10.0.0.0/8", "*.example.com:443"],
      dispatch: false,
      grpc: { host: "::1", port: 0 },
    });
  });

  const WRONG: readonly (readonly [string, ServeFlags])[] = [
    ["grpc", { grpc: "7070" }],
    ["http", { http: "127.0.0.1:99999" }],
    ["concurrency", { concurrency: "0" }],
    ["concurrency", { concurrency: "many" }],
    ["lease-ttl", { leaseTtl: "10" }],
    ["lease-ttl", { leaseTtl: "2ms" }],
    ["drain-timeout", { drainTimeout: "-1s" }],
    ["advertise", { advertise: "pages.example" }],
    ["log-level", { logLevel: "loud" }],
    ["sqlite-synchronous", { sqliteSynchronous: "OFF" }],
  ];

  it.each(WRONG)("name the one that is wrong: %s", (field, flags) => {
    expect(() => readConfig(flags, none)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", violations: [expect.objectContaining({ field })] }),
    );
  });

  it("need --insecure on an address that other machines reach", () => {
    expect(() => readConfig({ grpc: "0.0.0.0:7070" }, none)).toThrow(/--insecure/);
    expect(() => readConfig({ http: "[::]:7080" }, none)).toThrow(/--insecure/);
    expect(readConfig({ grpc: "0.0.0.0:7070", insecure: true }, none).grpc.host).toBe("0.0.0.0");
  });

  it("never show the signing secret in an error", () => {
    const read = () => readConfig({}, { DROVER_SIGNING_SECRET: "hunter2" });
    expect(read).toThrow(/signing-secret/);
    expect(read).not.toThrow(/hunter2/);
  });
});

describe("a length of time", () => {
  it("is a number and its unit", () => {
    expect(["500ms", "2s", "1.5m", "1h", "7d"].map(parseDuration)).toEqual([
      500, 2_000, 90_000, 3_600_000, 604_800_000,
    ]);
    expect(["", "5", "s", "-1s", "1w", "1 s"].map(parseDuration)).toEqual(Array(6).fill(undefined));
  });
});

it.each([
  ["0.0.0.0", true],
  ["::", true],
  ["127.0.0.1", false],
  ["::1", false],
  ["drover.internal", false],
])("%s stands for all addresses of a machine: %s", (host, all) => {
  expect(isWildcard(host)).toBe(all);
});
