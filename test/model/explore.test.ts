// The explorer itself: it sees every state once, gives a shortest way to what is broken, and knows what cannot end.

import { describe, expect, it } from "vitest";
import { explore, type Model, put } from "./explore.js";

/** Two counters, each of which goes from 0 to 3. */
function counters(change: Partial<Model<number[]>> = {}): Model<number[]> {
  return {
    initial: [0, 0],
    next(from, { step }) {
      for (const [place, count] of from.entries()) {
        if (count < 3) step(`${place} rises`, (to) => put(to, { [place]: count + 1 }));
      }
    },
    broken: () => undefined,
    stuck: "I0 stuck",
    ended: (state) => state.every((count) => count === 3),
    ...change,
  };
}

describe("the explorer", () => {
  it("sees every state and step once", () => {
    expect(explore(counters())).toEqual({ states: 16, steps: 24, ends: 1 });
  });

  it("takes states as one that differ in their order only", () => {
    expect(explore(counters({ normalize: (state) => state.sort() })).states).toBe(10);
  });

  it("gives a shortest way to what is broken", () => {
    const broken = ([first = 0, second = 0]: number[]) => (first * second === 2 ? "I0 two" : undefined);
    const { violation } = explore(counters({ broken }));
    expect(violation?.what).toBe("I0 two");
    expect(violation?.trace).toHaveLength(3);
  });

  it("finds what a step itself breaks", () => {
    const { violation } = explore(counters({ next: (_, { step }) => step("breaks", () => "I0 a step") }));
    expect(violation).toEqual({ what: "I0 a step", trace: ["breaks"] });
  });

  it("finds a state from which no end can be reached, and the way there", () => {
    const stops = counters({ ended: ([first, second]) => first === 3 && second === 2 });
    expect(explore(stops).violation?.trace).toHaveLength(3);
  });

  it("counts on no step that may never come", () => {
    const hopes = counters({ next: ([first], { chance }) => first === 0 && chance("luck", (to) => to.fill(3)) });
    expect(explore(hopes).violation).toEqual({ what: "I0 stuck", trace: [] });
  });

  it("gives up on a model that does not end", () => {
    const endless = counters({ next: (_, { step }) => step("on", (to) => put(to, { 0: (to[0] ?? 0) + 1 })) });
    expect(() => explore(endless, 100)).toThrow("more than 100 states");
  });
});
