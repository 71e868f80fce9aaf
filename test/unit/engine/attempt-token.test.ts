// The attempt token: accepted only as it was signed, and only by servers with the same key.

import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AttemptTokens } from "../../../server/engine/attempt-token.js";

const tokens = new AttemptTokens(randomBytes(32));
const holding = { jobId: "job-1", token: "abcdefghijklmnopqrstuv" };

describe("an attempt token", () => {
  it("names the job and the lease that it was signed for", () => {
    expect(tokens.verify(tokens.sign(holding))).toEqual(holding);
  });

  it("also works for ids that the service derived", () => {
    const derived = { ...holding, jobId: "~a-_b" };
    expect(() => tokens.verify(tokens.sign(derived))).not.toThrow();
    expect(tokens.verify(tokens.sign(derived))).toEqual(derived);
  });

  it("is refused when any character of it is changed", () => {
    const token = tokens.sign(holding);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom("A", "z", "/", "0"), (at, other) => {
        fc.pre(token[at] !== other);
        const changed = token.slice(0, at) + other + token.slice(at + 1);
        expect(() => tokens.verify(changed)).toThrow(expect.objectContaining({ code: "PERMISSION_DENIED" }));
      }),
    );
  });

  it("is refused by a service with another key, and so is what is no token", () => {
    const other = new AttemptTokens(randomBytes(32));
    for (const text of [other.sign(holding), "", "//", "a/b", "a/b/c/d"]) {
      expect(() => tokens.verify(text)).toThrow(expect.objectContaining({ code: "PERMISSION_DENIED" }));
    }
  });
});
