// What `advance` gathers while it works, the same on every store.

import type { Advance } from "./batch-store.js";
import type { Departed } from "./store.js";

export interface AdvanceWork {
  readonly departed: Departed[];
  readonly flagged: string[];
  readonly changed: Set<string>;
  readonly queues: Set<string>;
  readonly againBatches: Set<string>;
  readonly againJobs: Set<string>;
  readonly unfinished: string[];
}

export function newWork(): AdvanceWork {
  return {
    departed: [],
    flagged: [],
    changed: new Set(),
    queues: new Set(),
    againBatches: new Set(),
    againJobs: new Set(),
    unfinished: [],
  };
}

export function advanceOf({ changed, queues, againBatches, againJobs, ...lists }: AdvanceWork): Advance {
  const again = { batchIds: [...againBatches], jobIds: [...againJobs] };
  return { ...lists, changed: [...changed], queues: [...queues], again };
}
