// The protocol of the store, explored state by state: no interleaving of its steps breaks an invariant, an end can be
// reached from everywhere, and each rule is needed, since leaving it out is found. `MODEL_SIZE=large` explores more.

import { describe, expect, it } from "vitest";
import { subjects } from "./subjects.js";

const size = process.env.MODEL_SIZE === "large" ? "large" : "small";
const timeout = size === "large" ? 600_000 : 20_000;

describe.each(subjects)("the model of $name", (subject) => {
  it.each(subject[size].map((run) => [run.config, run] as const))(
    "keeps every invariant, and can always end: %s",
    (_, run) => {
      const { states, ends, violation } = run.explore();
      expect(violation).toBeUndefined();
      expect(states).toBeGreaterThan(run.bound);
      expect(ends).toBeGreaterThan(0);
    },
    timeout,
  );

  it.each(subject.mutants)("is broken by: %s", (mutant, invariant) => {
    const violation = subject.mutate(mutant);
    expect(violation?.what).toMatch(new RegExp(`^(?:I\\d+ )*${invariant} `));
    expect(violation?.trace).not.toEqual([]);
  });
});
