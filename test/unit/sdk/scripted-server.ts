// A real server for the tests of the SDK: Connect over HTTP/2, whose answers each test scripts. Shows what arrived on
// how many connections, and can break them.

import { createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { AttemptService } from "../../../sdk/gen/drover/v1/attempt_service_pb.js";
import { JobSchema, JobState, type Job as WireJob } from "../../../sdk/gen/drover/v1/job_pb.js";
import { JobService } from "../../../sdk/gen/drover/v1/job_service_pb.js";
import { QueueService } from "../../../sdk/gen/drover/v1/queue_service_pb.js";
import { RetryInfoSchema } from "../../../sdk/gen/google/rpc/error_details_pb.js";
import { type ClientOptions, createClient, type DroverClient } from "../../../sdk/index.js";

export interface Script {
  readonly jobs?: Partial<ServiceImpl<typeof JobService>>;
  readonly queues?: Partial<ServiceImpl<typeof QueueService>>;
  readonly attempts?: Partial<ServiceImpl<typeof AttemptService>>;
}

export class ScriptedServer {
  readonly address: string;
  /** All that were ever opened. */
  readonly sessions: ServerHttp2Session[] = [];
  readonly #server: Http2Server;

  private constructor(server: Http2Server) {
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("session", (session) => {
      session.on("error", () => undefined); // Connections that a test breaks are expected to end badly.
      this.sessions.push(session);
    });
  }

  /** Ends with the test. */
  static async start(script: Script, maxConcurrentStreams = 1_000): Promise<ScriptedServer> {
    const handler = connectNodeAdapter({
      routes(router) {
        router.service(JobService, script.jobs ?? {});
        router.service(QueueService, script.queues ?? {});
        router.service(AttemptService, script.attempts ?? {});
      },
    });
    const server = createServer({ settings: { maxConcurrentStreams } }, handler);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const scripted = new ScriptedServer(server);
    onTestFinished(() => scripted.stop());
    return scripted;
  }

  /** A client of it that waits hardly at all between tries; closed with the test. */
  client(options: ClientOptions = {}): DroverClient {
    const client = createClient({ address: this.address, retry: { initialDelayMs: 1, maxDelayMs: 1 }, ...options });
    onTestFinished(() => client.close());
    return client;
  }

  /** Cuts every connection, a moment later: Node cannot bear it within a callback of the connection itself. */
  async breakConnections(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (const session of this.sessions) session.destroy();
  }

  async stop(): Promise<void> {
    await this.breakConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A job as a server shows it. */
export function shownJob(init: Exclude<MessageInitShape<typeof JobSchema>, WireJob>): WireJob {
  return create(JobSchema, { endpoint: { url: "http://pages/x", method: "POST" }, ...init });
}

export function running(id: string, revision: number) {
  return { job: shownJob({ id, state: JobState.RUNNING, revision: BigInt(revision) }) };
}

export function succeeded(id: string, revision: number, result = "") {
  const job = { id, state: JobState.SUCCEEDED, stateReason: 1, revision: BigInt(revision) };
  return { job: shownJob({ ...job, result: new TextEncoder().encode(result), resultContentType: "application/json" }) };
}

export function unavailable(retryDelayMs?: number): ConnectError {
  const nanos = (retryDelayMs ?? 0) * 1_000_000;
  const details = retryDelayMs === undefined ? [] : [{ desc: RetryInfoSchema, value: { retryDelay: { nanos } } }];
  return new ConnectError("the store cannot be reached", Code.Unavailable, undefined, details);
}

/** A promise and its resolve. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Resolves when the signal fires. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
