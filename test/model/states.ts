// The three ends of jobs and batches, as every model but the one of leases has them.

export type End = "SUCCEEDED" | "FAILED" | "CANCELLED";

export function isEnd(state: string | undefined): state is End {
  return state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";
}
