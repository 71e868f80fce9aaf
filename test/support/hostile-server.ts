// A server under attack: a real process on SQLite with a page that answers, a good client beside, and what must be true
// of the process afterwards. It may call that one page and nothing else, whatever addresses an attack makes up.

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { GoodClient } from "./hostile-good-client.js";
import { type PageHandler, type PageServer, startPageServer } from "./page-server.js";
import { RawClient } from "./raw-client.js";
import { type ServerProcess, startServer } from "./server.js";
import { STORES } from "./stores.js";

const MEBIBYTE = 1024 * 1024;

export interface AttackedServer {
  readonly server: ServerProcess;
  readonly grpcPort: number;
  readonly httpPort: number;
  /** Answers 200 unless the test says otherwise. */
  readonly page: PageServer;
  readonly good: GoodClient;
  /** After the attack: alive, answering, silent in its log, its memory within the bound at every moment. */
  expectUnharmed(peakMebibytes: number, roundsAtLeast?: number): Promise<void>;
  close(): Promise<void>;
}

export async function startAttackedServer(handler?: PageHandler): Promise<AttackedServer> {
  const page = await startPageServer(handler);
  const [sqlite] = STORES;
  const store = (await sqlite?.fresh()) ?? "";
  // `127.1` is this machine and nobody else's, but not by the name that makes all of loopback callable.
  const flags = ["--insecure", "--http", "127.1:0", "--allow", `127.0.0.1:${page.port}`];
  const server = await startServer({ store, flags });
  const good = new GoodClient(server, `${page.origin}/good`);
  let stopped: Promise<void> | undefined;
  const stopGood = () => {
    stopped ??= good.stop();
    return stopped;
  };
  return {
    server,
    page,
    good,
    grpcPort: portOf(server.grpc),
    httpPort: portOf(server.http),
    async expectUnharmed(peakMebibytes, roundsAtLeast = 5) {
      await stopGood();
      expect([server.process.exitCode, server.process.signalCode]).toEqual([null, null]);
      expect(good.rounds.gRPC).toBeGreaterThanOrEqual(roundsAtLeast);
      expect(good.rounds.HTTP).toBeGreaterThanOrEqual(roundsAtLeast);
      expect(server.stderr()).toBe("");
      expect(peakMemory(server)).toBeLessThan(peakMebibytes);
    },
    async close() {
      await stopGood().catch(() => {});
      await server.stop();
      await page.close();
    },
  };
}

/** Jobs of the queue "large" that wait: one list of them with their payloads has some 2.5 MiB. */
export async function storeLargeJobs({ server, page }: AttackedServer): Promise<void> {
  const raw = new RawClient(server.grpc);
  const payload = Buffer.alloc(250_000, "x").toString("base64");
  for (let i = 0; i < 10; i++) {
    const job = { id: `large-${i}`, queue: "large", delay: "3600s", endpoint: { url: `${page.origin}/x` }, payload };
    const { code, message } = await raw.say("JobService/SubmitJob", { job });
    if (code !== "OK") throw new Error(message);
  }
  raw.close();
}

/** For what no signal tells of, such as memory and the progress of a client: looks again and again. */
export async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** The most memory that the process ever had resident, in MiB, as the system counts it. */
export function peakMemory(server: ServerProcess): number {
  return statusOf(server, "VmHWM") / MEBIBYTE;
}

/** What it has now, in MiB. */
export function memoryNow(server: ServerProcess): number {
  return statusOf(server, "VmRSS") / MEBIBYTE;
}

function statusOf(server: ServerProcess, field: string): number {
  const text = readFileSync(`/proc/${server.process.pid}/status`, "utf8");
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1]) * 1024;
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}
