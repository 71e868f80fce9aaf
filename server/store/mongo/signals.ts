// Hints between servers: a small capped collection, one document for what changed in a few milliseconds, followed by
// one change stream per server. Hints may be lost; whoever waits looks again by itself.

import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { ChangeStreamDocument, Collection, Db } from "mongodb";
import type { Log } from "../../core/observer.js";
import type { Change, SignalChannel } from "../../core/store.js";

interface SignalDocument {
  readonly origin: string;
  readonly jobIds: readonly string[];
  readonly queues: readonly string[];
  readonly cancelled: readonly string[];
  readonly batchIds: readonly string[];
  readonly pausing?: boolean;
}

const COLLECTION = "signals";
const COLLECTION_BYTES = 16 * 1024 * 1024;
/** Changes of this time share a document. */
const MERGE_MS = 5;
/** More ids than this tell nobody anything that a look would not. */
const MAX_IDS = 5_000;
const RESTART_MS = 1_000;

export async function prepareSignals(database: Db): Promise<void> {
  const there = await database.listCollections({ name: COLLECTION }).toArray();
  if (there.length > 0) return;
  await database
    .createCollection(COLLECTION, { capped: true, size: COLLECTION_BYTES })
    .catch((error: { codeName?: string }) => {
      if (error.codeName !== "NamespaceExists") throw error;
    });
}

export class Signals implements SignalChannel {
  readonly #signals: Collection<SignalDocument>;
  readonly #log: Log | undefined;
  readonly #onPausing: () => void;
  readonly #origin = randomBytes(9).toString("base64url");
  #merged:
    | { jobIds: Set<string>; queues: Set<string>; cancelled: Set<string>; batchIds: Set<string>; pausing: boolean }
    | undefined;

  /** @param onPausing told before anyone else when another server paused or resumed a queue. */
  constructor(database: Db, log: Log | undefined, onPausing: () => void) {
    this.#signals = database.collection(COLLECTION, {
      writeConcern: { w: 1, journal: false },
      readConcern: { level: "majority" },
    });
    this.#log = log;
    this.#onPausing = onPausing;
  }

  send(change: Change): void {
    if (this.#merged === undefined) {
      this.#merged = {
        jobIds: new Set(),
        queues: new Set(),
        cancelled: new Set(),
        batchIds: new Set(),
        pausing: false,
      };
      setTimeout(() => this.#write(), MERGE_MS);
    }
    const { jobIds, queues, cancelled, batchIds } = this.#merged;
    for (const id of change.jobIds) if (jobIds.size < MAX_IDS) jobIds.add(id);
    for (const queue of change.queues) if (queues.size < MAX_IDS) queues.add(queue);
    for (const id of change.cancelled) if (cancelled.size < MAX_IDS) cancelled.add(id);
    for (const id of change.batchIds) if (batchIds.size < MAX_IDS) batchIds.add(id);
    if (change.pausing) this.#merged.pausing = true;
  }

  follow(onChange: (change: Change) => void, onGap: () => void): () => Promise<void> {
    const stop = new AbortController();
    const following = this.#follow(onChange, onGap, stop.signal);
    return async () => {
      stop.abort();
      await following;
    };
  }

  async #follow(onChange: (change: Change) => void, onGap: () => void, stop: AbortSignal): Promise<void> {
    const others = [{ $match: { operationType: "insert", "fullDocument.origin": { $ne: this.#origin } } }];
    while (!stop.aborted) {
      const stream = this.#signals.watch<SignalDocument>(others);
      const close = () => stream.close().catch((error) => this.#log?.debug("a change stream did not close", { error }));
      stop.addEventListener("abort", close);
      try {
        const tell = (event: ChangeStreamDocument<SignalDocument> | null) => {
          if (event?.operationType === "insert") this.#tell(event.fullDocument, onChange);
        };
        // Only with its first answer does the stream stand; what was sent before it is not in it.
        tell(await stream.tryNext());
        this.#onPausing();
        onGap();
        while (!stop.aborted) tell(await stream.next());
      } catch (error) {
        if (stop.aborted) return;
        this.#log?.warn("signals of other servers cannot be followed; trying again", { error });
        // A stop ends the wait too, and the loop with it.
        await delay(RESTART_MS, undefined, { ref: false, signal: stop }).catch(() => undefined);
      } finally {
        stop.removeEventListener("abort", close);
        await close();
      }
    }
  }

  #tell({ jobIds, queues, cancelled, batchIds, pausing }: SignalDocument, onChange: (change: Change) => void): void {
    if (pausing) this.#onPausing();
    onChange({ jobIds, queues, cancelled, batchIds, ...(pausing ? { pausing: true as const } : {}) });
  }

  #write(): void {
    const merged = this.#merged;
    this.#merged = undefined;
    if (merged === undefined) return;
    const document = {
      origin: this.#origin,
      jobIds: [...merged.jobIds],
      queues: [...merged.queues],
      cancelled: [...merged.cancelled],
      batchIds: [...merged.batchIds],
      ...(merged.pausing ? { pausing: true } : {}),
    };
    this.#signals.insertOne(document).catch((error) => this.#log?.debug("a signal was not sent", { error }));
  }
}
