// What the driver throws, in the words of the port: a store that cannot be reached, or a write whose outcome is not
// known, is UNAVAILABLE; all else is a defect and passes as it is.

import { MongoBulkWriteError, MongoError, MongoServerError } from "mongodb";
import { storeUnavailable } from "../../core/errors.js";

/** Server errors that say "not now": no primary, stepping down, shutting down, out of disk, not confirmed in time. */
const TRANSIENT = new Set([
  6, 7, 24, 50, 64, 79, 89, 91, 100, 112, 133, 134, 189, 202, 262, 317, 358, 384, 9001, 10107, 11600, 11602, 13388,
  13435, 13436, 14031,
]);

const UNREACHABLE =
  /^Mongo(Network|NetworkTimeout|ServerSelection|ServerClosed|TopologyClosed|NotConnected|PoolCleared|PoolClosed|WaitQueueTimeout|ExpiredSession|OperationTimeout|ClientClosed|PoolClearedOnNetwork)Error$/;

/** A connection that breaks while the driver writes to it surfaces as Node's own error (seen: EPIPE, driver 7.9). */
const BROKEN = new Set(["EPIPE", "ECONNRESET", "ECONNABORTED", "ENOTCONN", "ETIMEDOUT", "ERR_STREAM_DESTROYED"]);

export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof MongoError)) return error instanceof Error && "code" in error && BROKEN.has(`${error.code}`);
  if (UNREACHABLE.test(error.name)) return true;
  if (error.hasErrorLabel("RetryableWriteError") || error.hasErrorLabel("NetworkError")) return true;
  if (!(error instanceof MongoServerError)) return false;
  if (error instanceof MongoBulkWriteError) {
    // Without an error of a write it wraps what happened to the connection.
    return [error.writeErrors].flat().length === 0 || error.result.getWriteConcernError() !== undefined;
  }
  const concern = error.result?.writeConcernError ?? error.errorResponse?.writeConcernError;
  return concern !== undefined || (typeof error.code === "number" && TRANSIENT.has(error.code));
}

/** Runs it, and once more if the store was not there or did not confirm: every verb is harmless when repeated. */
export async function attempt<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (first) {
    if (!isUnavailable(first)) throw first;
    try {
      return await run();
    } catch (error) {
      throw isUnavailable(error) ? storeUnavailable(error) : error;
    }
  }
}
