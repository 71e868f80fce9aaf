// The pages of each language as they are in examples/pages, started as a reader starts them and called by a running
// server: a master that is called twice and makes its children once, children that tell how far they are while they
// work, and calls that Drover did not sign.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type DroverClient, type Job } from "@drover/sdk";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServerProcess, startServer } from "../support/server.js";
import { loseFirstAnswer } from "./lost-answer.js";
import { PAGE_LANGUAGES, type PageLanguage } from "./page-languages.js";
import { type PageProcess, startPageProcess } from "./page-process.js";
import { build, lackOf } from "./runner-process.js";

const SECRET = `whsec_${Buffer.from("a secret that pages and server share").toString("base64")}`;
const OTHER_SECRET = `whsec_${Buffer.from("a secret that only a stranger knows").toString("base64")}`;
const USERS = 5;
/** From its first line to its last a page works for 600 ms; lines that were held back would come together. */
const AT_LEAST_APART_MS = 150;
const LINES = [
  { progress: { done: 1, total: 3 } },
  { progress: { done: 2, total: 3 } },
  { progress: { done: 3, total: 3 } },
  { result: { userid: 7, rows: 21 } },
];
/** These languages may not be skipped: `DROVER_NEED=php,shell`. */
const NEEDED = (process.env.DROVER_NEED ?? "").split(",");
/** What is compiled or installed first takes its time. */
const LIMIT_MS = 240_000;

