// Batches as tests submit and follow them, through the doors, in the JSON form of their messages.

import type { JsonObject } from "@bufbuild/protobuf";
import { attemptFrom } from "@drover/sdk";
import type { RecordedRequest } from "./page-server.js";
import type { Page } from "./pages.js";
import type { Answer, RawClient } from "./raw-client.js";

// biome-ignore lint/suspicious/noExplicitAny: JSON whose shape the test knows
export type Shown = any;

/** So many members that call a page, each with a key of its own where a prefix is given. */
export function members(page: Page, count: number, keyPrefix?: string): JsonObject[] {
  return Array.from({ length: count }, (_, index) => ({
    endpoint: { url: page.url },
    payload: btoa(JSON.stringify({ index })),
    ...(keyPrefix === undefined ? {} : { childKey: `${keyPrefix}${index}` }),
    backoff: { initial: "0s", max: "0s" },
  }));
}

/** Fails unless the call succeeded. */
export async function well(answer: Promise<Answer>): Promise<Shown> {
  const { code, message, body } = await answer;
  if (code !== "OK") throw new Error(`expected OK, got ${code}: ${message}`);
  return body;
}

/** The batch as it ended. */
export async function batchEnd(raw: RawClient, batchId: string): Promise<Shown> {
  let last: Shown;
  for await (const { batch } of raw.watch({ batchId }, "JobService/WatchBatch")) last = batch ?? last;
  return last;
}

/** The job as it ended. */
export async function jobEnd(raw: RawClient, jobId: string): Promise<Shown> {
  let last: Shown;
  for await (const { job } of raw.watch({ jobId })) last = job ?? last;
  return last;
}

/** What the page of a master needs to act for its job. */
export function tokenOf(request: Pick<RecordedRequest, "headers">): string {
  return attemptFrom(request.headers).token;
}

/** Counts as numbers, those of zero left out, as JSON leaves them out. */
export function counts(batch: Shown): Record<string, number> {
  return Object.fromEntries(Object.entries(batch.counts ?? {}).map(([name, count]) => [name, Number(count)]));
}
