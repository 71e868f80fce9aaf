// The JobStore on MongoDB: connects, prepares the database, and joins the verbs, which have a file each.

import { randomBytes } from "node:crypto";
import { MongoClient, ReadConcern } from "mongodb";
import type { BatchCancelKind, NewBatch } from "../../core/batch.js";
import type {
  AddJobsRequest,
  Checks,
  ListBatchesRequest,
  MembersRequest,
  SealRequest,
} from "../../core/batch-store.js";
import { storeUnavailable } from "../../core/errors.js";
import type { JobView, NewJob } from "../../core/job.js";
import type { Log } from "../../core/observer.js";
import type { Settlement } from "../../core/retry.js";
import type { ClaimRequest, Holding, JobStore, ListRequest, Report, SignalChannel } from "../../core/store.js";
import { advanceVerb } from "./advance.js";
import { getBatchesVerb, linkBatchRetryVerb, listBatchesVerb } from "./batch-query.js";
import { addJobsVerb, createBatchVerb } from "./batches.js";
import { cancelVerb, purgeVerb } from "./cancel.js";
import { cancelBatchVerb } from "./cancel-batch.js";
import { claimVerb, sweepVerb } from "./claim.js";
import { insertVerb } from "./insert.js";
import { renewVerb, reportVerb } from "./lease.js";
import { changedMembersVerb, countVerb, dueChecksVerb } from "./members.js";
import { getVerb, listVerb } from "./query.js";
import { PausedQueues, queueVerbs } from "./queues.js";
import "./driver-fault.js";
import { prepareSchema } from "./schema.js";
import { sealVerb } from "./seal.js";
import { type Session, WRITE_CONCERN } from "./session.js";
import { settleVerb } from "./settle.js";
import { prepareSignals, Signals } from "./signals.js";
import { signingKeyVerb } from "./signing-key.js";
import { StoreClock } from "./store-clock.js";
import { attempt } from "./unavailable.js";
import { linkRetryVerb, pruneVerb } from "./upkeep.js";

export interface MongoStoreOptions {
  /** `mongodb://…`; its path names the database, "drover" if it has none. */
  readonly uri: string;
  /** Instead of the one that the address names. */
  readonly database?: string;
  readonly log?: Log;
  /** A new lease token of 22 characters. */
  readonly token?: () => string;
  /** For tests that count commands. */
  readonly monitorCommands?: boolean;
  /** How long a connection may say nothing while a command waits for it. Default: 15 s. */
  readonly socketMs?: number;
}

/** Long enough for an election, short enough that a caller is told soon. */
const SELECTION_MS = 5_000;
const SOCKET_MS = 15_000;

type Verbs = ReturnType<typeof verbsOf>;

export class MongoStore implements JobStore {
  /** Reads are of what a majority has: an update is there a little after its time. */
  readonly changesLateMs = 2_000;
  readonly inOrder = false;
  /** For tests that count commands. */
  readonly client: MongoClient;
  readonly #options: MongoStoreOptions;
  #clock: StoreClock | undefined;
  #verbs: Verbs | undefined;
  #signals: Signals | undefined;
  #opened = false;

  constructor(options: MongoStoreOptions) {
    this.#options = options;
    this.client = new MongoClient(options.uri, {
      retryWrites: true,
      ignoreUndefined: true,
      promoteBuffers: false,
      serverSelectionTimeoutMS: SELECTION_MS,
      socketTimeoutMS: options.socketMs ?? SOCKET_MS,
      connectTimeoutMS: SELECTION_MS,
      maxPoolSize: 20,
      monitorCommands: options.monitorCommands ?? false,
    });
  }

  get signals(): SignalChannel | undefined {
    return this.#signals;
  }

