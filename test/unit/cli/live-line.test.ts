// The live line of commands: drawn again in its place on a terminal, plain lines elsewhere.

import { describe, expect, it } from "vitest";
import { bar, LiveLine } from "../../../server/cli/live-line.js";

function written(isTTY: boolean, draw: (live: LiveLine) => void, intervalMs = 0): string {
  let text = "";
  const stream = { isTTY, columns: 12, write: (piece: string) => (text += piece) };
  draw(new LiveLine(stream, intervalMs));
  return text;
}

describe("a live line", () => {
  it("is drawn in its place on a terminal, cut to its width, and stays in full at the end", () => {
    const text = written(true, (live) => {
      live.show("one of five thousand");
      live.keep("a failure");
      live.show("two of five thousand");
      live.end();
    });
    expect(text).toBe("\r\x1b[2Kone of five\r\x1b[2Ka failure\n\r\x1b[2Ktwo of five thousand\n");
  });

  it("is a plain line for each state elsewhere, as seldom as asked for, the last one always", () => {
    const three = (live: LiveLine) => {
      for (const state of ["one", "two", "three"]) live.show(state);
      live.end();
    };
    expect(written(false, three)).toBe("one\ntwo\nthree\n");
    expect(written(false, three, 60_000)).toBe("three\n");
    expect(written(false, (live) => live.end())).toBe("");
  });
});

describe("a bar", () => {
  it("is as full as what it counts", () => {
    expect(bar(0, 0)).toBe("[------------------------] 0/0");
    expect(bar(12, 24)).toBe("[############------------] 12/24");
    expect(bar(30, 24)).toBe("[########################] 30/24");
  });
});
