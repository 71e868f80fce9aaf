// `@drover/server/testing`: a whole server within the process of a test, on a store in memory and free ports of the
// loopback. The SDK's test helpers load it.

import { readConfig } from "./config.js";
import { formatAddress, serve } from "./serve.js";

export interface StartedDrover {
  /** `127.0.0.1:PORT` of each door. */
  readonly grpc: string;
  readonly http: string;
  /** Ends it at once; its jobs are gone. */
  stop(): Promise<void>;
}

/** @param options.signingSecret `whsec_…`: calls of pages are signed with it. Default: they are not. */
export async function startDrover(options: { readonly signingSecret?: string } = {}): Promise<StartedDrover> {
  const { signingSecret } = options;
  const doors = { grpc: "127.0.0.1:0", http: "127.0.0.1:0" };
  const flags = { store: "sqlite::memory:", ...doors, logLevel: "warn", drainTimeout: "0ms" };
  // Nothing of the environment: a test is to be the same on every machine.
  const config = readConfig(flags, signingSecret === undefined ? {} : { DROVER_SIGNING_SECRET: signingSecret });
  const server = await serve(config);
  return { grpc: formatAddress(server.grpc), http: formatAddress(server.http), stop: () => server.stop() };
}
