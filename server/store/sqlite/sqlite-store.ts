// The JobStore on SQLite: opens the file, and runs each verb as one transaction. The verbs have a file each.
// SQLite answers at once, so a verb holds the thread for as long as it takes and no two are ever mixed.

import { randomBytes } from "node:crypto";
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
import type { Settlement } from "../../core/retry.js";
import type { ClaimRequest, Holding, JobStore, ListRequest, Report } from "../../core/store.js";
import { advanceVerb } from "./advance.js";
import {
  addJobsVerb,
  cancelBatchVerb,
  createBatchVerb,
  getBatchesVerb,
  linkBatchRetryVerb,
  listBatchesVerb,
  Refused,
  sealVerb,
} from "./batches.js";
import { cancelVerb, purgeVerb } from "./cancel.js";
import { claimVerb, sweepVerb } from "./claim.js";
import { fromSqlite, loadSqlite, MEMORY, rollBack, type SqliteDatabase, type Statement } from "./driver.js";
import { DueQueues } from "./due-queues.js";
import { linkRetryVerb, pruneVerb } from "./ended.js";
import { declineFile, leaveFile, takeFile } from "./file-owner.js";
import { insertVerb } from "./insert.js";
import { changedMembersVerb, countWrite, dueChecksVerb } from "./members.js";
import { getVerb, listVerb } from "./query.js";
import { queueVerbs } from "./queues.js";
import { renewVerb, reportVerb } from "./renew.js";
import { prepareSchema } from "./schema.js";
import type { Session } from "./session.js";
import { settleVerb } from "./settle.js";
import { signingKeyVerb } from "./signing-key.js";
import { machineTime, StoreTime, timeVerbs } from "./store-time.js";
import { openError, refuseOtherFile } from "./unusable.js";

export interface SqliteStoreOptions {
  /** A file, or `:memory:`. */
  readonly path: string;
  /** NORMAL gives up the last commits when the machine (not only the process) dies. */
  readonly synchronous?: "FULL" | "NORMAL";
  /** Instead of the machine's clocks. */
  readonly now?: () => number;
  /** A new lease token of 22 characters. */
  readonly token?: () => string;
}

type Verbs = ReturnType<typeof verbsOf>;