  async open(): Promise<void> {
    if (this.#opened) return;
    const session = this.#session();
    await attempt(async () => {
      await this.client.connect();
      await session.clock.start();
      await prepareSchema(session);
      const { setName } = await session.database.admin().command({ hello: 1 });
      if (setName !== undefined) await prepareSignals(session.database);
      const paused = new PausedQueues(session);
      if (setName !== undefined) {
        this.#signals = new Signals(session.database, this.#options.log, () => paused.forget());
      }
      this.#verbs = verbsOf(session, paused);
    }).catch(async (error) => {
      session.clock.stop();
      await this.client.close();
      throw error;
    });
    this.#clock = session.clock;
    this.#opened = true;
  }

  async close(): Promise<void> {
    this.#clock?.stop();
    this.#verbs = undefined;
    await this.client.close();
  }

  now(): number {
    if (this.#clock === undefined) throw storeUnavailable(new Error("the store is not open"));
    return this.#clock.now();
  }

  ping = async (): Promise<void> => this.#run((verbs) => verbs.ping());
  signingKey = async () => this.#run((verbs) => verbs.signingKey());
  insert = async (jobs: readonly NewJob[]) => this.#run((verbs) => verbs.insert(jobs));
  get = async (ids: readonly string[], view: JobView) => this.#run((verbs) => verbs.get(ids, view));
  list = async (request: ListRequest) => this.#run((verbs) => verbs.list(request));
  claim = async (request: ClaimRequest) => this.#run((verbs) => verbs.claim(request));
  renew = async (holdings: readonly Holding[], ms: number) => this.#run((verbs) => verbs.renew(holdings, ms));
  settle = async (settlements: readonly Settlement[]) => this.#run((verbs) => verbs.settle(settlements));
  report = async (reports: readonly Report[]) => this.#run((verbs) => verbs.report(reports));
  cancel = async (id: string, reason: string, ms: number) => this.#run((verbs) => verbs.cancel(id, reason, ms));
  linkRetry = async (id: string, retriedBy: string) => this.#run((verbs) => verbs.linkRetry(id, retriedBy));
  listQueues = async (after: string, limit: number) => this.#run((verbs) => verbs.queues.list(after, limit));
  getQueue = async (name: string) => this.#run((verbs) => verbs.queues.get(name));
  setPaused = async (name: string, paused: boolean) => this.#run((verbs) => verbs.queues.setPaused(name, paused));
  purge = async (queue: string, limit: number) => this.#run((verbs) => verbs.purge(queue, limit));
  sweep = async (limit: number) => this.#run((verbs) => verbs.sweep(limit));
  prune = async (limit: number) => this.#run((verbs) => verbs.prune(limit));
  createBatch = async (batch: NewBatch, master?: Holding) => this.#run((verbs) => verbs.createBatch(batch, master));
  addJobs = async (request: AddJobsRequest) => this.#run((verbs) => verbs.addJobs(request));
  sealBatch = async (request: SealRequest) => this.#run((verbs) => verbs.seal(request));
  getBatches = async (ids: readonly string[], view: JobView) => this.#run((verbs) => verbs.getBatches(ids, view));
  listBatches = async (request: ListBatchesRequest) => this.#run((verbs) => verbs.listBatches(request));
  countMembers = async (batchId: string) => this.#run((verbs) => verbs.countMembers(batchId));
  changedMembers = async (request: MembersRequest) => this.#run((verbs) => verbs.changedMembers(request));
  cancelBatch = async (id: string, kind: BatchCancelKind, reason: string) =>
    this.#run((verbs) => verbs.cancelBatch(id, kind, reason));
  linkBatchRetry = async (id: string, by: string) => this.#run((verbs) => verbs.linkBatchRetry(id, by));
  advance = async (checks: Checks) => this.#run((verbs) => verbs.advance(checks));
  dueChecks = async (limit: number) => this.#run((verbs) => verbs.dueChecks(limit));

  #run<T>(run: (verbs: Verbs) => Promise<T>): Promise<T> {
    if (this.#verbs === undefined) throw storeUnavailable(new Error("the store is not open"));
    return run(this.#verbs);
  }

  #session(): Session {
    const name = /^[^:]+:\/\/[^/]*\/([^?]+)/.exec(this.#options.uri)?.[1];
    const database = this.client.db(
      this.#options.database ?? (name === undefined ? "drover" : decodeURIComponent(name)),
      {
        readPreference: "primary",
        readConcern: new ReadConcern("majority"),
        writeConcern: WRITE_CONCERN,
      },
    );
    return {
      client: this.client,
      database,
      jobs: database.collection("jobs"),
      batches: database.collection("batches"),
      queues: database.collection("queues"),
      meta: database.collection("meta"),
      clock: new StoreClock(database),
      token: this.#options.token ?? randomToken,
      log: this.#options.log,
    };
  }
}

function verbsOf(session: Session, paused: PausedQueues) {
  return {
    ping: async () => {
      await attempt(() => session.database.command({ ping: 1 }));
    },
    insert: insertVerb(session),
    get: getVerb(session),
    list: listVerb(session),
    claim: claimVerb(session, paused),
    sweep: sweepVerb(session),
    settle: settleVerb(session),
    renew: renewVerb(session),
    report: reportVerb(session),
    cancel: cancelVerb(session),
    purge: purgeVerb(session),
    linkRetry: linkRetryVerb(session),
    prune: pruneVerb(session),
    queues: queueVerbs(session, paused),
    signingKey: signingKeyVerb(session),
    createBatch: createBatchVerb(session),
    addJobs: addJobsVerb(session),
    seal: sealVerb(session),
    getBatches: getBatchesVerb(session),
    listBatches: listBatchesVerb(session),
    countMembers: countVerb(session),
    changedMembers: changedMembersVerb(session),
    cancelBatch: cancelBatchVerb(session),
    linkBatchRetry: linkBatchRetryVerb(session),
    advance: advanceVerb(session),
    dueChecks: dueChecksVerb(session),
  };
}

function randomToken(): string {
  return randomBytes(16).toString("base64url");
}
