// The schema: tables, indexes, and the checks before a file is used. `user_version` holds its version, and
// `application_id` tells a store of Drover from any other SQLite file.

import { rollBack, type SqliteDatabase } from "./driver.js";
import { unusable } from "./unusable.js";

const VERSION = 3;
/** "DRVR" in ASCII. */
const APPLICATION_ID = 0x44525652;

/**
 * Payload and result lie apart: SQLite rewrites a whole row with every change, and they never change. `rank` is of
 * priority, lease and depth, so that the claim reads its index forwards. `available_time` is also the end of the lease.
 */
const TABLES = [
  `CREATE TABLE job (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    queue TEXT NOT NULL,
    rank INTEGER NOT NULL,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    max_attempts INTEGER NOT NULL,
    deadline_time INTEGER,
    retention_ms INTEGER,
    create_time INTEGER NOT NULL,
    state INTEGER NOT NULL,
    state_reason TEXT,
    available_time INTEGER,
    revision INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    attempt_count INTEGER NOT NULL,
    interrupted_count INTEGER NOT NULL,
    busy_count INTEGER NOT NULL,
    lease_holder TEXT,
    lease_token TEXT,
    lease_due_time INTEGER,
    lease_start_time INTEGER,
    lease_accepted INTEGER,
    last_token TEXT,
    cancel TEXT,
    progress TEXT,
    failure TEXT,
    attempts TEXT,
    result_content_type TEXT,
    retried_by TEXT,
    start_time INTEGER,
    finish_time INTEGER,
    expire_time INTEGER,
    batch TEXT,
    completes TEXT,
    parent TEXT,
    batches TEXT,
    own_end TEXT,
    check_time INTEGER
  ) STRICT`,
  `CREATE TABLE batch (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL,
    spec TEXT NOT NULL,
    parent TEXT,
    root TEXT,
    state INTEGER NOT NULL,
    state_reason TEXT,
    cancel TEXT,
    total INTEGER,
    tally TEXT,
    append_time INTEGER NOT NULL,
    check_time INTEGER,
    retried_by TEXT,
    create_time INTEGER NOT NULL,
    seal_time INTEGER,
    complete_time INTEGER,
    finish_time INTEGER,
    expire_time INTEGER,
    update_time INTEGER NOT NULL,
    revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`,
  "CREATE TABLE job_payload (seq INTEGER PRIMARY KEY, payload BLOB NOT NULL) STRICT",
  "CREATE TABLE job_result (seq INTEGER PRIMARY KEY, result BLOB NOT NULL) STRICT",
  `CREATE TABLE job_label (
    label TEXT NOT NULL,
    create_time INTEGER NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (label, create_time, id)
  ) STRICT, WITHOUT ROWID`,
  "CREATE TABLE queue (name TEXT PRIMARY KEY, paused INTEGER NOT NULL) STRICT, WITHOUT ROWID",
  "CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID",
];

/**
 * Few, since each is paid for with every write. Lists without a state merge the six runs of an index that begins with
 * one: an index of their own would cost a write for each job. `state` ends the claim's so that counts read no row.
 */
const INDEXES: Readonly<Record<string, string>> = {
  job_claim: "ON job (queue, rank, available_time, state) WHERE available_time IS NOT NULL",
  job_by_state: "ON job (state, create_time, id)",
  job_by_queue: "ON job (queue, state, create_time, id)",
  job_by_kind: "ON job (kind, create_time, id)",
  job_expire: "ON job (expire_time) WHERE expire_time IS NOT NULL",
  job_cancel: "ON job (available_time) WHERE cancel IS NOT NULL",
  job_deadline: "ON job (deadline_time) WHERE deadline_time IS NOT NULL AND available_time IS NOT NULL",
  job_check: "ON job (check_time) WHERE check_time IS NOT NULL",
  // Live members, counts, and what changed since a time, all from one.
  job_by_batch_state: "ON job (batch, state, update_time, id) WHERE batch IS NOT NULL",
  job_by_batch: "ON job (batch, create_time, id) WHERE batch IS NOT NULL",
  job_by_parent: "ON job (parent, create_time, id) WHERE parent IS NOT NULL",
  batch_check: "ON batch (check_time) WHERE check_time IS NOT NULL",
  batch_by_state: "ON batch (state, create_time, id)",
  batch_by_parent: "ON batch (parent, create_time, id) WHERE parent IS NOT NULL",
  batch_by_root: "ON batch (root, create_time, id) WHERE root IS NOT NULL",
  batch_expire: "ON batch (expire_time) WHERE expire_time IS NOT NULL",
};

/** Makes what is absent in a transaction; FAILED_PRECONDITION if the file holds anything else. */
export function prepareSchema(database: SqliteDatabase, path: string): void {
  const version = pragma(database, "user_version");
  const application = pragma(database, "application_id");
  const { count } = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get() as { count: number };
  if (count > 0 && application !== APPLICATION_ID) throw unusable(path, "it is a database of another application");
  if (count > 0 && version !== VERSION) {
    throw unusable(path, `its schema has version ${version}, this Drover knows ${VERSION}`);
  }
  database.exec("BEGIN IMMEDIATE");
  try {
    if (count === 0) for (const table of TABLES) database.exec(table);
    for (const [name, definition] of Object.entries(INDEXES)) checkIndex(database, path, name, definition);
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.exec(`PRAGMA user_version = ${VERSION}`);
    database.exec("COMMIT");
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

function checkIndex(database: SqliteDatabase, path: string, name: string, definition: string): void {
  const sql = `CREATE INDEX ${name} ${definition}`;
  const found = database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?").get(name);
  if (found === undefined) database.exec(sql);
  else if ((found as { sql: string }).sql !== sql)
    throw unusable(path, `its index ${name} is not as this Drover makes it`);
}

function pragma(database: SqliteDatabase, name: "user_version" | "application_id"): number {
  const row = database.prepare(`PRAGMA ${name}`).get() as Readonly<Record<string, number>>;
  return row[name] ?? 0;
}
