// A check of one invariant: looks at the evidence and says what is wrong, in words that name the job.

import type { Evidence } from "../evidence.js";

export interface Check {
  /** As the design numbers them. */
  readonly id: string;
  readonly title: string;
  readonly wrong: (evidence: Evidence) => string[];
}

const ENDED = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);

export function hasEnded({ state }: { readonly state: string }): boolean {
  return ENDED.has(state);
}
