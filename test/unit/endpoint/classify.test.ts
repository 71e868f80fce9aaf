// The table "The contract with a page", as a table.

import { describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { failureOutcome, formOf, resultOutcome } from "../../../server/endpoint/classify.js";

const NOW = Date.parse("Wed, 21 Oct 2026 07:28:00 GMT");
const text = (value: string) => new TextEncoder().encode(value);
const failure = (status: number, headers: Record<string, string> = {}, body = "") =>
  failureOutcome(status, headers, text(body), NOW);

describe("the meaning of a status", () => {
  it.each([408, 409, 425, 500, 501, 502, 504, 505, 507, 599, 600, 999])("%i is tried again", (status) => {
    expect(failure(status)).toEqual({
      kind: "failed",
      reason: "HTTP_STATUS",
      httpStatus: status,
      message: `answered ${status}`,
    });
  });

  it.each([429, 503])("%i is busy", (status) => {
    expect(failure(status)).toEqual({ kind: "busy", httpStatus: status, message: `answered ${status}` });
  });

  it.each([400, 401, 403, 404, 405, 406, 410, 413, 415, 418, 422, 424, 426, 428, 431, 451, 499])(
    "%i is never tried again",
    (status) => {
      expect(failure(status)).toMatchObject({ kind: "rejected", reason: "HTTP_STATUS", httpStatus: status });
    },
  );

  it.each([300, 301, 302, 303, 304, 307, 308])("%i is a redirect, and never followed", (status) => {
    expect(failure(status, { location: "/x?key=1" })).toEqual({
      kind: "rejected",
      reason: "REDIRECT",
      httpStatus: status,
      message: `answered ${status}: redirects are not followed`,
    });
  });

  it.each([408, 429, 500, 503, 404])("%i with Job-Retry: no is never tried again", (status) => {
    expect(failure(status, { "job-retry": " No " })).toMatchObject({ kind: "rejected", httpStatus: status });
  });

  it("another value of Job-Retry changes nothing", () => {
    expect(failure(500, { "job-retry": "yes" }).kind).toBe("failed");
    expect(failure(404, { "job-retry": "yes" }).kind).toBe("rejected");
  });

  it("202 is accepted, whatever it carries", () => {
    expect(formOf(202, { "content-type": "application/x-ndjson" })).toBe("accepted");
  });

  it.each([200, 201, 203, 206, 299])("%i is done, or a stream by its content type", (status) => {
    expect(formOf(status, {})).toBe("result");
    expect(formOf(status, { "content-type": "application/json" })).toBe("result");
    expect(formOf(status, { "content-type": "Application/X-NDJSON; charset=utf-8" })).toBe("ndjson");
    expect(formOf(status, { "content-type": "text/event-stream;charset=utf-8" })).toBe("sse");
  });

  it("204 and 205 are done with an empty result, never a stream", () => {
    expect(formOf(204, { "content-type": "text/event-stream" })).toBe("result");
    expect(formOf(205, { "content-type": "application/x-ndjson" })).toBe("result");
  });
});

describe("Retry-After", () => {
  const delay = (value: string, headers: Record<string, string> = {}) => {
    const outcome = failure(503, { "retry-after": value, ...headers });
    return outcome.kind === "busy" ? outcome.retryDelayMs : "not busy";
  };

  it("is read in seconds", () => expect(delay("120")).toBe(120_000));

  it.each(["Wed, 21 Oct 2026 07:30:00 GMT", "Wednesday, 21-Oct-26 07:30:00 GMT", "Wed Oct 21 07:30:00 2026"])(
    "is read as the date %s",
    (date) => expect(delay(date)).toBe(120_000),
  );

  it("as a date is counted from the page's own time, where it tells it", () => {
    const headers = { date: "Wed, 21 Oct 2026 04:28:00 GMT" };
    expect(delay("Wed, 21 Oct 2026 04:29:00 GMT", headers)).toBe(60_000);
  });

  it("is at most the longest wait that a page may ask for", () => {
    expect(delay("99999999999999999999")).toBe(limits.retryAfterMaxMs);
    expect(delay("Wed, 21 Oct 2099 07:30:00 GMT")).toBe(limits.retryAfterMaxMs);
  });

  it.each(["0", "-5", "1.5", "soon", "", "Wed, 21 Oct 2015 07:28:00 GMT", "2026-10-21T07:30:00Z", "Wed, 99 Foo"])(
    "%j leaves it to the backoff",
    (value) => expect(delay(value)).toBeUndefined(),
  );

  it("also delays the next try of a failure", () => {
    expect(failure(500, { "retry-after": "7" })).toMatchObject({ kind: "failed", retryDelayMs: 7_000 });
  });
});

describe("the message of a failure", () => {
  const message = (status: number, headers: Record<string, string>, body: string | Uint8Array): string => {
    const outcome = failureOutcome(status, headers, typeof body === "string" ? text(body) : body, NOW);
    return "message" in outcome ? outcome.message : expect.fail("no message");
  };

  it("is what the page said as text or JSON, on one line", () => {
    expect(message(500, { "content-type": "text/plain" }, "no\r\n\tdisk\u0000 left ")).toBe(
      "answered 500: no disk left",
    );
    expect(message(422, { "content-type": "application/problem+json" }, '{"title":"bad"}')).toBe(
      'answered 422: {"title":"bad"}',
    );
  });

  it("is the title of an HTML page", () => {
    const html = "<html><head><title>Runtime Error</title></head><body>…";
    expect(message(500, { "content-type": "text/html" }, html)).toBe("answered 500: Runtime Error");
  });

  it("leaves out what nobody can read", () => {
    expect(message(500, { "content-type": "image/png" }, "PNG")).toBe("answered 500");
    expect(message(500, { "content-type": "text/plain", "content-encoding": "gzip" }, "xx")).toBe("answered 500");
  });

  it("is bounded, and well-formed where the bound cut a character", () => {
    const cut = message(500, {}, text(`${"x".repeat(100)}é`).subarray(0, 101));
    expect(cut).toBe(`answered 500: ${"x".repeat(100)}`);
    const long = message(500, {}, `${"x".repeat(1_008)}😀😀`);
    expect([long.length, long.isWellFormed()]).toEqual([limits.messageChars, true]);
  });
});

describe("the content type of a result", () => {
  it("is the page's own", () => {
    expect(resultOutcome(200, { "content-type": "text/csv; header=present" }, text("a,b"))).toEqual({
      kind: "succeeded",
      httpStatus: 200,
      result: text("a,b"),
      contentType: "text/csv; header=present",
    });
  });

  it("is application/octet-stream where the page names none, or one that cannot be stored", () => {
    for (const headers of [{}, { "content-type": "x".repeat(300) }, { "content-type": "a\u00e9" }]) {
      expect(resultOutcome(200, headers, text("a"))).toMatchObject({ contentType: "application/octet-stream" });
    }
  });

  it("is empty for an empty result, which is no JSON", () => {
    expect(resultOutcome(200, { "content-type": "application/json" }, text(""))).toMatchObject({ contentType: "" });
  });
});