export class SqliteStore implements JobStore {
  readonly changesLateMs = 0;
  readonly inOrder = true;
  readonly #options: SqliteStoreOptions;
  readonly #due = new DueQueues();
  readonly #paused = new Set<string>();
  #database: SqliteDatabase | undefined;
  #verbs: Verbs | undefined;
  #transaction: { readonly begin: Statement; readonly commit: Statement } | undefined;
  readonly #time: StoreTime;
  /** A write has failed, and none has been tried out since. */
  #writeFailed = false;
  /** The transaction that calls share, while they are made. */
  #shared: { hasFailed: boolean } | undefined;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    const { now } = options;
    this.#time = new StoreTime(now === undefined ? machineTime : { wall: now, monotonic: () => 0 });
  }

  async open(): Promise<void> {
    if (this.#database !== undefined) return;
    const { DatabaseSync } = await loadSqlite();
    const { path } = this.#options;
    let database: SqliteDatabase | undefined;
    try {
      if (this.#isFile) refuseOtherFile(path);
      database = new DatabaseSync(path);
      if (this.#isFile) takeFile(database, path);
      this.#prepare(database);
      this.#database = database;
    } catch (error) {
      database?.close();
      throw openError(path, error);
    }
  }

  get #isFile(): boolean {
    return this.#options.path !== MEMORY;
  }

  #prepare(database: SqliteDatabase): void {
    const { synchronous = "FULL", token = randomToken } = this.#options;
    try {
      prepareSchema(database, this.#options.path);
    } catch (error) {
      if (this.#isFile) declineFile(database, this.#options.path);
      throw error;
    }
    // After the checks: the file of another application stays as it is.
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = ${WAL_PAGES}`,
    );
    const prepare = (sql: string) => database.prepare(sql);
    const now = () => this.now();
    this.#transaction = { begin: prepare("BEGIN IMMEDIATE"), commit: prepare("COMMIT") };
    this.#verbs = verbsOf({ prepare, now, token, random: Math.random, due: this.#due, paused: this.#paused });
    this.#time.goOnFrom(this.#verbs.time.noted());
    for (const name of this.#verbs.queues.paused()) this.#paused.add(name);
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    this.#verbs = undefined;
    if (database === undefined) return;
    try {
      if (this.#isFile) leaveFile(database, this.#options.path);
    } catch (error) {
      throw fromSqlite(error);
    } finally {
      database.close();
    }
  }

  now(): number {
    return this.#time.now();
  }

  ping = async () => (this.#writeFailed ? this.#tryToWrite() : this.#read((verbs) => void verbs.get([""], "BASIC")));
  signingKey = async () => this.#write((verbs) => verbs.signingKey());
  insert = async (jobs: readonly NewJob[]) => this.#write((verbs) => verbs.insert(jobs));
  get = async (ids: readonly string[], view: JobView) => this.#read((verbs) => verbs.get(ids, view));
  list = async (request: ListRequest) => this.#read((verbs) => verbs.list(request));
  claim = async (request: ClaimRequest) => this.#write((verbs) => verbs.claim(request));
  renew = async (holdings: readonly Holding[], ms: number) => this.#write((verbs) => verbs.renew(holdings, ms));
  settle = async (settlements: readonly Settlement[]) => this.#write((verbs) => verbs.settle(settlements));
  report = async (reports: readonly Report[]) => this.#write((verbs) => verbs.report(reports));
  cancel = async (id: string, reason: string, ms: number) => this.#write((verbs) => verbs.cancel(id, reason, ms));
  linkRetry = async (id: string, retriedBy: string) => this.#write((verbs) => verbs.linkRetry(id, retriedBy));
  listQueues = async (after: string, limit: number) => this.#read((verbs) => verbs.queues.list(after, limit));
  getQueue = async (name: string) => this.#read((verbs) => verbs.queues.get(name));
  purge = async (queue: string, limit: number) => this.#write((verbs) => verbs.purge(queue, limit));
  sweep = async (limit: number) => this.#write((verbs) => verbs.sweep(limit));
  prune = async (limit: number) => this.#write((verbs) => verbs.prune(limit));
  createBatch = async (batch: NewBatch, master?: Holding) => this.#write((verbs) => verbs.createBatch(batch, master));
  addJobs = async (request: AddJobsRequest) => this.#write((verbs) => verbs.addJobs(request));
  sealBatch = async (request: SealRequest) => this.#write((verbs) => verbs.seal(request));
  getBatches = async (ids: readonly string[], view: JobView) => this.#read((verbs) => verbs.getBatches(ids, view));
  listBatches = async (request: ListBatchesRequest) => this.#read((verbs) => verbs.listBatches(request));
  countMembers = async (batchId: string) => this.#read((verbs) => verbs.countMembers(batchId));
  changedMembers = async (request: MembersRequest) => this.#read((verbs) => verbs.changedMembers(request));
  cancelBatch = async (id: string, kind: BatchCancelKind, reason: string) =>
    this.#write((verbs) => verbs.cancelBatch(id, kind, reason));
  linkBatchRetry = async (id: string, by: string) => this.#write((verbs) => verbs.linkBatchRetry(id, by));
  advance = async (checks: Checks) => this.#write((verbs) => verbs.advance(checks));
  dueChecks = async (limit: number) => this.#read((verbs) => verbs.dueChecks(limit));

  async setPaused(name: string, paused: boolean): Promise<void> {
    this.#write((verbs) => verbs.queues.setPaused(name, paused));
    if (paused) this.#paused.add(name);
    else this.#paused.delete(name);
  }

  /**
   * Calls of verbs that write share one transaction; each is made once the one before it has done its work. Durable when
   * they are answered. Where anything fails all is undone, and each is made again by itself.
   */
  together(calls: Iterable<() => Promise<unknown>>): Promise<PromiseSettledResult<unknown>[]> {
    const made: (() => Promise<unknown>)[] = [];
    const answers: Promise<unknown>[] = [];
    try {
      this.#write(() => {
        const shared = { hasFailed: false };
        this.#shared = shared;
        try {
          for (const call of calls) {
            made.push(call);
            answers.push(call());
            if (shared.hasFailed) throw new Error("a call that shares a transaction has failed");
          }
        } finally {
          this.#shared = undefined;
        }
      });
      return Promise.allSettled(answers);
    } catch {
      // Whatever it was, the call that meets it again by itself tells of it.
      void Promise.allSettled(answers);
      return Promise.allSettled([...made, ...calls].map((call) => call()));
    }
  }

  #read<T>(read: (verbs: Verbs) => T): T {
    if (this.#verbs === undefined) throw notOpen();
    try {
      return read(this.#verbs);
    } catch (error) {
      throw fromSqlite(error);
    }
  }

  /** All or nothing, and durable when it returns; of calls made together, when these are answered. */
  #write<T>(write: (verbs: Verbs) => T): T {
    if (this.#verbs === undefined || this.#transaction === undefined) throw notOpen();
    if (this.#shared !== undefined) return this.#writeShared(this.#verbs, write, this.#shared);
    try {
      this.#transaction.begin.run();
      const result = write(this.#verbs);
      this.#verbs.time.note();
      this.#transaction.commit.run();
      return result;
    } catch (error) {
      this.#undo();
      if (error instanceof Refused) return error.result as T;
      const failed = fromSqlite(error);
      if (failed.code === "UNAVAILABLE") this.#writeFailed = true;
      throw failed;
    }
  }

  #writeShared<T>(verbs: Verbs, write: (verbs: Verbs) => T, shared: { hasFailed: boolean }): T {
    try {
      return write(verbs);
    } catch (error) {
      shared.hasFailed = true;
      throw error;
    }
  }

  /** What can still be read is no sign that jobs can be stored. */
  #tryToWrite(): void {
    this.#write(() => this.#database?.exec(TRY_TO_WRITE));
    this.#write(() => this.#database?.exec(TRIED));
    this.#writeFailed = false;
  }

  #undo(): void {
    this.#due.forget();
    this.#verbs?.time.forget();
    if (this.#database !== undefined) rollBack(this.#database);
  }
}

/** Copied into the file after so many: 40 MB at most, so that pages which change often are copied once for many writes. */
const WAL_PAGES = 10_000;

/** More than the room that a failed write may have left in the WAL, and about what some small jobs take. */
const TRY_TO_WRITE = "INSERT OR REPLACE INTO setting (name, value) VALUES ('tried', zeroblob(65536))";
const TRIED = "DELETE FROM setting WHERE name = 'tried'";

function verbsOf(session: Session) {
  return {
    insert: insertVerb(session),
    get: getVerb(session),
    list: listVerb(session),
    claim: claimVerb(session),
    sweep: sweepVerb(session),
    settle: settleVerb(session),
    renew: renewVerb(session),
    report: reportVerb(session),
    cancel: cancelVerb(session),
    purge: purgeVerb(session),
    linkRetry: linkRetryVerb(session),
    prune: pruneVerb(session),
    queues: queueVerbs(session),
    signingKey: signingKeyVerb(session),
    time: timeVerbs(session),
    createBatch: createBatchVerb(session),
    addJobs: addJobsVerb(session),
    seal: sealVerb(session),
    getBatches: getBatchesVerb(session),
    listBatches: listBatchesVerb(session),
    countMembers: countWrite(session),
    changedMembers: changedMembersVerb(session),
    cancelBatch: cancelBatchVerb(session),
    linkBatchRetry: linkBatchRetryVerb(session),
    advance: advanceVerb(session),
    dueChecks: dueChecksVerb(session),
  };
}

function notOpen() {
  return storeUnavailable(new Error("the store is not open"));
}

function randomToken(): string {
  return randomBytes(16).toString("base64url");
}
