// The JobStore on a SQLite file in a thread of its own: a commit waits for the disk, and the thread that calls pages
// and serves clients does not wait with it. Each verb is sent to `store-thread.ts` and answered from there.

import { Worker } from "node:worker_threads";
import { type DroverError, storeUnavailable } from "../../core/errors.js";
import type { JobStore } from "../../core/store.js";
import type { SqliteStoreOptions } from "./sqlite-store.js";
import { machineTime, StoreTime } from "./store-time.js";
import { type Answer, type Answers, type Call, errorOf, type Verb } from "./thread-messages.js";

/** What can be told to another thread. */
type ThreadOptions = Omit<SqliteStoreOptions, "now" | "token">;

export class ThreadedStore implements JobStore {
  readonly changesLateMs = 0;
  readonly inOrder = true;
  readonly #options: ThreadOptions;
  readonly #time = new StoreTime(machineTime);
  #thread: StoreThread | undefined;

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    if (this.#thread !== undefined) return;
    const thread = new StoreThread(this.#options, this.#time);
    try {
      await thread.call("open");
      this.#thread = thread;
    } catch (error) {
      await thread.end();
      throw error;
    }
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread === undefined) return;
    try {
      await thread.call("close");
    } finally {
      await thread.end();
    }
  }

  now(): number {
    return this.#time.now();
  }

  readonly ping = this.#verb("ping");
  readonly signingKey = this.#verb("signingKey");
  readonly insert = this.#verb("insert");
  readonly get = this.#verb("get");
  readonly list = this.#verb("list");
  readonly claim = this.#verb("claim");
  readonly renew = this.#verb("renew");
  readonly settle = this.#verb("settle");
  readonly report = this.#verb("report");
  readonly cancel = this.#verb("cancel");
  readonly linkRetry = this.#verb("linkRetry");
  readonly listQueues = this.#verb("listQueues");
  readonly getQueue = this.#verb("getQueue");
  readonly setPaused = this.#verb("setPaused");
  readonly purge = this.#verb("purge");
  readonly sweep = this.#verb("sweep");
  readonly prune = this.#verb("prune");
  readonly createBatch = this.#verb("createBatch");
  readonly addJobs = this.#verb("addJobs");
  readonly sealBatch = this.#verb("sealBatch");
  readonly getBatches = this.#verb("getBatches");
  readonly listBatches = this.#verb("listBatches");
  readonly countMembers = this.#verb("countMembers");
  readonly changedMembers = this.#verb("changedMembers");
  readonly cancelBatch = this.#verb("cancelBatch");
  readonly linkBatchRetry = this.#verb("linkBatchRetry");
  readonly advance = this.#verb("advance");
  readonly dueChecks = this.#verb("dueChecks");

  #verb<Name extends Verb>(name: Name): JobStore[Name] {
    const send = async (...args: readonly unknown[]): Promise<unknown> => {
      if (this.#thread === undefined) throw storeUnavailable(new Error("the store is not open"));
      return this.#thread.call(name, ...args);
    };
    return send as JobStore[Name];
  }
}

/** Left to itself V8 takes 80 MiB more on Node 24, for nothing that could be measured. */
const YOUNG_MIB = 16;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Nothing listens for its errors: a defect that gets out of the thread ends the process, as it would in this one. So does
 * an end that nobody asked for, or an answer that cannot be read: a server without its store is of no use, and who runs
 * it starts another.
 */
class StoreThread {
  readonly #worker: Worker;
  readonly #time: StoreTime;
  readonly #waiting = new Map<number, Waiting>();
  /** Made and not sent yet. */
  #unsent: Call[] = [];
  #calls = 0;
  #isEnding = false;
  #over = false;

  constructor(options: ThreadOptions, time: StoreTime) {
    this.#time = time;
    this.#worker = new Worker(new URL("./store-thread.js", import.meta.url), {
      workerData: options,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
    });
    this.#worker.on("message", ({ now, answers }: Answers) => {
      this.#time.heard(now);
      for (const answer of answers) this.#answered(answer);
    });
    this.#worker.on("messageerror", (error) => {
      throw error;
    });
    this.#worker.once("exit", (code) => this.#ended(code));
  }

  call(verb: Verb, ...args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#over) throw threadEnded();
      const call: Call = { number: this.#calls++, verb, args };
      this.#waiting.set(call.number, { resolve, reject });
      this.#unsent.push(call);
      if (this.#unsent.length === 1) queueMicrotask(() => this.#send());
    });
  }

  /** What is called in one turn of the event loop is sent as one: so it shares a commit. */
  #send(): void {
    const calls = this.#unsent;
    this.#unsent = [];
    if (this.#over) return;
    try {
      this.#worker.postMessage(calls);
    } catch {
      for (const call of calls) this.#sendAlone(call);
    }
  }

  /** One that no message can hold is a defect of its own, and not of those beside it. */
  #sendAlone(call: Call): void {
    try {
      this.#worker.postMessage([call]);
    } catch (error) {
      this.#waiting.get(call.number)?.reject(error);
      this.#waiting.delete(call.number);
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if ("error" in answer) waiting?.reject(errorOf(answer.error));
    else waiting?.resolve(answer.value);
  }

  #ended(code: number): void {
    if (!this.#isEnding) throw new Error(`the store's thread ended by itself, with code ${code}`);
    this.#over = true;
    for (const { reject } of this.#waiting.values()) reject(threadEnded());
    this.#waiting.clear();
  }
}

function threadEnded(): DroverError {
  return storeUnavailable(new Error("the store's thread has ended"));
}
