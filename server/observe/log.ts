// The log: one JSON line an event, on standard error. Errors are shown by message and code; what could hold a
// credential, token or payload is never handed to it, and the usual names are blanked all the same.

import { pino } from "pino";
import type { Log } from "../core/observer.js";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export function createLog(level: LogLevel, fields: Readonly<Record<string, unknown>> = {}): Log {
  const logger = pino(
    {
      level,
      base: fields,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: ["token", "payload", "result", "headers", "authorization", "*.token", "*.payload"],
        remove: true,
      },
      serializers: { error: describe },
    },
    standardError(),
  );
  return {
    debug: (message, extra) => logger.debug(extra ?? {}, message),
    info: (message, extra) => logger.info(extra ?? {}, message),
    warn: (message, extra) => logger.warn(extra ?? {}, message),
    error: (message, extra) => logger.error(extra ?? {}, message),
  };
}

/** Lines that could not be written, for a disk that is full: written later, and the newest are lost beyond this. */
const UNWRITTEN_BYTES = 1024 * 1024;

/** A log that cannot be written ends no server. */
function standardError() {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: UNWRITTEN_BYTES });
  destination.on("error", () => {});
  return destination;
}

/**
 * Name, message, code and the chain of causes, without addresses' credentials. Of a defect, which has no code or is
 * INTERNAL, also where it was.
 */
function describe(error: unknown, depth = 0, isOfDefect = true): unknown {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? { code: error.code } : {};
  const isDefect = isOfDefect && (code.code === undefined || code.code === "INTERNAL");
  const cause = error.cause === undefined || depth >= 3 ? {} : { cause: describe(error.cause, depth + 1, isDefect) };
  const stack = isDefect ? { stack: error.stack } : {};
  return { name: error.name, message: error.message.replace(/\/\/[^@/\s]*@/g, "//"), ...code, ...stack, ...cause };
}
