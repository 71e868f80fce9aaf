// Queues: those that ever had a job or were paused, what they hold, and which are paused.

import type { QueueInfo } from "../../core/store.js";
import { type QueueDocument, type Session, WRITE_CONCERN } from "./session.js";
import { attempt } from "./unavailable.js";

/** How long this server may not know that another paused a queue, where no signal told it. */
const PAUSED_KNOWN_MS = 3_000;

/** The names of paused queues, read again now and then and when somebody says that they changed. */
export class PausedQueues {
  readonly #queues: Session["queues"];
  #names: readonly string[] = [];
  #readAt = Number.NEGATIVE_INFINITY;
  #forgotten = 0;

  constructor({ queues }: Pick<Session, "queues">) {
    this.#queues = queues;
  }

  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
    this.#forgotten += 1;
  }

  async names(): Promise<readonly string[]> {
    const now = performance.now();
    if (now - this.#readAt > PAUSED_KNOWN_MS) {
      const forgotten = this.#forgotten;
      const names = (await this.#queues.find({ paused: true }).toArray()).map(({ _id }) => _id);
      // What was read before a change is not kept for those who ask after it.
      if (forgotten !== this.#forgotten) return this.names();
      this.#names = names;
      this.#readAt = now;
    }
    return this.#names;
  }
}

interface Counted {
  readonly _id: { readonly queue: string; readonly state: string; readonly due: boolean };
  readonly count: number;
  readonly oldest: Date;
}

export function queueVerbs({ queues, jobs }: Session, paused: PausedQueues) {
  /** One walk over the claim's index, which holds all that this asks for. */
  async function info(found: readonly QueueDocument[]): Promise<QueueInfo[]> {
    const names = found.map(({ _id }) => _id);
    const counted = await jobs
      .aggregate<Counted>(
        [
          { $match: { queue: { $in: names }, availableTime: { $exists: true } } },
          { $project: { _id: 0, queue: 1, state: 1, availableTime: 1 } },
          {
            $group: {
              _id: { queue: "$queue", state: "$state", due: { $lte: ["$availableTime", "$$NOW"] } },
              count: { $sum: 1 },
              oldest: { $min: "$availableTime" },
            },
          },
        ],
        { hint: "claim" },
      )
      .toArray();
    return found.map(({ _id: name, paused }) => {
      const own = counted.filter(({ _id }) => _id.queue === name);
      const sum = (state: string, due?: boolean) =>
        own
          .filter(({ _id }) => _id.state === state && (due === undefined || _id.due === due))
          .reduce((total, { count }) => total + count, 0);
      const oldest = own.find(({ _id }) => _id.state === "PENDING" && _id.due)?.oldest;
      return {
        name,
        paused,
        counts: { pending: sum("PENDING", true), scheduled: sum("PENDING", false), running: sum("RUNNING") },
        ...(oldest === undefined ? {} : { oldestAvailableTime: oldest.getTime() }),
      };
    });
  }

  return {
    list: (afterName: string, limit: number): Promise<QueueInfo[]> =>
      attempt(async () =>
        info(
          await queues
            .find({ _id: { $gt: afterName } })
            .sort({ _id: 1 })
            .limit(limit)
            .toArray(),
        ),
      ),

    get: (name: string): Promise<QueueInfo | undefined> =>
      attempt(async () => (await info(await queues.find({ _id: name }).toArray()))[0]),

    setPaused: (name: string, isPaused: boolean): Promise<void> =>
      attempt(async () => {
        const set = { $set: { paused: isPaused } };
        await queues.updateOne({ _id: name }, set, { upsert: true, writeConcern: WRITE_CONCERN });
        paused.forget();
      }),
  };
}
