// How many members of a batch, or of all batches of a master, are in which state.

import type { BatchCounts as WireCounts } from "./gen/drover/v1/batch_counts_pb.js";

/** Members by state. */
export interface BatchCounts {
  readonly total: number;
  /** Not started, scheduled or waiting for a retry. */
  readonly pending: number;
  readonly running: number;
  /** Masters that wait for their own batches. */
  readonly waiting: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly cancelled: number;
}

export function countsFromWire(counts: WireCounts | undefined): BatchCounts {
  return {
    total: Number(counts?.total ?? 0n),
    pending: Number(counts?.pending ?? 0n),
    running: Number(counts?.running ?? 0n),
    waiting: Number(counts?.waiting ?? 0n),
    succeeded: Number(counts?.succeeded ?? 0n),
    failed: Number(counts?.failed ?? 0n),
    cancelled: Number(counts?.cancelled ?? 0n),
  };
}
