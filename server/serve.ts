// A whole server: store, feed, caller, engine and doors, wired from its settings, started in order and stopped in the
// reverse. The only place where adapters meet.

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setFlagsFromString } from "node:v8";
import { type Address, isLoopback, isWildcard, type ServeConfig } from "./config.js";
import { limits } from "./core/limits.js";
import { AddressGuard } from "./endpoint/address-guard.js";
import { signerFor } from "./endpoint/sign.js";
import { UndiciCaller } from "./endpoint/undici-caller.js";
import { Service } from "./engine/service.js";
import { LocalFeed } from "./feed/local-feed.js";
import { StoreFeed } from "./feed/store-feed.js";
import { createLog } from "./observe/log.js";
import { createMetrics } from "./observe/metrics.js";
import { GrpcDoor } from "./rpc/grpc-door.js";
import { HttpDoor } from "./rpc/http-door.js";
import { routesOf } from "./rpc/routes.js";
import { openStore } from "./store/open-store.js";
import { systemChance, systemClock } from "./system.js";

export interface RunningServer {
  readonly grpc: Address;
  readonly http: Address;
  /** Drains, closes the doors and the store. Idempotent: every call waits for the same end. */
  stop(): Promise<void>;
}

export async function serve(config: ServeConfig): Promise<RunningServer> {
  const holder = `${hostname()}:${process.pid}:${randomBytes(3).toString("hex")}`;
  const log = createLog(config.logLevel, { holder });
  const store = await openStore(config.store, { synchronous: config.synchronous, log });
  const guard = new AddressGuard({
    allow: config.allow,
    allowLoopback: isLoopback(config.grpc.host) && isLoopback(config.http.host),
  });
  const caller = new UndiciCaller({ guard });
  const metrics = createMetrics(() => store.listQueues("", limits.pageSize));
  const page = { serviceUrl: config.advertise ?? "", ...signer(config.signingSecret) };
  const engine = await Service.create({
    store,
    feed: store.signals === undefined ? new LocalFeed() : new StoreFeed(store.signals),
    caller,
    policy: guard,
    clock: systemClock,
    chance: systemChance,
    observer: metrics.observer,
    log,
    holder,
    concurrency: config.concurrency,
    leaseMs: config.leaseMs,
    dispatch: config.dispatch,
    page,
  });
  const routes = routesOf(engine, log);
  const grpcDoor = new GrpcDoor({ routes, log, engine, ...config.grpc });
  const httpDoor = new HttpDoor({ routes, log, engine, metrics: metrics.render, ...config.http });
  const grpc = await grpcDoor.start();
  const http = await httpDoor.start();
  if (page.serviceUrl === "") page.serviceUrl = `http://${formatAddress(http)}`;
  if (config.dispatch && config.advertise === undefined && isWildcard(http.host)) {
    log.warn("pages are told an address that only this machine can call; set --advertise", {
      address: page.serviceUrl,
    });
  }
  engine.start();
  log.info("serving", { grpc: formatAddress(grpc), http: formatAddress(http), concurrency: config.concurrency });

  let stopping: Promise<void> | undefined;
  return {
    grpc,
    http,
    stop() {
      stopping ??= (async () => {
        log.info("stopping", { drainMs: config.drainMs });
        grpcDoor.leave();
        httpDoor.leave();
        await engine.stop(config.drainMs);
        await Promise.all([grpcDoor.stop(limits.doorCloseMs), httpDoor.stop(limits.doorCloseMs)]);
        await caller.close();
        await store.close();
        log.info("stopped");
      })();
      return stopping;
    },
  };
}

/** `127.0.0.1:7070`, `[::1]:7070`. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function signer(secret: string | undefined) {
  return secret === undefined ? {} : { sign: signerFor(secret) };
}

/**
 * How far old objects may grow beyond those that live, in percent, before V8 collects them. Left to itself it lets them
 * become several times as many, and nearly all are of attempts long ended: 80 MiB more, for nothing that could be measured.
 */
const HEAP_GROWING_PERCENT = 50;

/** Serves until a signal says to stop. The same signal again ends the process at once: its leases lapse. */
export async function serveUntilSignalled(config: ServeConfig): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
  const server = await serve(config);
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve();
      });
    }
  });
  // Only now: whoever reads it may send a signal at once.
  process.stdout.write(`drover ready grpc=${formatAddress(server.grpc)} http=${formatAddress(server.http)}\n`);
  await signalled;
  await server.stop();
}
