// Requests as Drover sends them to a page, and what a page's answer says, for tests of pages without a server.

import { signerFor } from "../../../server/endpoint/sign.js";

export interface RequestInput {
  readonly url?: string;
  /** Sent as JSON; a string or bytes as they are. */
  readonly payload?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** The request is signed with it. */
  readonly secret?: string;
  /** When it was signed, in seconds since 1970. Default: now. */
  readonly signedSeconds?: number;
}

export function droverRequest(input: RequestInput = {}): Request {
  const { url = "http://app.example/jobs/any", payload = {}, signal, secret } = input;
  const raw = typeof payload === "string" || payload instanceof Uint8Array;
  const body = Buffer.from(raw ? payload : JSON.stringify(payload));
  const { signedSeconds = Math.floor(Date.now() / 1_000) } = input;
  const jobId = crypto.randomUUID();
  const headers = {
    "job-id": jobId,
    "job-attempt": "1",
    "job-fence": "1",
    "job-queue": "default",
    "job-kind": "any",
    "job-deadline": new Date(Date.now() + 900_000).toISOString(),
    "job-token": "token",
    "job-service": "http://127.0.0.1:9",
    "content-type": "application/json",
    ...(secret !== undefined && signerFor(secret)(`${jobId}.1`, signedSeconds, body)),
    ...input.headers,
  };
  return new Request(url, { method: "POST", headers, body, ...(signal !== undefined && { signal }) });
}

/** The frames of a streamed answer; its content type must be NDJSON. */
export async function framesOf(response: Response): Promise<unknown[]> {
  const type = response.headers.get("content-type");
  if (type !== "application/x-ndjson") throw new Error(`the answer is ${response.status} ${type}, not a stream`);
  const text = await response.text();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as unknown);
}
