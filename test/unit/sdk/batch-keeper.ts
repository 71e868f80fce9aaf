// The three calls that make a batch, kept in memory as a server keeps them: chunks by key, children by key, sealed once.
// Records what was called, for tests of what the SDK sends.

import { clone, create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { BatchCountsSchema } from "../../../sdk/gen/drover/v1/batch_counts_pb.js";
import { BatchSchema, BatchState, type Batch as WireBatch } from "../../../sdk/gen/drover/v1/batch_pb.js";
import type { Job as WireJob } from "../../../sdk/gen/drover/v1/job_pb.js";
import type {
  AddJobsRequest,
  JobService,
  SealBatchRequest,
  SubmitBatchRequest,
} from "../../../sdk/gen/drover/v1/job_service_pb.js";

import { ErrorInfoSchema } from "../../../sdk/gen/google/rpc/error_details_pb.js";

export interface RecordedCalls {
  readonly submits: SubmitBatchRequest[];
  readonly adds: AddJobsRequest[];
  readonly seals: SealBatchRequest[];
  readonly authorizations: Set<string | null>;
}

export class BatchKeeper {
  readonly calls: RecordedCalls = { submits: [], adds: [], seals: [], authorizations: new Set() };
  /** The members by id. */
  readonly members = new Map<string, WireJob>();
  /** Called before a call is answered: may wait, or throw after it was done. */
  before: (name: "submit" | "add" | "seal") => void | Promise<void> = () => undefined;
  after: (name: "submit" | "add" | "seal") => void | Promise<void> = () => undefined;
  #batch: WireBatch | undefined;
  #state = BatchState.OPEN;
  readonly #chunks = new Map<string, string[]>();

  readonly service: Partial<ServiceImpl<typeof JobService>> = {
    submitBatch: async (request, { requestHeader }) => {
      this.calls.authorizations.add(requestHeader.get("authorization"));
      this.calls.submits.push(request);
      await this.before("submit");
      const existing = this.#batch !== undefined;
      this.#batch ??= request.batch;
      const jobIds = existing ? (this.#chunks.get("") ?? []) : this.#store("", request.jobs);
      if (!existing && !request.open) this.#state = BatchState.RUNNING;
      await this.after("submit");
      return { batch: this.shown(), jobIds, existing };
    },
    addJobs: async (request, { requestHeader }) => {
      this.calls.authorizations.add(requestHeader.get("authorization"));
      this.calls.adds.push(request);
      await this.before("add");
      const known = this.#chunks.get(request.chunkKey);
      if (known === undefined && this.#state !== BatchState.OPEN) throw refused("SEALED");
      const jobIds = known ?? this.#store(request.chunkKey, request.jobs);
      await this.after("add");
      return { jobIds };
    },
    sealBatch: async (request, { requestHeader }) => {
      this.calls.authorizations.add(requestHeader.get("authorization"));
      this.calls.seals.push(request);
      await this.before("seal");
      const expected = request.expectedJobCount;
      if (expected !== undefined && expected !== BigInt(this.members.size)) throw refused("COUNT_MISMATCH");
      this.#state = BatchState.RUNNING;
      return { batch: this.shown() };
    },
  };

  get payloads(): unknown[] {
    return [...this.members.values()].map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)) as unknown);
  }

  shown(): WireBatch {
    const batch = clone(BatchSchema, this.#batch as WireBatch);
    batch.id = "batch-1";
    batch.state = this.#state;
    batch.counts = create(BatchCountsSchema, { total: BigInt(this.members.size) });
    return batch;
  }

  /** A child that is there stays as it is, whatever comes under its key. */
  #store(chunkKey: string, jobs: readonly WireJob[]): string[] {
    const ids = jobs.map((job, index) => {
      const id = job.childKey === "" ? `${chunkKey}/${index}` : job.childKey;
      if (!this.members.has(id)) this.members.set(id, job);
      return id;
    });
    this.#chunks.set(chunkKey, ids);
    return ids;
  }
}

/** A lost answer: what was asked for has been done. */
export function lost(): ConnectError {
  return new ConnectError("the answer was lost", Code.Unavailable);
}

/** Other jobs than those that are there, for this reason; without one, its first chunk is another. */
export function refused(reason: string | undefined): ConnectError {
  if (reason === undefined) return new ConnectError("other content", Code.AlreadyExists);
  const details = [{ desc: ErrorInfoSchema, value: { reason } }];
  return new ConnectError("it has other jobs", Code.FailedPrecondition, undefined, details);
}
