// A whole Drover within a test's process, on a store in memory and free ports of the loopback, with a client of it and,
// if asked for, the pages of an app. Needs @drover/server, which is loaded only here.

import { createServer, type Server } from "node:http";
import { DroverError } from "./errors.js";
import { createClient, type DroverClient } from "./index.js";
import { nodeListener } from "./node.js";

/** What `endpoint` makes. */
export interface TestPage {
  (request: Request): Promise<Response>;
  readonly definition: { readonly path: string };
}

export interface TestDroverOptions {
  /** Served at the paths of their definitions. Default: none. */
  readonly pages?: readonly TestPage[];
  /** `whsec_…`: calls are signed with it. Default: they are not. */
  readonly signingSecret?: string;
}

export interface TestDrover {
  /** Its `pages` are those that are served. */
  readonly client: DroverClient;
  /** `127.0.0.1:PORT` of each door. */
  readonly grpc: string;
  readonly http: string;
  /** Where the pages are served. */
  readonly origin: string;
  /** Ends all of it; its jobs are gone. Idempotent. */
  close(): Promise<void>;
}

/** What `@drover/server/testing` exports. */
interface ServerModule {
  startDrover(options: { readonly signingSecret?: string }): Promise<{
    readonly grpc: string;
    readonly http: string;
    stop(): Promise<void>;
  }>;
}

/**
 * A whole server within this process, on a store in memory, with these pages, and a client of it. Resolves when it serves;
 * `close` it in the end. FAILED_PRECONDITION, reason SERVER_MISSING, if the package @drover/server is not installed.
 */
export async function startTestDrover(options: TestDroverOptions = {}): Promise<TestDrover> {
  const { pages = [], signingSecret } = options;
  const { startDrover } = await loadServer();
  const server = await startDrover(signingSecret === undefined ? {} : { signingSecret });
  const site = await serve(pages);
  const origin = `http://127.0.0.1:${(site.address() as { readonly port: number }).port}`;
  const client = createClient({ address: server.grpc, pages: origin });
  let closing: Promise<void> | undefined;
  return {
    client,
    grpc: server.grpc,
    http: server.http,
    origin,
    close() {
      closing ??= (async () => {
        await client.close();
        site.closeAllConnections();
        await server.stop();
        await new Promise((resolve) => site.close(resolve));
      })();
      return closing;
    },
  };
}

async function serve(pages: readonly TestPage[]): Promise<Server> {
  const listeners = new Map(pages.map((page) => [page.definition.path, nodeListener(page)]));
  const site = createServer((request, response) => {
    const listener = listeners.get((request.url ?? "").replace(/\?.*$/, ""));
    if (listener === undefined) response.writeHead(404).end();
    else void listener(request, response);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  return site;
}

async function loadServer(): Promise<ServerModule> {
  // Not known to the compiler, since an app need not have it, and the server is itself built on this package.
  const name: string = "@drover/server/testing";
  try {
    return (await import(name)) as ServerModule;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = code === "ERR_MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
    if (!missing || !message.includes("@drover/server")) throw cause;
    throw new DroverError(
      "FAILED_PRECONDITION",
      "a Drover within a test needs the package @drover/server beside this one",
      {
        reason: "SERVER_MISSING",
        cause,
      },
    );
  }
}
