// When a page asks to be called again: Retry-After in seconds or as a date (RFC 9110, section 10.2.3).

import { limits } from "../core/limits.js";
import { type AnswerHeaders, headerOf } from "./answer-headers.js";

const DAY_NAME = /^(mon|tue|wed|thu|fri|sat|sun)/i;

/**
 * Undefined where the page does not say, or says what is no time, or "at once": a busy page that is called at once
 * would use up its busy answers in seconds, so the backoff decides.
 */
export function retryAfterMs(headers: AnswerHeaders, now: number): number | undefined {
  const value = headerOf(headers, "retry-after")?.trim();
  if (value === undefined) return undefined;
  const delay = /^\d+$/.test(value) ? Number(value) * 1_000 : delayUntil(value, headers, now);
  return delay === undefined || !(delay > 0) ? undefined : Math.min(delay, limits.retryAfterMaxMs);
}

/** By the page's own clock, where it tells its time: clocks may differ by hours. */
function delayUntil(value: string, headers: AnswerHeaders, now: number): number | undefined {
  const time = timeOf(value);
  return time === undefined ? undefined : time - (timeOf(headerOf(headers, "date") ?? "") ?? now);
}

/** Any of the three forms of an HTTP date (RFC 9110, section 5.6.7); the last, asctime, does not say that it is GMT. */
function timeOf(value: string): number | undefined {
  if (!DAY_NAME.test(value)) return undefined;
  const time = Date.parse(value.endsWith("GMT") ? value : `${value} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
