// A definition: one place from which types and checks flow to both sides, by any validator of Standard Schema.

import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  type BatchSummary,
  type DefinedJobHandle,
  type DroverClient,
  defineCompletion,
  defineJob,
  endpoint,
  type JobHandle,
  type PageJob,
} from "../../../sdk/index.js";
import { runPage } from "../../../sdk/testing.js";
import { gate, ScriptedServer, succeeded } from "./scripted-server.js";

const names = { kind: "resize", path: "/jobs/resize" };

const byZod = defineJob({
  ...names,
  input: z.object({ image: z.string(), width: z.number().default(100) }),
  result: z.object({ bytes: z.number() }),
});
const byValibot = defineJob({
  ...names,
  input: v.object({ image: v.string(), width: v.optional(v.number(), 100) }),
  result: v.object({ bytes: v.number() }),
});
const byArktype = defineJob({
  ...names,
  input: type({ image: "string", width: "number = 100" }),
  result: type({ bytes: "number" }),
});

describe("the types of a definition", () => {
  it("flow to submit, to the page and to the result, with zod, valibot and arktype", () => {
    type Given = { image: string; width?: number | undefined };
    type Seen = { image: string; width: number };
    // Only for the compiler: none of these calls is made.
    const typed = (drover: DroverClient) => {
      for (const job of [byZod, byValibot]) expectTypeOf(job.job).parameter(0).toExtend<Given>();
      expectTypeOf(byArktype.job).parameter(0).toExtend<{ image: string; width?: number }>();
      endpoint(byZod, (input, job) => {
        expectTypeOf(input).toEqualTypeOf<Seen>();
        expectTypeOf(job).toEqualTypeOf<PageJob>();
        return { bytes: input.width };
      });
      endpoint(byValibot, (input) => {
        expectTypeOf(input).toEqualTypeOf<Seen>();
        return Promise.resolve({ bytes: input.width });
      });
      endpoint(byArktype, (input) => {
        expectTypeOf(input).toEqualTypeOf<Seen>();
        return { bytes: input.width };
      });
      // @ts-expect-error: the page must return what the definition says.
      endpoint(byZod, () => ({ bytes: "many" }));
      // @ts-expect-error: the same with another validator.
      endpoint(byArktype, async () => ({}));
      // @ts-expect-error: image is missing.
      byZod.job({ width: 3 });
      // @ts-expect-error: a width is a number.
      byValibot.job({ image: "a", width: "3" });
      // @ts-expect-error: image is missing.
      byArktype.job({});
      const submitted = drover.submit(byZod.job({ image: "a" }));
      expectTypeOf(submitted).resolves.toHaveProperty("result").returns.resolves.toEqualTypeOf<{ bytes: number }>();
      const known = drover.job("j", byArktype).result();
      expectTypeOf(known).resolves.toEqualTypeOf<{ bytes: number }>();
      expectTypeOf(drover.submit({ url: "http://pages/x" })).resolves.toEqualTypeOf<JobHandle>();
      expectTypeOf(drover.job("j")).toEqualTypeOf<JobHandle>();
      expectTypeOf(drover.job("j", byValibot).retry()).resolves.toEqualTypeOf<
        DefinedJobHandle<(typeof byValibot)["result"]>
      >();
    };
    expect(typed).toBeTypeOf("function");
  });

  it("let a job have no input, and a result of any sort", () => {
    const bare = defineJob({ kind: "tick", path: "/tick" });
    expect(bare.job()).toMatchObject({ definition: bare, input: undefined });
    const typed = () => {
      // @ts-expect-error: it takes no input.
      bare.job({ a: 1 });
      endpoint(bare, (input) => {
        expectTypeOf(input).toEqualTypeOf<undefined>();
        return "anything";
      });
    };
    expect(typed).toBeTypeOf("function");
  });

  it("keep jobs and completions apart, and tell a completion its counts", () => {
    const closed = defineCompletion({ kind: "closed", path: "/closed", input: z.object({ month: z.string() }) });
    const typed = (drover: DroverClient, job: PageJob) => {
      endpoint(closed, ({ batch, input }) => {
        expectTypeOf(batch).toEqualTypeOf<BatchSummary>();
        expectTypeOf(batch.counts.failed).toEqualTypeOf<number>();
        expectTypeOf(input).toEqualTypeOf<{ month: string }>();
      });
      job.batch("images", [byZod.job({ image: "a" }), byArktype.job({ image: "b" })], {
        onComplete: closed.job({ month: "May" }),
      });
      // @ts-expect-error: the month is missing.
      job.batch("images", [], { onComplete: closed.job({}) });
      // @ts-expect-error: an ordinary job is told no counts.
      job.batch("images", [], { onComplete: byZod.job({ image: "a" }) });
      // @ts-expect-error: a completion runs only when a batch has ended.
      drover.submit(closed.job({ month: "May" }));
      // @ts-expect-error: nor is it a child.
      job.batch("images", [closed.job({ month: "May" })]);
    };
    expect(typed).toBeTypeOf("function");
  });
});

