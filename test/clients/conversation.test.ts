// One conversation, held by the client of each language with a live server on each store: all steps pass, and all give
// the same answers step by step. What a step is stands in the README beside this file.

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";
import { type Breaks, startBreakingLine } from "./breaking-line.js";
import { type Language, OTHER_LANGUAGES, TYPESCRIPT } from "./languages.js";
import { build, type Held, hold, lackOf } from "./runner-process.js";

const CONVERSATION = "test/clients/conversation.json";
const SECRET = `whsec_${Buffer.from("a secret that page and server share").toString("base64")}`;
const { steps, line: breaks } = JSON.parse(readFileSync(CONVERSATION, "utf8")) as {
  readonly steps: readonly { readonly name: string }[];
  readonly line: Breaks;
};
const ALL_PASSED = `${steps.length} of ${steps.length} steps passed`;
const NEEDED = (process.env.DROVER_NEED ?? "").split(",");

describe.each(STORES)("the conversation on $name", ({ name: store, fresh }) => {
  let server: ServerProcess;
  let reference: Awaited<ReturnType<typeof heldBy>>;

  /** Over a line of its own, which breaks. */
  async function heldBy(language: Language): Promise<Held & { readonly broken: readonly string[] }> {
    const line = await startBreakingLine(server.grpc, breaks);
    try {
      const place = { grpc: line.address, http: server.http, secret: SECRET, conversation: CONVERSATION };
      return { ...(await hold(language, place)), broken: line.broken };
    } finally {
      await line.close();
    }
  }

  beforeAll(async () => {
    server = await startServer({ store: await fresh(), env: { DROVER_SIGNING_SECRET: SECRET } });
    await build(TYPESCRIPT);
    reference = await heldBy(TYPESCRIPT);
  });
  afterAll(() => server.stop());

  it("TypeScript: all steps pass", () => {
    report(TYPESCRIPT, store, reference);
    expectAllPassed(reference);
  });

  it.for(OTHER_LANGUAGES)(
    "$name: all steps pass, with the answers that TypeScript gets",
    async (language, { skip }) => {
      const lack = await lackOf(language);
      if (lack !== undefined) {
        if (NEEDED.includes(language.need)) throw new Error(`${language.name} is in DROVER_NEED and ${lack}`);
        const note = `${language.name} on ${store}: skipped, ${lack}`;
        console.log(note);
        return skip(note);
      }
      await build(language);
      const held = await heldBy(language);
      report(language, store, held);
      expectAllPassed(held);
      expect(reference.steps).toHaveLength(steps.length);
      for (const [index, { step, name, got }] of held.steps.entries()) {
        const { got: wanted } = reference.steps[index] ?? {};
        expect({ step, name, got }).toEqual({ step: index + 1, name: steps[index]?.name, got: wanted });
      }
    },
  );
});

function report({ name }: Language, store: string, { lastLine, exitCode, stderr }: Held): void {
  console.log(`${name} on ${store}: ${lastLine}`);
  if (exitCode !== 0) console.error(`what the runner in ${name} wrote on ${store}:\n${stderr.slice(-8_000)}`);
}

function expectAllPassed({ steps: lines, lastLine, exitCode, broken }: Held & { readonly broken: readonly string[] }) {
  const failed = lines.filter(({ ok }) => !ok).map(({ step, name, why }) => `step ${step}, ${name}: ${why}`);
  expect(failed).toEqual([]);
  expect([lastLine, exitCode]).toEqual([ALL_PASSED, 0]);
  expect(lines.map(({ name }) => name)).toEqual(steps.map(({ name }) => name));
  expect([...broken].sort()).toEqual([...breaks.loseAnswerTo, ...breaks.breakAt].sort());
}
