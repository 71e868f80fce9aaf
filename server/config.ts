// The settings of a server: the only reader of its flags and of DROVER_* in the environment. Flags win. Says which
// setting is wrong and what it may be.

import { z } from "zod";
import { parseDuration } from "./core/duration.js";
import { DroverError, type FieldViolation, invalid } from "./core/errors.js";
import { limits } from "./core/limits.js";

export interface ServeConfig {
  readonly store: string;
  readonly grpc: Address;
  readonly http: Address;
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly drainMs: number;
  readonly allow: readonly string[];
  readonly dispatch: boolean;
  readonly advertise: string | undefined;
  readonly insecure: boolean;
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
  readonly synchronous: "FULL" | "NORMAL";
  /** `whsec_…`: calls are signed with it. Only from the environment, where other users of the machine cannot see it. */
  readonly signingSecret: string | undefined;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What may be set, as text, by flag (`--lease-ttl`) or environment (`DROVER_LEASE_TTL`). */
export interface ServeFlags {
  readonly store?: string;
  readonly grpc?: string;
  readonly http?: string;
  readonly concurrency?: string;
  readonly leaseTtl?: string;
  readonly drainTimeout?: string;
  readonly allow?: readonly string[];
  readonly dispatch?: boolean;
  readonly advertise?: string;
  readonly insecure?: boolean;
  readonly logLevel?: string;
  readonly sqliteSynchronous?: string;
}

const duration = (min: number, max: number) =>
  z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= min && ms <= max) return ms;
    context.addIssue({ code: "custom", message: `must be a length of time such as 30s, ${min} ms to ${max} ms` });
    return z.NEVER;
  });

const address = z.string().transform((text, context): Address => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port <= 65_535) return { host: match[1] ?? match[2] ?? "", port };
  context.addIssue({ code: "custom", message: "must be HOST:PORT, with port 0 for a free one" });
  return z.NEVER;
});

const flag = z.union([
  z.boolean(),
  z.enum(["true", "1"]).transform(() => true),
  z.enum(["false", "0", ""]).transform(() => false),
]);

const shape = z.object({
  store: z.string().min(1).default("sqlite:drover.db"),
  grpc: address.prefault("127.0.0.1:7070"),
  http: address.prefault("127.0.0.1:7080"),
  concurrency: z.coerce.number().int().min(1).max(limits.concurrencyMax).default(limits.defaultConcurrency),
  leaseTtl: duration(limits.leaseMinMs, limits.leaseMaxMs).prefault(`${limits.defaultLeaseMs}ms`),
  drainTimeout: duration(0, limits.drainMaxMs).prefault(`${limits.defaultDrainMs}ms`),
  allow: z.union([z.array(z.string()), z.string().transform((text) => text.split(",").filter(Boolean))]).default([]),
  noDispatch: flag.default(false),
  // Paths are put behind it.
  advertise: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional(),
  insecure: flag.default(false),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
  sqliteSynchronous: z.enum(["FULL", "NORMAL"]).default("FULL"),
  signingSecret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{2,}={0,2}$/, "must be whsec_ and the secret in base64")
    .optional(),
});

/** INVALID_ARGUMENT naming each setting that is wrong. */
export function readConfig(flags: ServeFlags, environment: NodeJS.ProcessEnv = process.env): ServeConfig {
  const given: Record<string, unknown> = {};
  for (const name of Object.keys(shape.shape)) {
    const variable = `DROVER_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
    if (environment[variable] !== undefined) given[name] = environment[variable];
  }
  const { dispatch, ...named } = flags;
  for (const [name, value] of Object.entries(named)) if (value !== undefined) given[name] = value;
  if (dispatch !== undefined) given.noDispatch = !dispatch;
  const parsed = shape.safeParse(given);
  if (!parsed.success) throw invalid(parsed.error.issues.map(violation));
  const { leaseTtl: leaseMs, drainTimeout: drainMs, sqliteSynchronous: synchronous, noDispatch, ...rest } = parsed.data;
  const config = {
    ...rest,
    leaseMs,
    drainMs,
    synchronous,
    dispatch: !noDispatch,
    advertise: rest.advertise,
    signingSecret: rest.signingSecret,
  };
  checkBinding(config);
  return config;
}

/** Until there is authentication, whoever reaches a door may do everything. */
function checkBinding(config: ServeConfig): void {
  if (config.insecure) return;
  for (const door of ["grpc", "http"] as const) {
    if (!isLoopback(config[door].host)) {
      throw new DroverError(
        "FAILED_PRECONDITION",
        `${door}: ${config[door].host} can be reached from other machines, and there is no authentication yet; ` +
          "listen on 127.0.0.1, or say --insecure if the network keeps strangers out",
      );
    }
  }
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Where a server listens on all its addresses, and where nobody can call it by this one. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function violation(issue: z.core.$ZodIssue): FieldViolation {
  const name = String(issue.path[0] ?? "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { field: name, description: issue.message };
}
