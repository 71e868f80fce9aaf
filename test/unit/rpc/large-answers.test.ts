// How many calls with large answers one connection may have under way, and that none is forgotten.

import { beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../server/core/limits.js";
import { LargeAnswers } from "../../../server/rpc/large-answers.js";
import { turn } from "../../support/engine.js";

const AT_ONCE = (limits.connectionMebibytes * 1024 * 1024) / limits.messageBytes;

/** A call as grpc-js has it, for the largest of answers. */
class Call {
  cancelled = false;
  begun = false;
  readonly #leaves: (() => void)[] = [];
  readonly #peer: string;

  constructor(peer: string) {
    this.#peer = peer;
  }

  getPeer(): string {
    return this.#peer;
  }

  on(_event: "cancelled", leave: () => void): void {
    this.#leaves.push(leave);
  }

  /** Its answer has been read, or its caller has left. */
  end(): void {
    this.cancelled = true;
    for (const leave of this.#leaves) leave();
  }
}

let answers: LargeAnswers;
beforeEach(() => {
  answers = new LargeAnswers();
});

function begin(count: number, peer = "127.0.0.1:1", call = () => new Call(peer)): Call[] {
  return Array.from({ length: count }, () => {
    const begun = call();
    const asked = answers.begin(begun, limits.messageBytes);
    asked.then(
      () => {
        begun.begun = true;
      },
      () => {},
    );
    return begun;
  });
}

const underWay = (calls: readonly Call[]) => calls.filter(({ begun, cancelled }) => begun && !cancelled).length;

describe("calls with large answers", () => {
  it("of one connection are begun up to the bound, the next when one has ended", async () => {
    const calls = begin(AT_ONCE + 3);
    await turn();
    expect(calls.map(({ begun }) => begun)).toEqual([...Array(AT_ONCE).fill(true), false, false, false]);
    calls[0]?.end();
    await turn();
    await turn();
    expect(calls[AT_ONCE]?.begun).toBe(true);
    expect(underWay(calls)).toBe(AT_ONCE);
  });

  it("of another connection are begun meanwhile", async () => {
    begin(AT_ONCE + 1);
    const [other] = begin(1, "127.0.0.1:2");
    await turn();
    expect(other?.begun).toBe(true);
  });

  it("that leave while they wait are never begun, nor any in the place of those that leave with them", async () => {
    const calls = begin(3 * AT_ONCE);
    await turn();
    for (const call of calls) call.end();
    await turn();
    await turn();
    expect(calls.filter(({ begun }) => begun)).toHaveLength(AT_ONCE);
  });

  it("whose time was up before they were handed over take no place", async () => {
    const late = Object.assign(new Call("127.0.0.1:1"), { call: { cancelled: true } });
    await expect(answers.begin(late, limits.messageBytes)).rejects.toThrow("the caller left");
    const calls = begin(AT_ONCE);
    await turn();
    expect(underWay(calls)).toBe(AT_ONCE);
  });

  it("keep to the bound where the last one ends as a new one comes", async () => {
    for (let round = 0; round < 20; round++) {
      const first = begin(2);
      await turn();
      first[0]?.end();
      setImmediate(() => first[1]?.end());
      await turn();
      const next = begin(AT_ONCE);
      await turn();
      const more = begin(AT_ONCE);
      await turn();
      await turn();
      expect(underWay([...first, ...next, ...more])).toBe(AT_ONCE);
      for (const call of [...next, ...more]) call.end();
      await turn();
      await turn();
    }
  });
});
