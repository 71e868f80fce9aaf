// A sound request for every method of the service, to be spoiled: each is answered OK as it stands, on a server that
// has what they speak of. And tokens of attempts that are under way, as many as are used up.

import { type DescMethod, fromJson, type JsonObject, toBinary } from "@bufbuild/protobuf";
import { AttemptService } from "@drover/sdk/gen/drover/v1/attempt_service_pb";
import { JobService } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { QueueService } from "@drover/sdk/gen/drover/v1/queue_service_pb";
import type { PageHandler, PageServer } from "./page-server.js";
import { RawClient } from "./raw-client.js";

export interface SoundRequest {
  /** `/drover.v1.JobService/GetJob`. */
  readonly path: string;
  readonly method: DescMethod;
  readonly json: JsonObject;
  readonly bytes: Uint8Array;
  readonly needsToken: boolean;
}

/** What the page of an attacked server answers by path: 202 to attempts, 404 to failures, 200 to all else. */
export const fuzzPage: PageHandler = ({ url }, response) => {
  response.statusCode = url.startsWith("/accept") ? 202 : url.startsWith("/fail") ? 404 : 200;
  response.end();
};

const FULL_JOB = {
  kind: "invoice",
  queue: "fuzz",
  payload: btoa('{"row":123}'),
  contentType: "application/json",
  priority: 5,
  labels: { team: "billing", region: "eu" },
  maxAttempts: 2,
  backoff: { initial: "0.010s", max: "1s", multiplier: 2 },
  attemptTimeout: "5s",
  retention: "3600s",
};

/** Makes what the requests speak of, on a server whose page is `fuzzPage`. */
export async function soundRequests(grpcAddress: string, page: PageServer): Promise<SoundRequest[]> {
  const raw = new RawClient(grpcAddress);
  const must = async (name: string, request: JsonObject) => {
    const answer = await raw.say(name, request);
    if (answer.code !== "OK") throw new Error(`${name}: ${answer.code} ${answer.message}`);
    return answer.body;
  };
  const job = { ...FULL_JOB, endpoint: { url: `${page.origin}/ok?row=1`, method: "POST", headers: { "x-a": "b" } } };
  const failing = { queue: "fuzz", endpoint: { url: `${page.origin}/fail` } };
  await must("JobService/SubmitJob", { job: { ...failing, id: "fuzz-ended" } });
  for await (const _ of raw.watch({ jobId: "fuzz-ended" }));
  const ended = (await must("JobService/SubmitBatch", { batch: { key: "fuzz-ended" }, jobs: [failing] })).batch.id;
  for await (const _ of raw.watch({ batchId: ended }, "JobService/WatchBatch"));
  const open = (await must("JobService/SubmitBatch", { batch: { key: "fuzz-open" }, open: true })).batch.id;
  const given = (await must("JobService/SubmitBatch", { batch: { key: "fuzz-cancel" }, open: true })).batch.id;
  await must("QueueService/PauseQueue", { queue: "fuzz-paused" });
  raw.close();

  const requests: Readonly<Record<string, JsonObject>> = {
    "JobService/SubmitJob": { job },
    "JobService/SubmitJobs": { jobs: [job, { ...job, id: "fuzz-second" }, { endpoint: job.endpoint }] },
    "JobService/SubmitBatch": {
      batch: {
        key: "fuzz-batch",
        onComplete: { endpoint: job.endpoint },
        failurePolicy: { mode: "MODE_CONTINUE", toleratedFailureCount: "1", toleratedFailureRatio: 0.5 },
        sealTimeout: "60s",
        labels: { team: "billing" },
      },
      jobs: [
        { ...job, childKey: "one" },
        { ...job, childKey: "two" },
      ],
    },
    "JobService/AddJobs": { batchId: open, chunkKey: "1", jobs: [{ ...job, childKey: "three" }] },
    "JobService/GetJob": { jobId: "fuzz-ended" },
    "JobService/GetBatch": { batchId: ended },
    "JobService/ListJobs": { queue: "fuzz", state: "JOB_STATE_FAILED", pageSize: 2, view: "JOB_VIEW_FULL" },
    "JobService/ListBatches": { state: "BATCH_STATE_FAILED", pageSize: 2, oldestFirst: true },
    "JobService/WatchJob": { jobId: "fuzz-ended", afterRevision: "1" },
    "JobService/WatchBatch": { batchId: ended, afterRevision: "1", members: "BATCH_MEMBERS_ALL" },
    "JobService/WatchTree": { rootJobId: "fuzz-ended" },
    "JobService/CancelJob": { jobId: "fuzz-second", reason: "enough" },
    "JobService/CancelBatch": { batchId: given, reason: "enough" },
    "JobService/SealBatch": { batchId: ended, expectedJobCount: "1" },
    "JobService/RetryJob": { jobId: "fuzz-ended" },
    "JobService/RetryBatch": { batchId: ended },
    "AttemptService/ReportProgress": { progress: { done: "3", total: "9", message: "row 3" } },
    "AttemptService/CompleteAttempt": { result: btoa('{"rows":9}'), contentType: "application/json" },
    "AttemptService/FailAttempt": { message: "out of paper", retryable: true, retryDelay: "1s" },
    "QueueService/ListQueues": { pageSize: 2 },
    "QueueService/GetQueue": { queue: "fuzz" },
    "QueueService/PauseQueue": { queue: "fuzz-paused" },
    "QueueService/ResumeQueue": { queue: "fuzz-paused" },
    "QueueService/PurgeQueue": { queue: "fuzz-paused" },
  };
  const methods = [JobService, AttemptService, QueueService].flatMap((service) => service.methods);
  return methods.map((method) => {
    const json = requests[`${method.parent.name}/${method.name}`];
    if (json === undefined) throw new Error(`there is no sound request for ${method.name}`);
    return {
      path: `/${method.parent.typeName}/${method.name}`,
      method,
      json,
      bytes: toBinary(method.input, fromJson(method.input, json)),
      needsToken: method.parent === AttemptService,
    };
  });
}

/** Tokens of attempts that were accepted and go on. */
export class AttemptTokens {
  readonly #raw: RawClient;
  readonly #page: PageServer;
  #token: Promise<string> | undefined;
  #made = 0;

  constructor(grpcAddress: string, page: PageServer) {
    this.#raw = new RawClient(grpcAddress);
    this.#page = page;
  }

  /** The same until it is used up. */
  token(): Promise<string> {
    this.#token ??= this.#next();
    return this.#token;
  }

  usedUp(): void {
    this.#token = undefined;
  }

  close(): void {
    this.#raw.close();
  }

  async #next(): Promise<string> {
    this.#made += 1;
    const path = `/accept-${this.#made}`;
    await this.#raw.say("JobService/SubmitJob", {
      job: { queue: "accept", endpoint: { url: this.#page.origin + path } },
    });
    const call = () => this.#page.requests.find(({ url }) => url === path);
    await this.#page.until(() => call() !== undefined);
    return String(call()?.headers["job-token"]);
  }
}
