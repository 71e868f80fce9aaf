// Watching a batch, and a whole tree below a master. A watch of counts alone goes on after a revision; where members
// or the batches of a tree are shown, a new stream begins with all of them again, since a revision of the whole says
// nothing of what changed in its parts.

import { type Batch, type BatchUpdate, isBatchTerminal, type TreeUpdate } from "./batch.js";
import type { Channel } from "./channel.js";
import { fromWire } from "./convert.js";
import { batchFromWire } from "./convert-batch.js";
import { type FollowOptions, follow, type Source } from "./follow.js";
import { BatchMembers, type WatchBatchResponse, type WatchTreeResponse } from "./gen/drover/v1/job_service_pb.js";
import { isTerminal, type Job } from "./job.js";

export interface BatchWatchOptions extends FollowOptions {
  /** Which members are shown beside the counts: none, those that failed, or all. Default: NONE. */
  readonly members?: "NONE" | "FAILED" | "ALL" | undefined;
}

/** The batch now with the members asked for, then what changes, and always the state in which it ended. */
export function watchBatch(channel: Channel, id: string, options: BatchWatchOptions = {}): AsyncGenerator<BatchUpdate> {
  const members = BatchMembers[options.members ?? "NONE"];
  const countsOnly = members === BatchMembers.NONE;
  let latest: Batch | undefined;
  let phase: Source<WatchBatchResponse, BatchUpdate>["phase"] = "live";
  const source: Source<WatchBatchResponse, BatchUpdate> = {
    name: `batch ${id}`,
    open(wire) {
      const after = countsOnly && latest !== undefined ? { afterRevision: BigInt(latest.revision) } : {};
      return channel.jobs.watchBatch({ batchId: id, members, ...after }, wire);
    },
    take(message) {
      const shown = message.batch && batchFromWire(message.batch);
      const terminal = shown !== undefined && isBatchTerminal(shown.state);
      // A server that is behind another may show an older state; the end is shown whatever its revision.
      const newer = shown !== undefined && (terminal || isNewer(shown, latest));
      if (newer) latest = shown;
      if (terminal) phase = countsOnly ? "ended" : "ending";
      const news = newer || message.members.length > 0 || (message.snapshotComplete && !countsOnly);
      if (!news || latest === undefined) return undefined;
      return { batch: latest, members: message.members.map(fromWire), snapshotComplete: message.snapshotComplete };
    },
    get phase() {
      return phase;
    },
  };
  return follow(channel, source, options);
}

/** The root and the batches below it now, then what changes, and always the state in which the root ended. */
export function watchTree(
  channel: Channel,
  rootJobId: string,
  options: FollowOptions = {},
): AsyncGenerator<TreeUpdate> {
  let root: Job | undefined;
  let phase: Source<WatchTreeResponse, TreeUpdate>["phase"] = "live";
  /** A tree has few batches beside its jobs: to remember each costs nothing. */
  const known = new Map<string, Batch>();
  const isNews = (batch: Batch) => {
    if (!isNewer(batch, known.get(batch.id))) return false;
    known.set(batch.id, batch);
    return true;
  };
  const source: Source<WatchTreeResponse, TreeUpdate> = {
    name: `the tree of job ${rootJobId}`,
    open: (wire) => channel.jobs.watchTree({ rootJobId }, wire),
    take(message) {
      const shown = message.root && fromWire(message.root);
      const terminal = shown !== undefined && isTerminal(shown.state);
      const newer = shown !== undefined && (root === undefined || shown.revision > root.revision || terminal);
      const again = shown !== undefined && shown.revision === root?.revision;
      if (newer) root = shown;
      if (terminal) phase = "ending";
      const batches = message.batches.map(batchFromWire).filter(isNews);
      if (root === undefined || ((again || !newer) && batches.length === 0)) return undefined;
      return { root, batches };
    },
    get phase() {
      return phase;
    },
  };
  return follow(channel, source, options);
}

/** Counts change by the members' changes, which are none of the batch's own: its revision stays. */
function isNewer(batch: Batch, than: Batch | undefined): boolean {
  if (than === undefined || batch.revision !== than.revision) return batch.revision > (than?.revision ?? -1);
  return JSON.stringify(batch.counts) !== JSON.stringify(than.counts);
}