let folder: string;
let server: ServerProcess;
let client: DroverClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "drover-pages-"));
  server = await startServer({ store: `sqlite:${join(folder, "jobs.db")}`, env: { DROVER_SIGNING_SECRET: SECRET } });
  client = createClient({ address: server.grpc });
});
afterAll(async () => {
  await client.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("pages in another language", () => {
  it.for(PAGE_LANGUAGES)(
    "$name: stream, check who calls, and make children once",
    { timeout: LIMIT_MS },
    async (language, { skip }) => {
      const lack = await lackOf(language);
      if (lack !== undefined) {
        const note = `${language.name} pages: skipped: ${lack}`;
        if (NEEDED.includes(language.need)) throw new Error(`DROVER_NEED names ${language.need}, but ${note}`);
        console.log(note);
        return skip(note);
      }
      await build(language);
      const pages = await startPageProcess(language, { DROVER_SIGNING_SECRET: SECRET, DROVER_ADDRESS: server.grpc });
      try {
        await checksWhoCalls(pages, language);
        await streams(pages, language);
        await billsOnce(pages, language);
      } catch (error) {
        console.error(`what the ${language.name} pages wrote:\n${pages.output()}`);
        throw error;
      } finally {
        await pages.stop();
      }
      console.log(`${language.name} pages: passed`);
    },
  );
});

interface Call {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers such as Drover sends them with this body. */
function signed(body: string, { secret = SECRET, date = new Date() } = {}): Record<string, string> {
  const signature = new Webhook(secret).sign("job-1.1", date, body);
  const timestamp = String(Math.floor(date.getTime() / 1_000));
  const own = { "job-id": "job-1", "job-fence": "1" };
  return { ...own, "webhook-id": "job-1.1", "webhook-timestamp": timestamp, "webhook-signature": signature };
}

function call({ host }: PageProcess, path: string, { body = "", headers = signed(body) }: Call = {}) {
  const all = { "content-type": "application/json", ...headers };
  return fetch(`http://${host}${path}`, { method: "POST", body, headers: all });
}

async function statusOf(answer: Promise<Response>): Promise<number> {
  const response = await answer;
  await response.arrayBuffer();
  return response.status;
}

async function checksWhoCalls(page: PageProcess, { pages: { master, child } }: PageLanguage): Promise<void> {
  const body = JSON.stringify({ users: 2 });
  const right = signed(body);
  const wrong = {
    "no signature": {},
    "the secret of a stranger": signed(body, { secret: OTHER_SECRET }),
    "another body": signed(JSON.stringify({ users: 1 })),
    "another call": { ...right, "webhook-id": "job-1.2" },
    "the signature of another job": { ...right, "job-id": "job-2" },
    "the signature of another call": { ...right, "job-fence": "2" },
    "a signature without its kind": { ...right, "webhook-signature": right["webhook-signature"]?.slice(3) ?? "" },
    "a call of ten minutes ago": signed(body, { date: new Date(Date.now() - 600_000) }),
    "a call of ten minutes from now": signed(body, { date: new Date(Date.now() + 600_000) }),
    "a time that is none": { ...right, "webhook-timestamp": "08:00" },
  };
  const token = {
    "job-service": `http://${server.http}`,
    "job-token": "not.one",
    "job-attempt": "1",
  };
  for (const path of [master, `${child}?userid=7`]) {
    for (const [what, headers] of Object.entries(wrong)) {
      expect(await statusOf(call(page, path, { body, headers: { ...token, ...headers } })), `${what} at ${path}`).toBe(
        401,
      );
    }
  }
  // The same call, rightly signed, gets as far as Drover's own doors, which do not know the token.
  const asked = await call(page, master, { body, headers: { ...token, ...right } });
  expect([asked.status, (await asked.text()).length > 0]).toEqual([500, true]);
  const refused = (status: number) => status >= 400 && status < 500 && ![401, 408, 409, 425, 429].includes(status);
  for (const path of [`${child}?userid=x`, child]) expect(await statusOf(call(page, path)), path).toSatisfy(refused);
  for (const input of ['{"users": 0}', '{"users": 1001}', '{"users": "x"}', "{}", "users"]) {
    const headers = { ...token, ...signed(input) };
    expect(await statusOf(call(page, master, { body: input, headers })), input).toSatisfy(refused);
  }
  expect(await statusOf(call(page, master.replace("billing", "nothing")))).toSatisfy(refused);
}

/** Without Drover between: what is written comes as it is written. Signed by two secrets, as while one is replaced. */
async function streams(page: PageProcess, { pages: { child } }: PageLanguage): Promise<void> {
  const right = signed("");
  const both = `${signed("", { secret: OTHER_SECRET })["webhook-signature"]} ${right["webhook-signature"]}`;
  const response = await call(page, `${child}?userid=7`, { headers: { ...right, "webhook-signature": both } });
  expect([response.status, response.headers.get("content-type")?.split(";")[0]]).toEqual([200, "application/x-ndjson"]);
  let text = "";
  const times: number[] = [];
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    times.push(performance.now());
  }
  expect(
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(LINES);
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(AT_LEAST_APART_MS);
}

async function billsOnce({ host }: PageProcess, { pages: { master } }: PageLanguage): Promise<void> {
  const between = await loseFirstAnswer(host);
  // No child is called until all are watched, so that no sight of one is missed.
  await client.queues.pause("default");
  const url = `${between.origin}${master}`;
  const backoff = { initialMs: 0, maxMs: 0 };
  const job = await client.submit({ url, queue: "billing", payload: { users: USERS }, backoff });
  const batchId = await batchOf(job.id);
  const waiting: Job[] = [];
  for await (const child of client.list({ batchId })) waiting.push(child);
  const sights = await watchAll(waiting, () => client.queues.resume("default"));

  const end = await lastOf(client.watch(job.id));
  expect([end.state, end.attempts.length, end.batchIds]).toEqual(["SUCCEEDED", 2, [batchId]]);
  expect(between.answers.map(({ status, body }) => [status, JSON.parse(body)])).toEqual([
    [200, { batch: batchId, users: USERS, existing: false }],
    [200, { batch: batchId, users: USERS, existing: true }],
  ]);
  expect(end.result).toEqual({ batch: batchId, users: USERS, existing: true });
  await between.close();

  expect(end.batchCounts).toMatchObject({ total: USERS, succeeded: USERS });
  const children: Job[] = [];
  for await (const child of client.list({ parentJobId: job.id, view: "FULL" })) children.push(child);
  children.sort((one, other) => (one.childKey ?? "").localeCompare(other.childKey ?? ""));
  expect(children.map(({ childKey, attemptCount, result }) => [childKey, attemptCount, result])).toEqual(
    Array.from({ length: USERS }, (_, at) => [`user-${at + 1}`, 1, { userid: at + 1, rows: 3 * (at + 1) }]),
  );
  for (const child of children) {
    const early = sights.get(child.id)?.find(({ state, progress }) => state === "RUNNING" && progress !== undefined);
    expect(early?.progress).toMatchObject({ done: expect.toSatisfy((done) => done < 3), total: 3 });
    const shownBeforeMs = Number(child.finishTime) - Number(early?.progress?.updateTime);
    expect(shownBeforeMs).toBeGreaterThan(AT_LEAST_APART_MS);
    expect(Number(end.finishTime)).toBeGreaterThanOrEqual(Number(child.finishTime));
  }
}

/** The batch that a master has made, once its page has answered well. */
async function batchOf(rootJobId: string): Promise<string> {
  for await (const { state, batchIds } of client.watch(rootJobId)) {
    if (state === "WAITING") return batchIds[0] ?? "";
  }
  throw new Error(`${rootJobId} ended and never waited for children`);
}

/** All that watches of these jobs show until each has ended, by job; `begun` is called once they all show theirs. */
async function watchAll(jobs: readonly Job[], begun: () => Promise<unknown>): Promise<ReadonlyMap<string, Job[]>> {
  const watches = jobs.map(({ id }) => client.watch(id));
  const first = await Promise.all(watches.map((watch) => watch.next()));
  await begun();
  const shown = watches.map(async (watch, at): Promise<[string, Job[]]> => {
    const sights: Job[] = [first[at]?.value];
    for await (const sight of watch) sights.push(sight);
    return [jobs[at]?.id ?? "", sights];
  });
  return new Map(await Promise.all(shown));
}

async function lastOf(jobs: AsyncIterable<Job>): Promise<Job> {
  let last: Job | undefined;
  for await (const job of jobs) last = job;
  if (last === undefined) throw new Error("nothing was shown");
  return last;
}
