// A good client beside an attack: round after round it submits a job, watches it to its end and reads it, over each
// door. What it is not answered well, or not in time, fails the test. It counts what it was answered.

import type { JsonObject } from "@bufbuild/protobuf";
import { RawClient, type Say, sayByFetch, watchByFetch } from "./raw-client.js";

/** An answer that takes longer is none: a person would have given up. */
const PATIENCE_MS = 10_000;
/** A client that asks without pause would be a load of its own. */
const PAUSE_MS = 20;

interface Door {
  readonly name: "gRPC" | "HTTP";
  readonly say: Say;
  readonly watch: (request: JsonObject) => AsyncIterable<JsonObject>;
}

export class GoodClient {
  /** Rounds of submit, watch and get that were answered as they should be, by door. */
  readonly rounds = { gRPC: 0, HTTP: 0 };
  /** The slowest of them. */
  slowestMs = 0;
  readonly #raw: RawClient;
  readonly #doors: readonly Door[];
  readonly #pageUrl: string;
  readonly #loops: Promise<void>[];
  #stopped = false;
  #failure: unknown;

  /** `pageUrl` must answer 2xx. */
  constructor(server: { readonly grpc: string; readonly http: string }, pageUrl: string) {
    this.#pageUrl = pageUrl;
    this.#raw = new RawClient(server.grpc);
    this.#doors = [
      { name: "gRPC", say: this.#raw.say, watch: (request) => this.#raw.watch(request) },
      { name: "HTTP", say: sayByFetch(server.http), watch: (request) => watchByFetch(server.http, request) },
    ];
    this.#loops = this.#doors.map((door) => this.#repeat(door));
  }

  /** Ends after one more round on each door, begun now: whoever attacked before has not broken them. Fails as it did. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    if (this.#failure === undefined) await Promise.all(this.#doors.map((door) => this.#round(door)));
    this.#raw.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #repeat(door: Door): Promise<void> {
    try {
      while (!this.#stopped) {
        await this.#round(door);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch (error) {
      this.#failure ??= error;
    }
  }

  async #round({ name, say, watch }: Door): Promise<void> {
    const id = `good-${name}-${this.rounds[name] + 1}`;
    const began = performance.now();
    const round = async () => {
      const job = { id, queue: "good", endpoint: { url: this.#pageUrl } };
      const submitted = await say("JobService/SubmitJob", { job });
      if (submitted.code !== "OK") throw new Error(`${id} was answered ${submitted.code}: ${submitted.message}`);
      for await (const _ of watch({ jobId: id }));
      const read = await say("JobService/GetJob", { jobId: id });
      if (read.body?.job?.state !== "JOB_STATE_SUCCEEDED") {
        throw new Error(`${id} was answered ${read.code}, ${JSON.stringify(read.body)}`);
      }
    };
    await inTime(round(), `a round of the good client over ${name}`);
    this.slowestMs = Math.max(this.slowestMs, performance.now() - began);
    this.rounds[name] += 1;
  }
}

/** Fails if it takes longer than anybody would wait. */
export async function inTime<T>(work: Promise<T>, what: string, limitMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${limitMs} ms`)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