describe.each([
  ["zod", byZod],
  ["valibot", byValibot],
  ["arktype", byArktype],
] as const)("a job defined with %s", (_name, definition) => {
  const page = { definition, handler: ({ width }: { width: number }) => ({ bytes: width * 2 }) };

  it("is submitted with its kind, address and settings, and its result comes back", async () => {
    const seen = gate();
    let job: unknown;
    const server = await ScriptedServer.start({
      jobs: {
        submitJob(request) {
          job = request.job;
          seen.open();
          return { job: request.job };
        },
        async *watchJob({ jobId }) {
          yield succeeded(jobId, 3, '{"bytes":7}');
        },
      },
    });
    const drover = server.client({ pages: "https://app.example/internal/" });
    const handle = await drover.submit(definition.job({ image: "cat.png" }, { id: "cat", queue: "images" }));
    await seen.opened;
    expect(job).toMatchObject({
      id: "cat",
      kind: "resize",
      queue: "images",
      endpoint: { url: "https://app.example/internal/jobs/resize" },
      contentType: "application/json",
    });
    expect(await handle.result()).toEqual({ bytes: 7 });
  });

  it("is refused before it is sent when its input is wrong, and the field is named", async () => {
    const server = await ScriptedServer.start({});
    const drover = server.client({ pages: "https://app.example" });
    const wrong = definition.job({ image: 5 as unknown as string });
    const error = await drover.submit(wrong).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", violations: [{ field: "input.image" }] });
    expect(server.sessions).toHaveLength(0);
  });

  it("refuses a result that is not what it says", async () => {
    const server = await ScriptedServer.start({
      jobs: {
        async *watchJob({ jobId }) {
          yield succeeded(jobId, 3, '{"bytes":"seven"}');
        },
      },
    });
    const result = server.client().job("cat", definition).result();
    await expect(result).rejects.toMatchObject({ code: "INVALID_ARGUMENT", violations: [{ field: "result.bytes" }] });
  });

  it("gives its page the input with what the schema fills in", async () => {
    const run = await runPage(page as Parameters<typeof runPage<typeof byZod>>[0], { image: "cat.png" });
    expect(run.answer).toEqual({ word: "done", result: { bytes: 200 } });
  });
});

describe("a definition", () => {
  it("needs a kind, and a path that begins with a slash", () => {
    expect(() => defineJob({ kind: "", path: "/a" })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(() => defineJob({ kind: "a", path: "a" })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("gives its settings to each of its jobs, and each may have its own", async () => {
    const sent: unknown[] = [];
    const server = await ScriptedServer.start({
      jobs: {
        submitJob({ job }) {
          sent.push(job);
          return { job };
        },
      },
    });
    const drover = server.client({ pages: "app.example:8080" });
    const bare = defineJob({ kind: "tick", path: "/tick", queue: "ticks", maxAttempts: 3, priority: 5 });
    await drover.submit(bare.job());
    await drover.submit(bare.job(undefined, { maxAttempts: 9, pages: "https://elsewhere.example" }));
    expect(sent).toMatchObject([
      { kind: "tick", queue: "ticks", maxAttempts: 3, priority: 5, endpoint: { url: "http://app.example:8080/tick" } },
      { queue: "ticks", maxAttempts: 9, priority: 5, endpoint: { url: "https://elsewhere.example/tick" } },
    ]);
    expect((sent[0] as { payload: Uint8Array }).payload).toHaveLength(0);
  });

  it("cannot be submitted by a client that was not told where the pages are", async () => {
    const server = await ScriptedServer.start({});
    const error = await server
      .client()
      .submit(defineJob({ kind: "tick", path: "/tick" }).job())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", violations: [{ field: "pages" }] });
  });

  it("may be submitted many times over: a wrong input fails alone", async () => {
    const server = await ScriptedServer.start({
      jobs: { submitJobs: ({ jobs }) => ({ results: jobs.map(({ id }) => ({ jobId: id })) }) },
    });
    const drover = server.client({ pages: "https://app.example" });
    const jobs = ["a", 5 as unknown as string, "c"].map((image, index) => byZod.job({ image }, { id: `j${index}` }));
    expect(await drover.submitMany(jobs)).toMatchObject([
      { jobId: "j0" },
      { error: { code: "INVALID_ARGUMENT", violations: [{ field: "input.image" }] } },
      { jobId: "j2" },
    ]);
  });

  it("checks the input as its page will see it: a Date becomes a string on the way", async () => {
    const dated = defineJob({ kind: "dated", path: "/dated", input: z.object({ time: z.date() }) });
    const server = await ScriptedServer.start({});
    const submitted = server.client({ pages: "https://app.example" }).submit(dated.job({ time: new Date() }));
    await expect(submitted).rejects.toMatchObject({ violations: [{ field: "input.time" }] });
  });
});
