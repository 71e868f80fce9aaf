// Pages run by an app's own tests, without a server: what they answer, what they show, which children they make.

import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { defineCompletion, defineJob, endpoint, later, never } from "../../../sdk/index.js";
import { runPage } from "../../../sdk/testing.js";

const greet = defineJob({
  kind: "greet",
  path: "/jobs/greet",
  queue: "greetings",
  input: z.object({ name: z.string().min(1), times: z.number().default(1) }),
  result: z.object({ text: z.string().transform((text) => text.length) }),
});
const page = endpoint(greet, ({ name, times }, job) => {
  if (name === "nobody") throw never("there is nobody");
  if (name === "asleep") throw later("asleep", { delayMs: 500 });
  if (name === "broken") throw new RangeError("broken");
  job.progress({ done: 1, total: times });
  job.log(`${name} in ${job.queue}, attempt ${job.attempt}`);
  return { text: name.repeat(times) };
});

describe("a page that is run by itself", () => {
  it("gives the result as whoever waits for it gets it, and what it showed", async () => {
    const run = await runPage(page, { name: "ann", times: 2 });
    expect(run).toEqual({
      answer: { word: "done", result: { text: 6 } },
      progress: [{ done: 1, total: 2 }],
      log: ["ann in greetings, attempt 1"],
      batches: [],
    });
    if (run.answer.word === "done") expectTypeOf(run.answer.result).toEqualTypeOf<{ text: number }>();
  });

  it("says later and never in words, and throws what the handler throws", async () => {
    const laterRun = await runPage(page, { name: "asleep" });
    expect(laterRun.answer).toEqual({ word: "later", message: "asleep", delayMs: 500 });
    expect((await runPage(page, { name: "nobody" })).answer).toEqual({ word: "never", message: "there is nobody" });
    await expect(runPage(page, { name: "broken" })).rejects.toThrow(RangeError);
  });

  it("answers never to an input that the definition refuses", async () => {
    const { answer } = await runPage(page, { name: "" });
    expect(answer).toMatchObject({ word: "never", message: expect.stringContaining("input.name") });
    // @ts-expect-error: the name is missing.
    expect((await runPage(page, {})).answer.word).toBe("never");
  });

  it("throws for a result that the definition refuses", async () => {
    const broken = { definition: greet, handler: () => ({ text: 5 as unknown as string }) };
    await expect(runPage(broken, { name: "ann" })).rejects.toMatchObject({ violations: [{ field: "result.text" }] });
  });

  it("is told of the attempt and of a cancel as the test says", async () => {
    const stop = new AbortController();
    stop.abort(new Error("cancelled"));
    const obedient = endpoint(greet, (_input, job) => {
      job.signal.throwIfAborted();
      return { text: "" };
    });
    await expect(runPage(obedient, { name: "ann" }, { signal: stop.signal })).rejects.toThrow("cancelled");
    const third = await runPage(page, { name: "ann" }, { attempt: 3 });
    expect(third.log).toEqual(["ann in greetings, attempt 3"]);
  });

  it("records the children that a master makes, and checks their inputs", async () => {
    const closed = defineCompletion({ kind: "closed", path: "/closed" });
    const master = defineJob({ kind: "master", path: "/master", input: z.array(z.string()) });
    const masterPage = endpoint(master, async (names, job) => {
      const batch = await job.batch(
        "greetings",
        names.map((name) => greet.job({ name })),
        { onComplete: closed.job() },
      );
      return batch.id;
    });
    const { batches } = await runPage(masterPage, ["ann", "bob"]);
    expect(batches).toMatchObject([
      { key: "greetings", children: [{ input: { name: "ann" } }, { input: { name: "bob" } }] },
    ]);
    expect(batches[0]?.options.onComplete).toMatchObject({ definition: closed });
    await expect(runPage(masterPage, ["ann", ""])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("of a completion is given a batch", async () => {
    const closed = defineCompletion({ kind: "closed", path: "/closed", result: z.number() });
    const counts = { total: 3, pending: 0, running: 0, waiting: 0, succeeded: 2, failed: 1, cancelled: 0 };
    const batch = { id: "b", key: "users", state: "FAILED", counts, labels: {} } as const;
    const run = await runPage(
      endpoint(closed, (given) => given.batch.counts.failed),
      { batch, input: undefined },
    );
    expect(run.answer).toEqual({ word: "done", result: 1 });
  });
});
