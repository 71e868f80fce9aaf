// Batches between the wire and the domain. See `convert-in.ts` and `convert-out.ts` for the rules.

import type { BatchCounts as BatchCountsMessage } from "@drover/sdk/gen/drover/v1/batch_counts_pb";
import {
  type Batch as BatchMessage,
  BatchStateReason,
  FailurePolicy_Mode,
  ParentClosePolicy,
  BatchState as WireBatchState,
} from "@drover/sdk/gen/drover/v1/batch_pb";
import { BatchMembers, type ListBatchesRequest } from "@drover/sdk/gen/drover/v1/job_service_pb";
import { BATCH_STATES, type BatchCounts } from "../core/batch.js";
import type { BatchInput } from "../core/batch-submission.js";
import { type FieldViolation, invalid } from "../core/errors.js";
import type { BatchInfo, BatchQuery, MembersShown } from "../engine/api.js";
import { durationIn, hasKeys, jobInput, pageSizeViolations } from "./convert-in.js";
import { durationOut, onCompleteOut, timeOut } from "./convert-out.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function batchInput(batch: BatchMessage | undefined): BatchInput {
  if (batch === undefined) throw invalid([{ field: "batch", description: "is required" }]);
  const input: Mutable<BatchInput> = {};
  if (batch.key !== "") input.key = batch.key;
  if (batch.onComplete !== undefined) input.onComplete = jobInput(batch.onComplete);
  if (batch.failurePolicy !== undefined) input.failurePolicy = failurePolicyIn(batch.failurePolicy);
  const closePolicy = closePolicyIn(batch.parentClosePolicy);
  if (closePolicy !== undefined) input.parentClosePolicy = closePolicy;
  if (batch.sealTimeout !== undefined) input.sealTimeoutMs = durationIn(batch.sealTimeout);
  if (hasKeys(batch.labels)) input.labels = batch.labels;
  const refused = refusedFields(batch);
  if (refused.length > 0) input.refused = refused;
  return input;
}

function failurePolicyIn(policy: NonNullable<BatchMessage["failurePolicy"]>): NonNullable<BatchInput["failurePolicy"]> {
  const { mode, toleratedFailureCount, toleratedFailureRatio } = policy;
  const names = { [FailurePolicy_Mode.CONTINUE]: "CONTINUE", [FailurePolicy_Mode.CANCEL_REST]: "CANCEL_REST" } as const;
  const name = mode === FailurePolicy_Mode.UNSPECIFIED ? undefined : names[mode];
  if (name === undefined && mode !== FailurePolicy_Mode.UNSPECIFIED) {
    throw invalid([{ field: "batch.failure_policy.mode", description: `${mode} is no FailurePolicy.Mode` }]);
  }
  return {
    ...(name === undefined ? {} : { mode: name }),
    ...(toleratedFailureCount === undefined ? {} : { toleratedCount: Number(toleratedFailureCount) }),
    ...(toleratedFailureRatio === undefined ? {} : { toleratedRatio: toleratedFailureRatio }),
  };
}

function closePolicyIn(policy: ParentClosePolicy): BatchInput["parentClosePolicy"] {
  switch (policy) {
    case ParentClosePolicy.UNSPECIFIED:
      return undefined;
    case ParentClosePolicy.CANCEL:
      return "CANCEL";
    case ParentClosePolicy.ABANDON:
      return "ABANDON";
    default:
      throw invalid([{ field: "batch.parent_close_policy", description: `${policy} is no ParentClosePolicy` }]);
  }
}

export function batchQuery(request: ListBatchesRequest): BatchQuery {
  const violations: FieldViolation[] = [...pageSizeViolations(request.pageSize)];
  const name = WireBatchState[request.state];
  const state = BATCH_STATES.find((known) => known === name);
  if (state === undefined && request.state !== WireBatchState.UNSPECIFIED) {
    violations.push({ field: "state", description: `${request.state} is no BatchState` });
  }
  if (violations.length > 0) throw invalid(violations);
  return {
    ...(state === undefined ? {} : { state }),
    ...(request.parentJobId === "" ? {} : { parentJobId: request.parentJobId }),
    pageSize: request.pageSize,
    pageToken: request.pageToken,
    oldestFirst: request.oldestFirst,
  };
}

export function membersIn(members: BatchMembers): MembersShown {
  switch (members) {
    case BatchMembers.UNSPECIFIED:
    case BatchMembers.NONE:
      return "NONE";
    case BatchMembers.FAILED:
      return "FAILED";
    case BatchMembers.ALL:
      return "ALL";
    default:
      throw invalid([{ field: "members", description: `${members} is no BatchMembers` }]);
  }
}

/** @param whole with the payload of its `on_complete` job: for one that is asked for by itself */
export function batchOut(batch: BatchInfo, whole = false): BatchMessage {
  const { failurePolicy, onComplete } = batch;
  return {
    $typeName: "drover.v1.Batch",
    key: batch.key,
    ...(onComplete === undefined ? {} : { onComplete: onCompleteOut(onComplete, whole) }),
    failurePolicy: {
      $typeName: "drover.v1.FailurePolicy",
      mode: FailurePolicy_Mode[failurePolicy.mode],
      toleratedFailureCount: BigInt(failurePolicy.toleratedCount),
      toleratedFailureRatio: failurePolicy.toleratedRatio,
    },
    parentClosePolicy: ParentClosePolicy[batch.parentClosePolicy],
    sealTimeout: durationOut(batch.sealTimeoutMs),
    labels: { ...batch.labels },
    id: batch.id,
    parentJobId: batch.parentJobId ?? "",
    state: WireBatchState[batch.state],
    stateReason: batch.stateReason === undefined ? BatchStateReason.UNSPECIFIED : BatchStateReason[batch.stateReason],
    counts: countsOut(batch.counts),
    onCompleteJobId: batch.completeTime === undefined ? "" : (batch.onCompleteJobId ?? ""),
    retryOf: batch.retryOf ?? "",
    retriedBy: batch.retriedBy ?? "",
    createTime: timeOut(batch.createTime),
    ...(batch.sealTime === undefined ? {} : { sealTime: timeOut(batch.sealTime) }),
    ...(batch.finishTime === undefined ? {} : { finishTime: timeOut(batch.finishTime) }),
    updateTime: timeOut(batch.updateTime),
    revision: BigInt(batch.revision),
  };
}

export function countsOut(counts: BatchCounts): BatchCountsMessage {
  return {
    $typeName: "drover.v1.BatchCounts",
    total: BigInt(counts.total),
    pending: BigInt(counts.pending),
    running: BigInt(counts.running),
    waiting: BigInt(counts.waiting),
    succeeded: BigInt(counts.succeeded),
    failed: BigInt(counts.failed),
    cancelled: BigInt(counts.cancelled),
  };
}

/** The fields that only the service sets, by their names in the proto. */
function refusedFields(batch: BatchMessage): string[] {
  const given: Readonly<Record<string, boolean>> = {
    id: batch.id !== "",
    parent_job_id: batch.parentJobId !== "",
    state: batch.state !== 0,
    state_reason: batch.stateReason !== 0,
    counts: batch.counts !== undefined,
    on_complete_job_id: batch.onCompleteJobId !== "",
    retry_of: batch.retryOf !== "",
    retried_by: batch.retriedBy !== "",
    create_time: batch.createTime !== undefined,
    seal_time: batch.sealTime !== undefined,
    finish_time: batch.finishTime !== undefined,
    update_time: batch.updateTime !== undefined,
    revision: batch.revision !== 0n,
  };
  return Object.keys(given).filter((field) => given[field]);
}
