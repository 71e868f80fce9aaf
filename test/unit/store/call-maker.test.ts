// What the thread of a SQLite file makes of the calls that come to it, with a real store in memory.

import { afterEach, beforeEach, expect, it } from "vitest";
import { CallMaker } from "../../../server/store/sqlite/call-maker.js";
import { SqliteStore } from "../../../server/store/sqlite/sqlite-store.js";
import type { Call, Verb } from "../../../server/store/sqlite/thread-messages.js";
import { newJob } from "../../support/jobs.js";

let store: SqliteStore;
let maker: CallMaker;
/** In the order in which things happened: calls that were begun, and messages with the verbs that they answer. */
let happened: string[];
/** Comes with the first message that is asked for. */
let behind: Call[];
let verbs: Verb[];

beforeEach(async () => {
  store = new SqliteStore({ path: ":memory:" });
  await store.open();
  happened = [];
  behind = [];
  verbs = [];
  for (const verb of ["insert", "claim", "listQueues"] as const) {
    const made = store[verb] as (...given: unknown[]) => Promise<unknown>;
    Object.assign(store, {
      [verb]: (...given: unknown[]) => {
        happened.push(verb);
        return made.apply(store, given);
      },
    });
  }
  maker = new CallMaker({
    store,
    received: () => behind.splice(0),
    answer: ({ answers }) => happened.push(`answer ${answers.map(({ number }) => verbs[number]).join("+")}`),
  });
});

afterEach(() => store.close());

const ARGUMENTS: Partial<Record<Verb, () => readonly unknown[]>> = {
  insert: () => [[newJob()]],
  claim: () => [{ holder: "test:1:abc", count: 10, leaseMs: 60_000, afterQueue: "" }],
  listQueues: () => ["", 10],
};

function call(verb: Verb): Call {
  verbs.push(verb);
  return { number: verbs.length - 1, verb, args: ARGUMENTS[verb]?.() ?? [] };
}

it("answers a write before it makes the read behind it", async () => {
  await maker.make([call("insert"), call("listQueues"), call("insert")]);
  expect(happened).toEqual(["insert", "answer insert", "listQueues", "answer listQueues", "insert", "answer insert"]);
});

it("takes what comes while it writes into the same commit, up to the first call that shares none", async () => {
  behind = [call("claim"), call("listQueues"), call("claim")];
  await maker.make([call("insert")]);
  expect(happened).toEqual([
    "insert",
    "claim",
    "answer insert+claim",
    "listQueues",
    "answer listQueues",
    "claim",
    "answer claim",
  ]);
});

it("leaves a second of the same verb to the next commit, so that one is answered while the other is committed", async () => {
  await maker.make([call("insert"), call("claim"), call("insert"), call("claim")]);
  const both = ["insert", "claim", "answer insert+claim"];
  expect(happened).toEqual([...both, ...both]);
});

it("makes what comes while it answers, once, and in order", async () => {
  const first = maker.make([call("insert"), call("listQueues")]);
  const second = maker.make([call("insert")]);
  await Promise.all([first, second]);
  expect(happened).toEqual(["insert", "answer insert", "listQueues", "answer listQueues", "insert", "answer insert"]);
});
