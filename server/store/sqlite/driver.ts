// SQLite itself: which binding is loaded, and what its errors mean. Knows nothing of jobs.
// Both bindings have the API of `node:sqlite`. Node's own is taken where its SQLite is new enough, else the package.

import { DroverError, storeUnavailable } from "../../core/errors.js";

/** SQLite's name for a database that is no file. */
export const MEMORY = ":memory:";

export type SqlValue = null | number | string | Uint8Array;

export interface Statement {
  run(...values: SqlValue[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string) => SqliteDatabase;
}

/** Older versions can lose a committed write when a WAL is reset (fixed in 3.51.3). */
const OLDEST_SAFE = [3, 51, 3] as const;

export async function loadSqlite(): Promise<SqliteModule> {
  const own = process.versions.sqlite;
  if (own !== undefined && isSafe(own)) {
    const builtin = process.getBuiltinModule("node:sqlite") as SqliteModule | undefined;
    if (builtin !== undefined) return builtin;
  }
  const module = await loadPackage();
  // Any statement on a file reads that file first, so the version is asked of a database in memory.
  const database = new module.DatabaseSync(MEMORY);
  const { version } = database.prepare("SELECT sqlite_version() AS version").get() as { version: string };
  database.close();
  if (isSafe(version)) return module;
  const message = `SQLite ${version} can lose writes; ${OLDEST_SAFE.join(".")} or later is needed`;
  throw new DroverError("FAILED_PRECONDITION", message);
}

async function loadPackage(): Promise<SqliteModule> {
  try {
    return (await import("@photostructure/sqlite")) as unknown as SqliteModule;
  } catch (cause) {
    throw new DroverError("FAILED_PRECONDITION", "the SQLite store needs the package @photostructure/sqlite", {
      cause,
    });
  }
}

function isSafe(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, least] of OLDEST_SAFE.entries()) {
    const part = parts[i] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

/** After an error, which is the one to tell of. */
export function rollBack(database: SqliteDatabase): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // SQLite has rolled back by itself, as it does when the disk is full, or had not begun.
  }
}

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
export const RESULT = {
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  NOTADB: 26,
} as const;

/** What the file system or another process causes, and no repeat of ours. */
const OUTSIDE: readonly number[] = [
  RESULT.BUSY,
  RESULT.LOCKED,
  RESULT.NOMEM,
  RESULT.READONLY,
  RESULT.IOERR,
  RESULT.CORRUPT,
  RESULT.FULL,
  RESULT.CANTOPEN,
  RESULT.PROTOCOL,
  RESULT.NOTADB,
];

/** The primary result code; undefined if SQLite did not raise it. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** The one door for what SQLite throws: UNAVAILABLE if its surroundings are to blame, else a mistake of ours. */
export function fromSqlite(error: unknown): DroverError {
  if (error instanceof DroverError) return error;
  const code = resultCode(error);
  if (code === RESULT.FULL || noRoom(error)) return diskFails("is full; repeat the call when there is room", error);
  if (code === RESULT.IOERR || code === RESULT.READONLY) {
    return diskFails("does not take or give what is asked of it; repeat the call", error);
  }
  if (code !== undefined && OUTSIDE.includes(code)) return storeUnavailable(error);
  return new DroverError("INTERNAL", "the SQLite store refused a statement", { cause: error });
}

/** What the file system says where SQLite is not between. */
function noRoom(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

function diskFails(how: string, cause: unknown): DroverError {
  const { retryDelayMs = 0 } = storeUnavailable(cause);
  return new DroverError("UNAVAILABLE", `the disk of the store ${how}`, { retryDelayMs, cause });
}
