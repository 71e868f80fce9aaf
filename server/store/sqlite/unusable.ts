// Why a file cannot be opened as a store, told so that whoever starts a server knows what to change: the file's name is
// always there, and what the file system says of it where SQLite says little.

import { accessSync, constants, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import { DroverError } from "../../core/errors.js";
import { fromSqlite, RESULT, resultCode } from "./driver.js";

/** FAILED_PRECONDITION while nobody changes the file or its folder; UNAVAILABLE where it may pass, as a full disk does. */
export function openError(path: string, error: unknown): DroverError {
  if (error instanceof DroverError) return error;
  const why = reason(path, error);
  if (why !== undefined) return unusable(path, why, error);
  const { code, message } = fromSqlite(error);
  return new DroverError(code, `${path} cannot be opened: ${message}`, { cause: error });
}

export function unusable(path: string, why: string, cause?: unknown): DroverError {
  return new DroverError("FAILED_PRECONDITION", `${path} cannot be used as a SQLite store: ${why}`, { cause });
}

/**
 * SQLite takes a file that is shorter than its own header for an empty database, and would write over it. With a journal
 * beside it, it is one that was just being made when the machine died.
 */
export function refuseOtherFile(path: string): void {
  const file = stats(path);
  if (file?.isFile() !== true || file.size === 0 || file.size >= HEADER_BYTES) return;
  if (stats(`${path}-journal`) === undefined) throw unusable(path, NOT_A_DATABASE);
}

const HEADER_BYTES = 512;
const NOT_OURS = ["EACCES", "EPERM", "EISDIR", "EROFS"];
const NOT_A_DATABASE = "it is not a SQLite database";

/** Undefined: neither the path nor its rights are to blame. */
function reason(path: string, error: unknown): string | undefined {
  const code = resultCode(error);
  if (code === RESULT.NOTADB) return NOT_A_DATABASE;
  if (code === RESULT.CORRUPT) return "it is damaged";
  const file = stats(path);
  if (file?.isDirectory()) return "it is a folder";
  if (file !== undefined && !file.isFile()) return "it is not an ordinary file";
  const folder = dirname(path);
  if (!stats(folder)?.isDirectory()) return `there is no folder ${folder}`;
  if (file !== undefined && !mayWrite(path)) return "this process may not read and write it";
  if (!mayWrite(folder)) return `this process may not write to ${folder}, where its journal goes`;
  if (code === RESULT.CANTOPEN || code === RESULT.READONLY) return (error as Error).message;
  return beside(error as NodeJS.ErrnoException);
}

/** The note of the file's owner may be another user's, though the file is not. */
function beside({ code = "", path }: NodeJS.ErrnoException): string | undefined {
  return path !== undefined && NOT_OURS.includes(code) ? `${path} cannot be written` : undefined;
}

function stats(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // Absent, or not to be seen: the folder above tells which.
    return undefined;
  }
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
