// The state machine of a job: which edges there are and who moves a job along them. `docs/architecture.md` draws it,
// and a test compares the two.

import type { JobState } from "./job.js";

export interface Edge {
  readonly from: JobState;
  readonly to: JobState;
  /** Who moves a job along this edge. */
  readonly by: string;
}

export const EDGES: readonly Edge[] = [
  { from: "PENDING", to: "RUNNING", by: "claim" },
  { from: "PENDING", to: "FAILED", by: "claim: deadline passed" },
  { from: "PENDING", to: "CANCELLED", by: "cancel" },
  { from: "RUNNING", to: "RUNNING", by: "claim after a lapse" },
  { from: "RUNNING", to: "PENDING", by: "settle: retry, busy, released; claim: accepted attempt lapsed" },
  { from: "RUNNING", to: "SUCCEEDED", by: "settle" },
  { from: "RUNNING", to: "FAILED", by: "settle: spent or refused; claim: interrupted too often" },
  { from: "RUNNING", to: "CANCELLED", by: "settle or claim after a cancel; claim: what lies above was cancelled" },
  // A job that has opened batches waits for them instead of ending, whatever it would have ended in.
  { from: "PENDING", to: "WAITING", by: "claim or cancel of a master" },
  { from: "RUNNING", to: "WAITING", by: "settle or claim of a master" },
  { from: "WAITING", to: "SUCCEEDED", by: "advance" },
  { from: "WAITING", to: "FAILED", by: "advance" },
  { from: "WAITING", to: "CANCELLED", by: "advance" },
];

export function isEdge(from: JobState, to: JobState): boolean {
  return EDGES.some((edge) => edge.from === from && edge.to === to);
}
