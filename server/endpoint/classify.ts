// What an answer means: the table "The contract with a page", row by row. Pure; reads status and headers, and a body
// that somebody else has read.

import type { CallOutcome } from "../core/caller.js";
import { limits } from "../core/limits.js";
import { shortText } from "../core/short-text.js";
import { type AnswerHeaders, headerOf } from "./answer-headers.js";
import { retryAfterMs } from "./retry-after.js";

type AnswerForm =
  /** The page will report by itself: the body means nothing. */
  | "accepted"
  /** The body is the result. */
  | "result"
  /** The body is frames of progress, and at last the result. */
  | "ndjson"
  | "sse"
  /** The status says what happened; the body is read for a message only. */
  | "failure";

export function formOf(status: number, headers: AnswerHeaders): AnswerForm {
  if (status === 202) return "accepted";
  if (status < 200 || status > 299) return "failure";
  if (status === 204 || status === 205) return "result"; // Never have a body, so no stream either.
  const type = mediaType(headers);
  if (type === "application/x-ndjson") return "ndjson";
  return type === "text/event-stream" ? "sse" : "result";
}

export function resultOutcome(status: number, headers: AnswerHeaders, body: Uint8Array): CallOutcome {
  const type = headerOf(headers, "content-type") ?? "";
  const usable = type !== "" && type.length <= limits.contentTypeChars && /^[\x20-\x7e]+$/.test(type);
  const contentType = body.length === 0 ? "" : usable ? type : "application/octet-stream";
  return { kind: "succeeded", httpStatus: status, result: body, contentType };
}

/** It will be as large the next time: not worth another attempt. */
export function resultTooLarge(status: number): CallOutcome {
  return {
    kind: "rejected",
    reason: "RESULT_TOO_LARGE",
    httpStatus: status,
    message: `the result is larger than ${limits.resultBytes} bytes`,
  };
}

/** Any status but 2xx. `body` is the beginning of what the page said; `now` is used if the page tells no time. */
export function failureOutcome(status: number, headers: AnswerHeaders, body: Uint8Array, now: number): CallOutcome {
  if (status >= 300 && status <= 399) {
    const message = `answered ${status}: redirects are not followed`;
    return { kind: "rejected", reason: "REDIRECT", httpStatus: status, message };
  }
  const said = messageIn(headers, body);
  const message = shortText(said === "" ? `answered ${status}` : `answered ${status}: ${said}`);
  if (saysNoRetry(headers)) return { kind: "rejected", reason: "HTTP_STATUS", httpStatus: status, message };
  const delay = retryAfterMs(headers, now);
  // A page that says when is left alone until then, whatever its status; the table asks it of 429 and 503.
  const retry = delay === undefined ? {} : { retryDelayMs: delay };
  if (status === 429 || status === 503) return { kind: "busy", httpStatus: status, message, ...retry };
  const final = status >= 400 && status <= 499 && status !== 408 && status !== 409 && status !== 425;
  if (final) return { kind: "rejected", reason: "HTTP_STATUS", httpStatus: status, message };
  return { kind: "failed", reason: "HTTP_STATUS", httpStatus: status, message, ...retry };
}

/** Whether the bytes of the body are something else than they seem: nobody asked for that, and nothing undoes it. */
export function isEncoded(headers: AnswerHeaders): boolean {
  const encoding = (headerOf(headers, "content-encoding") ?? "").trim().toLowerCase();
  return encoding !== "" && encoding !== "identity";
}

function saysNoRetry(headers: AnswerHeaders): boolean {
  return [headers["job-retry"]].flat().some((said) => said?.trim().toLowerCase() === "no");
}

/** What a person would read in it: text and JSON as they are, the title of an HTML page, nothing else. */
function messageIn(headers: AnswerHeaders, body: Uint8Array): string {
  if (body.length === 0 || isEncoded(headers)) return "";
  const type = mediaType(headers);
  // The bound may have cut a character in two: as part of a stream, the decoder keeps that for later.
  const text = new TextDecoder().decode(body, { stream: true });
  if (type === "text/html") return /<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? "";
  const readable = type === "" || type.startsWith("text/") || /^application\/([^/]+\+)?(json|xml)$/.test(type);
  return readable ? text : "";
}

function mediaType(headers: AnswerHeaders): string {
  return ((headerOf(headers, "content-type") ?? "").split(";", 1)[0] ?? "").trim().toLowerCase();
}
