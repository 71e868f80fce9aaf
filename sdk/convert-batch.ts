// Plain batch objects to messages and back. Bounds are the server's to judge.

import { create } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Batch, BatchOptions, FailurePolicy } from "./batch.js";
import { countsFromWire } from "./batch-counts.js";
import { dateOf, duration, nameIn } from "./convert.js";
import { DroverError } from "./errors.js";
import {
  BatchSchema,
  BatchState,
  BatchStateReason,
  FailurePolicy_Mode,
  FailurePolicySchema,
  ParentClosePolicy,
  type Batch as WireBatch,
  type FailurePolicy as WirePolicy,
} from "./gen/drover/v1/batch_pb.js";
import type { Job as WireJob } from "./gen/drover/v1/job_pb.js";

/** Throws INVALID_ARGUMENT for what no message can carry. */
export function batchToWire(key: string, options: BatchOptions, onComplete: WireJob | undefined): WireBatch {
  const { failurePolicy, parentClosePolicy, sealTimeoutMs, labels } = options;
  const batch = create(BatchSchema, { key });
  if (onComplete !== undefined) batch.onComplete = onComplete;
  if (failurePolicy !== undefined) batch.failurePolicy = policyToWire(failurePolicy);
  if (parentClosePolicy !== undefined) batch.parentClosePolicy = ParentClosePolicy[parentClosePolicy];
  if (sealTimeoutMs !== undefined) batch.sealTimeout = duration(sealTimeoutMs, "seal_timeout");
  if (labels !== undefined) batch.labels = { ...labels };
  return batch;
}

export function batchFromWire(batch: WireBatch): Batch {
  return {
    id: batch.id,
    key: batch.key,
    failurePolicy: batch.failurePolicy && policyFromWire(batch.failurePolicy),
    parentClosePolicy: batch.parentClosePolicy === ParentClosePolicy.ABANDON ? "ABANDON" : "CANCEL",
    sealTimeoutMs: batch.sealTimeout && durationMs(batch.sealTimeout),
    labels: batch.labels,
    parentJobId: batch.parentJobId || undefined,
    state: nameIn(BatchState, batch.state),
    stateReason: batch.stateReason === 0 ? undefined : nameIn(BatchStateReason, batch.stateReason),
    counts: countsFromWire(batch.counts),
    onCompleteJobId: batch.onCompleteJobId || undefined,
    retryOf: batch.retryOf || undefined,
    retriedBy: batch.retriedBy || undefined,
    createTime: dateOf(batch.createTime),
    sealTime: dateOf(batch.sealTime),
    finishTime: dateOf(batch.finishTime),
    updateTime: dateOf(batch.updateTime),
    revision: Number(batch.revision),
  };
}

/** The batch that an answer is about. */
export function shownBatch({ batch }: { readonly batch?: WireBatch | undefined }): Batch {
  if (batch === undefined) throw new DroverError("INTERNAL", "the server's answer holds no batch");
  return batchFromWire(batch);
}

function policyToWire({ mode, toleratedFailureCount, toleratedFailureRatio }: FailurePolicy): WirePolicy {
  const policy = create(FailurePolicySchema);
  if (mode !== undefined) policy.mode = FailurePolicy_Mode[mode];
  if (toleratedFailureCount !== undefined) policy.toleratedFailureCount = count(toleratedFailureCount);
  if (toleratedFailureRatio !== undefined) policy.toleratedFailureRatio = toleratedFailureRatio;
  return policy;
}

function policyFromWire(policy: WirePolicy): FailurePolicy {
  return {
    mode: policy.mode === FailurePolicy_Mode.CANCEL_REST ? "CANCEL_REST" : "CONTINUE",
    ...(policy.toleratedFailureCount !== undefined && { toleratedFailureCount: Number(policy.toleratedFailureCount) }),
    ...(policy.toleratedFailureRatio !== undefined && { toleratedFailureRatio: policy.toleratedFailureRatio }),
  };
}

function count(value: number): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value);
  const field = "batch.failure_policy.tolerated_failure_count";
  throw new DroverError("INVALID_ARGUMENT", `${field}: must be a whole number`, {
    violations: [{ field, description: "must be a whole number" }],
  });
}
