// Calls pages over HTTP/1.1 with undici: one pool of connections for each origin. Sends a request at most once: no
// retries, no redirects, no pipelining, so that nothing is ever sent again behind the back of a call.

import { lookup } from "node:dns/promises";
import { Agent, type Dispatcher, Pool } from "undici";
import type { Calling, CallRequest, EndpointCaller } from "../core/caller.js";
import { limits } from "../core/limits.js";
import { type AddressGuard, destinationOf } from "./address-guard.js";
import { Dialer, type Resolve, shared } from "./dialer.js";
import { PageCall } from "./page-call.js";

interface UndiciCallerOptions {
  readonly guard: AddressGuard;
  readonly connectTimeoutMs?: number;
  readonly answerRestMs?: number;
  /** Absent: the system's. */
  readonly resolve?: Resolve;
}

const NO_URL: Calling = {
  outcome: Promise.resolve({ kind: "rejected", reason: "NETWORK", message: "the address is not a URL" }),
  abort: () => {},
};

export class UndiciCaller implements EndpointCaller {
  readonly #dialer: Dialer;
  readonly #agent: Agent;
  readonly #answerRestMs: number;

  constructor(options: UndiciCallerOptions) {
    this.#answerRestMs = options.answerRestMs ?? limits.answerRestMs;
    this.#dialer = new Dialer({
      guard: options.guard,
      resolve: shared(options.resolve ?? ((hostname) => lookup(hostname, { all: true }))),
      timeoutMs: options.connectTimeoutMs ?? limits.pageConnectMs,
    });
    this.#agent = new Agent({
      pipelining: 1,
      // The call has one timer for all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: limits.answerHeaderBytes,
      keepAliveTimeout: limits.pageConnectionIdleMs,
      keepAliveMaxTimeout: limits.pageConnectionIdleMaxMs,
      factory: (origin, poolOptions) => this.#poolFor(origin, poolOptions),
    });
  }

  /** Connections to pages, those being made included. */
  get openConnections(): number {
    return this.#dialer.openConnections;
  }

  call(request: CallRequest): Calling {
    if (!URL.canParse(request.url)) return NO_URL;
    const url = new URL(request.url);
    const call = new PageCall(request, this.#answerRestMs);
    call.start(this.#agent, url.origin, url.pathname + url.search);
    return call;
  }

  async close(): Promise<void> {
    // The agent no longer knows pools that it has put aside, and lets connections that are being made go on.
    await Promise.all([this.#agent.destroy(), this.#dialer.close()]);
  }

  #poolFor(origin: string | URL, options: object): Dispatcher {
    return new Pool(origin, { ...options, connect: this.#dialer.connectorFor(destinationOf(new URL(origin))) });
  }
}
