// Who owns a store's file. The lock is SQLite's own, exclusive, held while the file is open: the system frees it
// however the process ends, so there is no stale lock to judge. A file beside it only says who, for people.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { DroverError } from "../../core/errors.js";
import { limits } from "../../core/limits.js";
import { RESULT, resultCode, type SqliteDatabase } from "./driver.js";

/** Takes the file for this process; FAILED_PRECONDITION, naming the holder, if another has it. */
export function takeFile(database: SqliteDatabase, path: string): void {
  database.exec(`PRAGMA busy_timeout = ${limits.storeBusyMs}`);
  try {
    // The lock that a transaction takes is then kept. Set before the first read: no shared memory is needed either.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE; COMMIT");
  } catch (error) {
    const code = resultCode(error);
    if (code === RESULT.BUSY || code === RESULT.LOCKED) throw inUse(path, error);
    throw error;
  }
  writeFileSync(ownerFile(path), `${JSON.stringify({ host: hostname(), pid: process.pid })}\n`);
}

/**
 * Before the database is closed: closing alone frees the lock only once every prepared statement is collected. Out of
 * WAL mode first: a lock that was exclusive when WAL began cannot be lowered within it.
 */
export function leaveFile(database: SqliteDatabase, path: string): void {
  rmSync(ownerFile(path), { force: true });
  database.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL; SELECT 1 FROM sqlite_schema");
}

/** The same for a file that turned out to be no store of ours: nothing in it is touched. */
export function declineFile(database: SqliteDatabase, path: string): void {
  rmSync(ownerFile(path), { force: true });
  database.exec("PRAGMA locking_mode = NORMAL; SELECT 1 FROM sqlite_schema");
}

function inUse(path: string, cause: unknown): DroverError {
  const message = `${path} is in use by ${owner(path)}; one process owns a SQLite store`;
  return new DroverError("FAILED_PRECONDITION", message, { cause });
}

function owner(path: string): string {
  try {
    const { host, pid } = JSON.parse(readFileSync(ownerFile(path), "utf8")) as { host: string; pid: number };
    return `process ${pid} on ${host}`;
  } catch {
    // Another program than Drover, or one that has not written it yet: the lock is what counts.
    return "another process";
  }
}

function ownerFile(path: string): string {
  return `${path}.owner`;
}
