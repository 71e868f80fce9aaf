// Sets: what is written together, what is not, and what becomes of each item.

import { describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { Gatherer } from "../../../server/engine/gather.js";
import { ManualClock } from "../../support/manual-clock.js";

/** Lets what is due in this turn of the event loop run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function gatherer(write: (items: readonly string[]) => Promise<readonly string[]>, keyOf?: (item: string) => string) {
  const clock = new ManualClock();
  const bytesOf = (item: string) => item.length;
  return { clock, gather: new Gatherer({ clock, write, bytesOf, ...(keyOf === undefined ? {} : { keyOf }) }) };
}

describe("what is written at the same time", () => {
  it("shares one write, and each item gets its own result", async () => {
    const sets: (readonly string[])[] = [];
    const { gather } = gatherer(async (items) => {
      sets.push(items);
      return items.map((item) => item.toUpperCase());
    });
    expect(await Promise.all(["a", "b", "c"].map((item) => gather.add(item)))).toEqual(["A", "B", "C"]);
    expect(sets).toEqual([["a", "b", "c"]]);
  });

  it("that comes during a write goes with the next one, after its spacing", async () => {
    const sets: (readonly string[])[] = [];
    let finish: () => void = () => {};
    const { gather, clock } = gatherer(async (items) => {
      sets.push(items);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return items;
    });
    const first = gather.add("a");
    await turn();
    const later = Promise.all([gather.add("b"), gather.add("c")]);
    await turn();
    expect(sets).toEqual([["a"]]);
    finish();
    await first;
    await turn();
    clock.advance(limits.gatherMs);
    await turn();
    finish();
    await later;
    expect(sets).toEqual([["a"], ["b", "c"]]);
  });

  it("has a second write beside the first once many wait, and no third", async () => {
    const sets: (readonly string[])[] = [];
    const finish: (() => void)[] = [];
    const write = async (items: readonly string[]) => {
      sets.push(items);
      await new Promise<void>((resolve) => finish.push(resolve));
      return items;
    };
    const clock = new ManualClock();
    const gather = new Gatherer({ clock, write, secondAt: 2 });
    const all = ["a"].map((item) => gather.add(item));
    await turn();
    for (const item of ["b", "c", "d", "e"]) all.push(gather.add(item));
    // At once, within the same turn.
    expect(sets).toEqual([["a"], ["b", "c"]]);
    finish.shift()?.();
    await turn();
    expect(sets).toEqual([["a"], ["b", "c"], ["d", "e"]]);
    for (const end of finish) end();
    expect(await Promise.all(all)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("fails together, and the next set is not touched by it", async () => {
    let failing = true;
    const { gather, clock } = gatherer(async (items) => {
      if (failing) throw new Error("no store");
      return items;
    });
    const failed = await Promise.allSettled([gather.add("a"), gather.add("b")]);
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    failing = false;
    const next = gather.add("c");
    clock.advance(limits.gatherMs);
    expect(await next).toBe("c");
  });

  it("never shares a set with an item of the same key", async () => {
    const sets: (readonly string[])[] = [];
    const { gather, clock } = gatherer(
      async (items) => {
        sets.push(items);
        return items;
      },
      (item) => item.slice(0, 1),
    );
    const all = Promise.all(["a1", "a2", "b1"].map((item) => gather.add(item)));
    await turn();
    await turn();
    clock.advance(limits.gatherMs);
    await all;
    expect(sets).toEqual([["a1", "b1"], ["a2"]]);
  });

  it("is cut into sets by bytes, but an item larger than the bound still goes alone", async () => {
    const sizes: number[] = [];
    const { gather, clock } = gatherer(async (items) => {
      sizes.push(items.length);
      return items;
    });
    const big = "x".repeat(limits.setBytes + 1);
    const all = Promise.all([gather.add(big), gather.add("a"), gather.add("b")]);
    await turn();
    await turn();
    clock.advance(limits.gatherMs);
    await all;
    expect(sizes).toEqual([1, 2]);
  });
});
