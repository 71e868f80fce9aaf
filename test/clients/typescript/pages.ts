// The page of the conversation, `/act`: what it does is told by its body. Who calls, what the call says of itself, its
// progress in band and its children are the SDK's page helper's; answers with a status of their own are given by hand.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AttemptClient, attemptFrom, defineJob, endpoint, type PageAttempt, type PageJob } from "@drover/sdk";
import { nodeListener } from "@drover/sdk/node";
import { z } from "zod";
import { batchJobsOf } from "./jobs.js";
import { isObject, type Json, type JsonObject } from "./json.js";

const ACT = defineJob({ kind: "act", path: "/act", input: z.record(z.string(), z.json()), result: z.any() });

interface Report {
  readonly done?: number;
  readonly total?: number;
  readonly message?: string;
  readonly gate?: string;
}

/** An answer that is given by hand, once it is known. */
interface ByHand {
  readonly response: Promise<Response>;
}

export class Pages {
  readonly origin: string;
  readonly #server: Server;
  readonly #calls = new Map<string, PageAttempt[]>();
  readonly #gates = new Map<string, { readonly opened: Promise<void>; open(): void }>();
  #onCall: (() => void)[] = [];

  private constructor(server: Server, secret: string) {
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on(
      "request",
      nodeListener((request) => this.#page(request, secret)),
    );
  }

  static async start(secret: string): Promise<Pages> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Pages(server, secret);
  }

  open(gate: string): void {
    this.#gate(gate).open();
  }

  /** The nth call for a job, as soon as it has come. */
  async called(jobId: string, nth: number): Promise<PageAttempt> {
    for (;;) {
      const call = this.#calls.get(jobId)?.[nth - 1];
      if (call !== undefined) return call;
      await new Promise<void>((resolve) => this.#onCall.push(resolve));
    }
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #page(request: Request, secret: string): Promise<Response> {
    let takeOver = (_answer: ByHand): void => {};
    const takenOver = new Promise<ByHand>((resolve) => {
      takeOver = resolve;
    });
    const page = endpoint(
      ACT,
      async (input, job) => {
        const body: JsonObject = input;
        const told = isObject(body.batch) ? (body.input as JsonObject) : body;
        return this.#act(told, job, { body, request, takeOver });
      },
      { secret },
    );
    const helper = page(request).then((response): ByHand => ({ response: Promise.resolve(response) }));
    return (await Promise.race([takenOver, helper])).response;
  }

  async #act(
    given: JsonObject,
    job: PageJob,
    call: { readonly body: JsonObject; readonly request: Request; takeOver(answer: ByHand): void },
  ): Promise<Json> {
    const act = this.#turnOf(given, this.#count(job));
    const byHand = async (response: Promise<Response>) => {
      call.takeOver({ response });
      await response;
      return null;
    };
    switch (act.act) {
      case "answer":
        return byHand(this.#passed(act.gate, job.signal).then(() => answerOf(act)));
      case "job":
        return { id: job.jobId, attempt: job.attempt, queue: job.queue, kind: job.kind };
      case "counts": {
        const { key = "", state = "", counts = {} } = call.body.batch as JsonObject;
        return { key, state, counts };
      }
      case "progress":
        for (const { gate, ...report } of reportsOf(act)) {
          job.progress(report);
          await this.#passed(gate, job.signal);
        }
        return act.body ?? {};
      case "accept":
        // Its work goes on after the answer, by itself: what fails there is told on standard error.
        this.#work(act, new AttemptClient(attemptFrom(call.request.headers))).catch(console.error);
        return byHand(Promise.resolve(new Response(null, { status: 202 })));
      case "children":
        return byHand(childrenOf(act, job));
      default:
        throw new Error(`no page knows how to ${JSON.stringify(act.act)}`);
    }
  }

  /** Which call of this job it is, from 1. */
  #count(attempt: PageAttempt): number {
    const calls = this.#calls.get(attempt.jobId) ?? [];
    calls.push(attempt);
    this.#calls.set(attempt.jobId, calls);
    for (const resolve of this.#onCall.splice(0)) resolve();
    return calls.length;
  }

  #turnOf(act: JsonObject, nth: number): JsonObject {
    if (act.act !== "turns") return act;
    const turns = act.turns as readonly JsonObject[];
    return turns[Math.min(nth, turns.length) - 1] as JsonObject;
  }

  async #work(act: JsonObject, attempt: AttemptClient): Promise<void> {
    for (const { gate, ...report } of reportsOf(act)) {
      await attempt.report(report);
      await this.#passed(gate);
    }
    await this.#passed(act.gate);
    if (act.then === "complete") await attempt.complete(act.body ?? {});
    if (act.then === "fail") await attempt.fail(String(act.message), { retryable: false });
  }

  /** Resolves when the gate is open, if there is one; rejects when the call is over before. */
  async #passed(gate: Json | undefined, signal?: AbortSignal): Promise<void> {
    if (typeof gate !== "string") return;
    const over = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    await Promise.race([this.#gate(gate).opened, over]);
  }

  #gate(name: string) {
    const known = this.#gates.get(name);
    if (known !== undefined) return known;
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const gate = { opened, open: () => open() };
    this.#gates.set(name, gate);
    return gate;
  }
}

function reportsOf(act: JsonObject): readonly Report[] {
  return (act.reports ?? []) as unknown as readonly Report[];
}

function answerOf({ status = 200, body = {}, headers = {} }: JsonObject): Response {
  const text = typeof body === "string";
  const type = text ? "text/plain" : "application/json";
  return new Response(text ? body : JSON.stringify(body), {
    status: Number(status),
    headers: { "content-type": type, ...(headers as Record<string, string>) },
  });
}

async function childrenOf(act: JsonObject, job: PageJob): Promise<Response> {
  await job.batch(String(act.key), batchJobsOf(act.job as JsonObject, Number(act.count)));
  return answerOf(act);
}
