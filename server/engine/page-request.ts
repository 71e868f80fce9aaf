// The request that a page gets: its headers, as `docs/endpoint-contract.md` promises them.

import { hash } from "node:crypto";
import type { Signer } from "../core/caller.js";
import type { Job } from "../core/job.js";

export interface PageRequestOptions {
  /** Base address of the HTTP door, for Job-Service. */
  readonly serviceUrl: string;
  /** Absent: calls are not signed. */
  readonly sign?: Signer;
}

/** @param deadline when this attempt will be given up; @param now both by the store's clock. */
export function headersFor(
  job: Job,
  attemptToken: string,
  deadline: number,
  now: number,
  options: PageRequestOptions,
): Readonly<Record<string, string>> {
  const own: Record<string, string> = {
    ...job.endpoint.headers,
    "job-id": job.id,
    "job-attempt": String(job.attemptCount + 1),
    "job-fence": String(job.fence),
    "job-queue": job.queue,
    "job-deadline": new Date(deadline).toISOString(),
    "job-token": attemptToken,
    "job-service": options.serviceUrl,
    "idempotency-key": job.id,
  };
  // A kind may hold any characters; header values may not.
  if (job.kind !== "") own["job-kind"] = encodeURI(job.kind);
  if (job.endpoint.method !== "GET") own["content-type"] = job.contentType;
  if (!hasHeader(job.endpoint.headers, "traceparent")) own.traceparent = traceparent(job);
  const signed = options.sign?.(`${job.id}.${job.fence}`, Math.floor(now / 1_000), job.payload);
  return signed === undefined ? own : Object.assign(own, signed);
}

/** W3C Trace Context: all attempts of a job share a trace, each claim is a span of its own. */
function traceparent(job: Job): string {
  const digest = hash("sha256", job.id, "hex");
  return `00-${digest.slice(0, 32)}-${digest.slice(32, 40)}${job.fence.toString(16).padStart(8, "0")}-01`;
}

function hasHeader(headers: Readonly<Record<string, string>>, name: string): boolean {
  for (const header in headers) if (header.toLowerCase() === name) return true;
  return false;
}
