// What one frame of a streamed answer says. Keys that it does not know are ignored, so that frames can grow; a known
// key with a value of the wrong type is a fault of the page, and told to it.

import type { Progress } from "../core/attempt.js";

export type Frame =
  | { readonly kind: "progress"; readonly progress: Omit<Progress, "updateTime"> }
  | { readonly kind: "log"; readonly message: string }
  /** The JSON text of the result exactly as the page wrote it: parsed and printed again, large integers would change. */
  | { readonly kind: "result"; readonly json: string }
  | {
      readonly kind: "error";
      readonly message: string;
      readonly retryable: boolean;
      /** As 503: it uses no attempt. */
      readonly busy: boolean;
      readonly retryDelayMs?: number;
    };

/** The frames in a piece of JSON, in the order in which they count: mostly one, none if no key is known. */
export function readFrame(text: string): readonly Frame[] | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return "a frame is not JSON";
  }
  if (!isRecord(parsed)) return "a frame is not a JSON object";
  const frames: Frame[] = [];
  if (isPresent(parsed.progress)) {
    const progress = readProgress(parsed.progress);
    if (typeof progress === "string") return progress;
    frames.push({ kind: "progress", progress });
  }
  if (isPresent(parsed.log)) {
    if (typeof parsed.log !== "string") return "log must be a string";
    frames.push({ kind: "log", message: parsed.log });
  }
  const failed = isPresent(parsed.error);
  if (Object.hasOwn(parsed, "result")) {
    if (failed) return "a frame has both result and error";
    frames.push({ kind: "result", json: textOfMember(text, "result") });
  } else if (failed) {
    const error = readError(parsed.error);
    if (typeof error === "string") return error;
    frames.push(error);
  }
  return frames;
}

function readProgress(value: unknown): Omit<Progress, "updateTime"> | string {
  if (!isRecord(value)) return "progress must be an object";
  const { done, total, message } = value;
  if (isPresent(done) && !isCount(done)) return "progress.done must be a number, 0 or more";
  if (isPresent(total) && !isCount(total)) return "progress.total must be a number, 0 or more";
  if (isPresent(message) && typeof message !== "string") return "progress.message must be a string";
  return {
    ...(isCount(done) ? { done } : {}),
    ...(isCount(total) ? { total } : {}),
    message: typeof message === "string" ? message : "",
  };
}

function readError(value: unknown): Frame | string {
  if (!isRecord(value)) return "error must be an object";
  const { message, retryable, busy, retryDelayMs } = value;
  if (isPresent(message) && typeof message !== "string") return "error.message must be a string";
  if (isPresent(retryable) && typeof retryable !== "boolean") return "error.retryable must be true or false";
  if (isPresent(busy) && typeof busy !== "boolean") return "error.busy must be true or false";
  if (isPresent(retryDelayMs) && !isCount(retryDelayMs)) return "error.retryDelayMs must be a number, 0 or more";
  return {
    kind: "error",
    message: typeof message === "string" ? message : "",
    // A page that does not say is retried, as one that answers 500 is.
    retryable: retryable !== false,
    busy: busy === true,
    // As with Retry-After, 0 leaves it to the backoff.
    ...(isCount(retryDelayMs) && retryDelayMs > 0 ? { retryDelayMs } : {}),
  };
}

/** Many languages write null for what is absent. */
function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** JSON has no infinity, but 1e999 is read as one. */
function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The text of a member's value in an object that is known to be valid JSON. The last one counts if a key comes twice,
 * as it does for JSON.parse. One pass over strings and brackets: about 1 ns a character.
 */
function textOfMember(text: string, key: string): string {
  let found = "";
  let depth = 0;
  let memberKey = "";
  let keyStart = -1;
  let valueStart = -1;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') {
      if (depth === 1 && valueStart < 0) keyStart = i;
      i = endOfString(text, i);
      if (keyStart >= 0) {
        memberKey = JSON.parse(text.slice(keyStart, i + 1));
        keyStart = -1;
      }
    } else if (char === "{" || char === "[") depth++;
    else if (depth === 1 && char === ":") valueStart = i + 1;
    else if (depth === 1 && (char === "," || char === "}")) {
      if (memberKey === key) found = text.slice(valueStart, i).trim();
      valueStart = -1;
      if (char === "}") depth--;
    } else if (char === "}" || char === "]") depth--;
  }
  return found;
}

/** Where the string that opens at `start` closes. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i;
}
