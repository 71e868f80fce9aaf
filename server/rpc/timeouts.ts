// How callers say how long they wait, in gRPC's words and in Connect's.

import { limits } from "../core/limits.js";

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/** Whether no timer of Node holds it: `9999999999` (Connect, in milliseconds), `2592000S` (gRPC). */
export function isBeyondTimers(value: unknown): boolean {
  const [, digits, unit = "m"] = /^(\d+)([HMSmun])?$/.exec(String(value ?? "")) ?? [];
  return Number(digits ?? 0) * (UNIT_MS[unit] ?? 1) > limits.callTimeoutMaxMs;
}
