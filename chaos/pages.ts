// The page server of a run, a process of its own that nobody kills: the witness. Each call is on its disk before it is
// answered. `node pages.js JOURNAL SEED HTTP_DOOR…`; says `port=…` when it listens.

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { randomOf } from "../test/support/random.js";
import { fillBatch, type Speaker, say } from "./fill.js";
import { Journal } from "./journal.js";
import { Service } from "./service.js";
import { BUSY_DELAY_S, type Kind, nameOf, type PlannedBatch } from "./work.js";

/** A line of the journal: a page was called. */
export interface Called {
  readonly called: string;
  readonly jobId: string;
  readonly fence: number;
  readonly attempt: number;
  /** A digest of the attempt's token: equal where the token is. */
  readonly token: string;
  readonly body: string;
  readonly time: number;
}

/** A line of the journal: what the page is about to answer. */
export interface Answered {
  readonly answered: string;
  readonly jobId: string;
  readonly fence: number;
  readonly how: "done" | "failed" | "refused" | "busy" | "dropped" | "accepted";
  readonly time: number;
}

interface Call {
  readonly name: string;
  readonly by: { readonly jobId: string; readonly fence: number };
  readonly attempt: number;
  readonly token: string;
  readonly workMs: number;
  readonly times: number;
  readonly body: string;
  readonly response: ServerResponse;
}

const [path = "", seed = "0", ...doors] = process.argv.slice(2);
const journal = await Journal.open(path);
const service = new Service(doors);
const random = randomOf(Number(seed) + 1);
/** How often the pages that are busy at first were called. */
const busyCalls = new Map<string, number>();
const STREAM_LINES = 3;
/** Often in a lease. */
const REPORT_EVERY_MS = 400;

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => void serve(request, response));
server.listen(0, "127.0.0.1", () => process.stdout.write(`port=${(server.address() as AddressInfo).port}\n`));
const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request) pieces.push(piece);
  } catch {
    // The server died, or its link, before the call was complete: it was not made.
    return;
  }
  const url = new URL(request.url ?? "/", "http://pages");
  const header = (name: string) => String(request.headers[name]);
  const call: Call = {
    name: nameOf(request.url ?? ""),
    by: { jobId: header("job-id"), fence: Number(header("job-fence")) },
    attempt: Number(header("job-attempt")),
    token: header("job-token"),
    workMs: Number(url.searchParams.get("ms")),
    times: Number(url.searchParams.get("times")),
    body: Buffer.concat(pieces).toString(),
    response,
  };
  const { name, by, attempt } = call;
  const token = createHash("sha256").update(call.token).digest("base64url").slice(0, 12);
  const isTold = name.endsWith(".done");
  await journal.write({
    ...by,
    called: name,
    attempt,
    token,
    body: isTold ? call.body : "",
    time: Date.now(),
  } satisfies Called);
  const kind = url.pathname.split("/")[1] as Kind;
  await behaviours[kind](call);
}

/** The kinds of `work.ts`, one by one. */
const behaviours: Readonly<Record<Kind, (call: Call) => Promise<void>>> = {
  quick: async (call) => done(call),
  async slow(call) {
    await wait(call.workMs);
    done(call);
  },
  flaky: async (call) => (call.attempt <= call.times ? failed(call) : done(call)),
  fails: async (call) => failed(call),
  refuses: async (call) => refused(call),
  async busy(call) {
    const before = busyCalls.get(call.name) ?? 0;
    busyCalls.set(call.name, before + 1);
    if (before >= call.times) return done(call);
    note(call, "busy");
    call.response.writeHead(503, { "retry-after": String(BUSY_DELAY_S) }).end("later");
  },
  async drops(call) {
    if (call.attempt > call.times) return done(call);
    note(call, "dropped");
    call.response.destroy();
  },
  async later(call) {
    note(call, "accepted");
    call.response.writeHead(202).end();
    for (let left = call.workMs; left > 0; left -= REPORT_EVERY_MS) {
      const progress = { done: call.workMs - left, total: call.workMs };
      await say(speakerOf(call), "AttemptService/ReportProgress", { progress }, { names: [call.name] });
      await wait(Math.min(left, REPORT_EVERY_MS));
    }
    const request = { result: Buffer.from(resultOf(call)).toString("base64"), contentType: "application/json" };
    await say(speakerOf(call), "AttemptService/CompleteAttempt", request, { names: [call.name] });
  },
  async streams(call) {
    call.response.writeHead(200, { "content-type": "application/x-ndjson" });
    for (let line = 1; line <= STREAM_LINES; line++) {
      call.response.write(`${JSON.stringify({ progress: { done: line, total: STREAM_LINES } })}\n`);
      await wait(call.workMs / STREAM_LINES);
    }
    note(call, "done");
    call.response.end(`{"result":${resultOf(call)}}\n`);
  },
  // By then it has ended.
  expires: async (call) => done(call),
  // Its caller gives it up.
  hangs: async (call) => (call.attempt <= call.times ? undefined : done(call)),
  async master(call) {
    const batches = JSON.parse(call.body) as PlannedBatch[];
    const isCut = call.attempt <= call.times;
    for (const batch of batches) {
      const batchId = await fillBatch(speakerOf(call), batch, isCut ? 2 : undefined);
      if (batchId === undefined) return failed(call);
    }
    if (isCut) failed(call);
    else done(call);
  },
  async hasty(call) {
    const [batch] = JSON.parse(call.body) as [PlannedBatch];
    void fillBatch(speakerOf(call), batch, 2);
    await wait(random() * HASTY_MS);
    refused(call);
  },
};

/** A hasty page waits so long at most for the answer to what it has opened. */
const HASTY_MS = 10;

function speakerOf({ by, token }: Call): Speaker {
  return { service, journal, random, origin: origin(), by, token };
}

function resultOf({ name, by }: Call): string {
  return JSON.stringify({ name, fence: by.fence });
}

function done(call: Call): void {
  note(call, "done");
  call.response.writeHead(200, { "content-type": "application/json" }).end(resultOf(call));
}

function refused(call: Call): void {
  note(call, "refused");
  call.response.writeHead(404).end("no");
}

function failed(call: Call): void {
  note(call, "failed");
  call.response.writeHead(500).end("not yet");
}

function note({ name, by }: Call, how: Answered["how"]): void {
  void journal.write({ ...by, answered: name, how, time: Date.now() } satisfies Answered);
}

process.once("SIGTERM", async () => {
  server.closeAllConnections();
  await journal.close();
  process.exit(0);
});
