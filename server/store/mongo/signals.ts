// Hints between servers: a small capped collection, one document for what changed in a few milliseconds, followed by
// one change stream per server. Hints may be lost; whoever waits looks again by itself.

import { randomBytes } from "node:crypto";
import type { ChangeStream, Collection, Db } from "mongodb";
import type { Log } from "../../core/observer.js";
import type { Change, SignalChannel } from "../../core/store.js";

interface SignalDocument {
  readonly origin: string;
  readonly jobIds: readonly string[];
  readonly queues: readonly string[];
  readonly cancelled: readonly string[];
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
  #merged: { jobIds: Set<string>; queues: Set<string>; cancelled: Set<string>; pausing: boolean } | undefined;

  /** @param onPausing told before anyone else when another server paused or resumed a queue. */
  constructor(database: Db, log: Log | undefined, onPausing: () => void) {
    this.#signals = database.collection(COLLECTION, { writeConcern: { w: 1, journal: false } });
    this.#log = log;
    this.#onPausing = onPausing;
  }

  send(change: Change): void {
    if (this.#merged === undefined) {
      this.#merged = { jobIds: new Set(), queues: new Set(), cancelled: new Set(), pausing: false };
      setTimeout(() => this.#write(), MERGE_MS);
    }
    const { jobIds, queues, cancelled } = this.#merged;
    for (const id of change.jobIds) if (jobIds.size < MAX_IDS) jobIds.add(id);
    for (const queue of change.queues) if (queues.size < MAX_IDS) queues.add(queue);
    for (const id of change.cancelled) if (cancelled.size < MAX_IDS) cancelled.add(id);
    if (change.pausing) this.#merged.pausing = true;
  }

  follow(onChange: (change: Change) => void, onGap: () => void): () => Promise<void> {
    let stopped = false;
    let stream: ChangeStream<SignalDocument> | undefined;
    let timer: NodeJS.Timeout | undefined;
    const open = () => {
      if (stopped) return;
      const others = { operationType: "insert", "fullDocument.origin": { $ne: this.#origin } };
      const opened = this.#signals.watch<SignalDocument>([{ $match: others }]);
      stream = opened;
      let failed = false;
      opened.on("change", (event) => {
        if (event.operationType === "insert") this.#tell(event.fullDocument, onChange);
      });
      opened.on("error", (error) => {
        if (failed || stopped) return;
        failed = true;
        this.#log?.warn("signals of other servers cannot be followed; trying again", { error });
        void opened.close().catch(() => onGap());
        timer = setTimeout(open, RESTART_MS);
      });
      onGap();
    };
    open();
    return async () => {
      stopped = true;
      clearTimeout(timer);
      await stream?.close();
    };
  }

  #tell({ jobIds, queues, cancelled, pausing }: SignalDocument, onChange: (change: Change) => void): void {
    if (pausing) this.#onPausing();
    onChange({ jobIds, queues, cancelled, ...(pausing ? { pausing: true as const } : {}) });
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
      ...(merged.pausing ? { pausing: true } : {}),
    };
    this.#signals.insertOne(document).catch((error) => this.#log?.debug("a signal was not sent", { error }));
  }
}
