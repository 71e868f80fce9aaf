// Many pages on one server, each with an answer of its own, so that the tests of a file share a server and never see
// each other's calls.

import type { ServerResponse } from "node:http";
import { type PageHandler, type PageServer, type RecordedRequest, startPageServer } from "./page-server.js";

export interface Page {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** Resolves with the call of that number, counted from 1, as soon as it came. */
  called(number?: number): Promise<RecordedRequest>;
}

export class Pages {
  readonly #server: PageServer;
  readonly #handlers = new Map<string, PageHandler>();
  #made = 0;

  constructor(server: PageServer) {
    this.#server = server;
    server.handler = (request, response) => {
      const handler = this.#handlers.get(request.url);
      if (handler === undefined) throw new Error(`there is no page at ${request.url}`);
      return handler(request, response);
    };
  }

  get origin(): string {
    return this.#server.origin;
  }

  /** A new page, which answers each call as it is told; without a handler 200 and nothing more. */
  page(handler: PageHandler = (_request, response) => void response.end()): Page {
    const path = `/page-${++this.#made}.aspx?rowid=${this.#made}`;
    const server = this.#server;
    this.#handlers.set(path, handler);
    const requests = () => server.requests.filter(({ url }) => url === path);
    return {
      url: server.origin + path,
      get requests() {
        return requests();
      },
      async called(number = 1) {
        await server.until(() => requests().length >= number);
        return requests()[number - 1] as RecordedRequest;
      },
    };
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

export async function startPages(): Promise<Pages> {
  return new Pages(await startPageServer());
}

/** Answers the first call with each of these, the later ones with the last. */
export function inTurn(...answers: PageHandler[]): PageHandler {
  let count = 0;
  return (request, response) => answers[Math.min(count++, answers.length - 1)]?.(request, response);
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}, body = ""): PageHandler {
  return (_request, response) => void response.writeHead(code, headers).end(body);
}

export const json = (value: unknown): PageHandler =>
  status(200, { "content-type": "application/json" }, JSON.stringify(value));

/** A page whose answers wait for the test: `open` lets all calls go, those before and those to come. */
export class Gate {
  readonly #held: ServerResponse[] = [];
  #isOpen = false;

  readonly handler: PageHandler = (_request, response) => {
    if (this.#isOpen) response.end();
    else this.#held.push(response);
  };

  open(): void {
    this.#isOpen = true;
    for (const response of this.#held.splice(0)) response.end();
  }
}
