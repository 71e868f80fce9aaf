// How a batch is filled, by an app or by a master's page: opened with some members, the rest in chunks, sealed. What is
// said may be said twice, or by a caller that does not wait for the answer and says it again.

import { shuffled } from "../test/support/random.js";
import type { Journal } from "./journal.js";
import type { Answer, Service } from "./service.js";
import { batchRequest, type Json, memberRequest } from "./wire.js";
import type { PlannedBatch, PlannedJob } from "./work.js";

/** A line of a journal: what was said to the service, and what it answered. */
export interface Said {
  readonly said: string;
  /** The attempt that said it; absent for an app. */
  readonly by?: { readonly jobId: string; readonly fence: number };
  /** Names of the batch and of the jobs in it. */
  readonly batch?: string;
  readonly names: readonly string[];
  readonly code: string;
  readonly message: string;
  readonly batchId?: string;
  readonly jobIds: readonly string[];
  readonly sentTime: number;
  readonly time: number;
}

export interface Speaker {
  readonly service: Service;
  readonly journal: Journal;
  readonly random: () => number;
  /** Where the pages are. */
  readonly origin: string;
  readonly by?: Said["by"];
  readonly token?: string;
}

/** Goes away so soon that the answer may be lost before, while or after the call is carried out. */
const GONE_MS = 12;

/** Resolves with an answer, noted with what was asked; the note is on the disk. */
export async function say(
  speaker: Speaker,
  method: string,
  request: Json,
  about: Pick<Said, "batch" | "names">,
): Promise<Answer> {
  const { service, journal, random, by, token } = speaker;
  const once = async () => {
    const sentTime = Date.now();
    const answer = await service.ask(method, request, token);
    const { code, message, body } = answer;
    const batchId = body.batch?.id;
    const jobIds = body.jobIds ?? (body.job === undefined ? [] : [body.job.id]);
    const line = { ...about, said: method, code, message, jobIds, sentTime, time: Date.now() };
    await journal.write({
      ...line,
      ...(by === undefined ? {} : { by }),
      ...(batchId === undefined ? {} : { batchId }),
    } satisfies Said);
    return answer;
  };
  const way = random();
  if (way < 0.05) await Promise.all([once(), once()]);
  else if (way < 0.12) await service.once(method, request, token, Math.ceil(random() * GONE_MS));
  return once();
}

/**
 * Its id once all of it is there; undefined if the service refused, as it does to a stale or cancelled caller.
 * @param steps after so many of opening, adding and sealing the caller stops
 */
export async function fillBatch(speaker: Speaker, batch: PlannedBatch, steps = 3): Promise<string | undefined> {
  const { origin, random } = speaker;
  const members = shuffled(batch.members, random);
  const half = Math.ceil(members.length / 2);
  const requests = (jobs: readonly PlannedJob[]) => jobs.map((job) => memberRequest(job, origin));
  const about = (jobs: readonly PlannedJob[]) => ({ batch: batch.name, names: jobs.map(({ name }) => name) });

  const first = members.slice(0, half);
  const opening = { batch: batchRequest(batch, origin), jobs: requests(first), open: true };
  const opened = await say(speaker, "JobService/SubmitBatch", opening, about(first));
  if (opened.code !== "OK") return undefined;
  const batchId: string = opened.body.batch.id;

  const rest = members.slice(half);
  const chunk = { batchId, chunkKey: `chunk-${Math.floor(random() * 2 ** 31)}`, jobs: requests(rest) };
  if (rest.length > 0) {
    const added = await say(speaker, "JobService/AddJobs", chunk, about(rest));
    if (added.code !== "OK") return undefined;
  }
  if (steps <= 2 || !batch.isSealed) return batchId;
  const sealing = { batchId, expectedJobCount: batch.members.length };
  const sealed = await say(speaker, "JobService/SealBatch", sealing, about([]));
  return sealed.code === "OK" ? batchId : undefined;
}
