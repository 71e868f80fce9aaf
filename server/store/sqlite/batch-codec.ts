// Between rows and batches. What never changes is one JSON text.

import {
  BATCH_STATES,
  type Batch,
  type BatchState,
  type BatchStateReason,
  type Lineage,
  type NewBatch,
} from "../../core/batch.js";
import { DroverError } from "../../core/errors.js";
import type { JobSpec } from "../../core/job.js";

export interface BatchRow {
  readonly id: string;
  readonly digest: Uint8Array;
  readonly spec: string;
  readonly parent: string | null;
  readonly state: number;
  readonly state_reason: BatchStateReason | null;
  readonly cancel: string | null;
  readonly total: number | null;
  readonly tally: string | null;
  /** Of the last append: the seal timeout runs from it. */
  readonly append_time: number;
  readonly check_time: number | null;
  readonly retried_by: string | null;
  readonly create_time: number;
  readonly seal_time: number | null;
  readonly complete_time: number | null;
  readonly finish_time: number | null;
  readonly expire_time: number | null;
  readonly update_time: number;
  readonly revision: number;
}

type Fixed = Omit<NewBatch, "id" | "digest" | "onComplete" | "masterId"> &
  Lineage & {
    readonly onComplete?: Omit<JobSpec, "id" | "payload"> & {
      /** In base64; left out of lists. */
      readonly payload?: string;
    };
  };

export function fixedText(
  { id: _, digest: __, masterId: ___, onComplete, ...rest }: NewBatch,
  lineage: Lineage,
): string {
  const stored =
    onComplete === undefined
      ? {}
      : { onComplete: { ...onComplete, payload: Buffer.from(onComplete.payload).toString("base64") } };
  return JSON.stringify({ ...rest, ...lineage, ...stored } satisfies Fixed);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function batchOf(row: BatchRow): Batch {
  const { onComplete, ...fixed } = JSON.parse(row.spec) as Fixed;
  const batch: Mutable<Batch> = {
    ...fixed,
    id: row.id,
    state: batchStateOf(row),
    createTime: row.create_time,
    updateTime: row.update_time,
    revision: row.revision,
  };
  if (onComplete !== undefined) {
    batch.onComplete = { ...onComplete, payload: new Uint8Array(Buffer.from(onComplete.payload ?? "", "base64")) };
  }
  if (row.state_reason !== null) batch.stateReason = row.state_reason;
  if (row.cancel !== null) batch.cancel = JSON.parse(row.cancel);
  if (row.total !== null) batch.total = row.total;
  if (row.tally !== null) batch.tally = JSON.parse(row.tally);
  if (row.retried_by !== null) batch.retriedBy = row.retried_by;
  if (row.seal_time !== null) batch.sealTime = row.seal_time;
  if (row.complete_time !== null) batch.completeTime = row.complete_time;
  if (row.finish_time !== null) batch.finishTime = row.finish_time;
  return batch;
}

export function batchStateCode(state: BatchState): number {
  return BATCH_STATES.indexOf(state);
}

function batchStateOf({ state }: Pick<BatchRow, "state">): BatchState {
  const name = BATCH_STATES[state];
  if (name === undefined) throw new DroverError("INTERNAL", `no batch state has number ${state}`);
  return name;
}
