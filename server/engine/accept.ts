// From what a caller asks for to a job that can be stored: the rules for its fields, the allow-list, the digest.

import { hash } from "node:crypto";
import type { EndpointPolicy } from "../core/caller.js";
import { DroverError, invalid } from "../core/errors.js";
import type { NewJob } from "../core/job.js";
import { canonicalForm, type JobInput, specOf, violationsOf } from "../core/submission.js";

/** @param path where it stands in the request, such as `jobs[3]`. */
export function acceptedJob(
  input: JobInput,
  path: string,
  policy: EndpointPolicy,
  newId: () => string,
): NewJob | DroverError {
  const violations = violationsOf(input, path);
  if (violations.length > 0) return invalid(violations);
  const spec = specOf(input, newId);
  const refusal = endpointRefusal(spec.endpoint.url, path, policy);
  if (refusal !== undefined) return refusal;
  const { scheduleTime, delayMs } = input;
  return {
    ...spec,
    digest: digestOf(canonicalForm(input), input.payload),
    start: scheduleTime === undefined ? { delayMs: delayMs ?? 0 } : { time: scheduleTime },
  };
}

export function endpointRefusal(url: string, path: string, policy: EndpointPolicy): DroverError | undefined {
  const refusal = policy.refusal(url);
  if (refusal === undefined) return undefined;
  return new DroverError("PERMISSION_DENIED", `${path}.endpoint.url: ${refusal}`, { reason: "ENDPOINT_NOT_ALLOWED" });
}

/** SHA-256 over a canonical form and the bytes that belong to it. */
export function digestOf(canonical: string, payload?: Uint8Array): Uint8Array {
  const head = Buffer.from(canonical);
  return hash("sha256", payload === undefined ? head : Buffer.concat([head, payload]), "buffer");
}
