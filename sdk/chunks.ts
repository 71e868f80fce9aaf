// The jobs of a batch, cut into chunks by count and by bytes, each with a key that is the same whenever the same jobs
// come again.

import { ChildKeys, chunkKeyOf } from "./child-keys.js";
import { contentToWire, wireBytesAtMost } from "./convert.js";
import { isDefined, jobInputOf } from "./define-job.js";
import { DroverError, invalid, renamed } from "./errors.js";
import type { Job as WireJob } from "./gen/drover/v1/job_pb.js";
import { limits } from "./limits.js";
import type { BatchJob, BatchPlan } from "./submit-batch.js";

/** The jobs of one call. */
export interface Chunk {
  readonly key: string;
  /** The place of its first job among all, from 0. */
  readonly start: number;
  readonly jobs: WireJob[];
}

/**
 * A master's chunks are named by what they hold; those of an app by their place, so that a chunk that
 * holds something else than it did is refused. Throws what the source of the jobs throws, and INVALID_ARGUMENT with
 * the place of the job.
 */
export async function* chunksOf(
  jobs: Iterable<BatchJob> | AsyncIterable<BatchJob>,
  { pages, ofMaster }: Pick<BatchPlan, "pages" | "ofMaster">,
): AsyncGenerator<Chunk> {
  const keys = ofMaster ? new ChildKeys() : undefined;
  let number = 0;
  let start = 0;
  let held: WireJob[] = [];
  let bytes = 0;
  const take = (): Chunk => {
    const key = ofMaster ? chunkKeyOf(held) : `chunk-${number}`;
    const chunk = { key, start, jobs: held };
    number += 1;
    start += held.length;
    held = [];
    bytes = 0;
    return chunk;
  };
  for await (const job of jobs) {
    const wire = await memberOf(job, start + held.length, pages, keys);
    const size = wireBytesAtMost(wire);
    const full = held.length >= limits.jobsPerCall || bytes + size > limits.bytesPerCall;
    if (full && held.length > 0) yield take();
    held.push(wire);
    bytes += size;
  }
  if (held.length > 0) yield take();
}

async function memberOf(
  job: BatchJob,
  index: number,
  pages: string | undefined,
  keys: ChildKeys | undefined,
): Promise<WireJob> {
  try {
    const defined = isDefined(job);
    if ((defined ? job.options.id : (job as { id?: string }).id) !== undefined)
      throw invalid("id", "is the server's to give to members of a batch");
    const wire = contentToWire(defined ? await jobInputOf(job, pages) : job);
    const own = defined ? job.options.childKey : job.childKey;
    const place = defined ? job.definition.path : job.url;
    const key = own ?? keys?.next(wire, place);
    if (key !== undefined) wire.childKey = key;
    return wire;
  } catch (error) {
    throw renamed(DroverError.from(error), (text) => `jobs[${index}].${text.replace(/^job\./, "")}`);
  }
}
