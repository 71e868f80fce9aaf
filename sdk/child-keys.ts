// The keys of a master's children, from what each child is: the same child has the same key whenever and in whatever
// order it is given, so that a master that runs again finds its children.

import { create, toBinary } from "@bufbuild/protobuf";
import { v5 } from "uuid";
import type { Job as WireJob } from "./gen/drover/v1/job_pb.js";
import { AddJobsRequestSchema } from "./gen/drover/v1/job_service_pb.js";
import { HashCounts } from "./hash-counts.js";

/** Keeps names of ours apart from those that others make of the same bytes. Any fixed UUID does. */
const NAMESPACE = Uint8Array.from([
  0x5c, 0x1f, 0x0b, 0xd2, 0x8e, 0x47, 0x4a, 0x6d, 0x9b, 0x30, 0x71, 0xe5, 0xc8, 0x2a, 0xf4, 0x96,
]);
const encoder = new TextEncoder();

export class ChildKeys {
  readonly #counts = new HashCounts();

  /**
   * The key of the next child: a digest of what it calls with what, and for equal ones which of them it is. When and
   * how it runs (times, priority, attempts, labels) makes no other child of it: a time that a master computes is
   * another one when the master runs again.
   *
   * @param place what it calls: an address, or only a path, since a page may have other addresses tomorrow.
   */
  next(job: WireJob, place: string): string {
    const called = [job.endpoint?.method ?? "", place, job.kind, job.contentType];
    const headers = Object.entries(job.endpoint?.headers ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const head = encoder.encode(JSON.stringify(headers.length === 0 ? called : [...called, headers]));
    const content = new Uint8Array(head.length + job.payload.length);
    content.set(head);
    content.set(job.payload, head.length);
    const digest = v5(content, NAMESPACE, new Uint8Array(16));
    const view = new DataView(digest.buffer);
    const count = this.#counts.add(view.getUint32(0), view.getUint32(12));
    const name = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return count === 1 ? name : `${name}.${count}`;
  }
}

/**
 * The key of a chunk: a digest of all that it holds. Children with the same keys and other settings, such as a time, are
 * another chunk, whose children are then found by their keys.
 */
export function chunkKeyOf(jobs: WireJob[]): string {
  return v5(toBinary(AddJobsRequestSchema, create(AddJobsRequestSchema, { jobs })), NAMESPACE);
}
