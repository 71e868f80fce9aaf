// A mongod whose disk is full: it gives up by itself, and its servers stay. Callers are told to repeat, and when mongod is
// started again with room, all that was accepted runs to its end.

import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DroverError } from "@drover/sdk";
import { afterEach, beforeEach, expect, it } from "vitest";
import { health, untilServing } from "../support/disk-health.js";
import { allEnded, unexplained, withClient } from "../support/disk-jobs.js";
import { type OwnMongod, startOwnMongod } from "../support/disk-mongod.js";
import { type SmallDisk, smallDisk } from "../support/disk-space.js";
import { type PageServer, startPageServer } from "../support/page-server.js";
import { Gate } from "../support/pages.js";
import { type ServerProcess, startServer } from "../support/server.js";

const ACCEPTED = 200;
const RUNNING = 16;
const LARGE = "x".repeat(100_000);

let disk: SmallDisk;
let mongod: OwnMongod;
let pages: PageServer;
let gate: Gate;
let server: ServerProcess;

beforeEach(async () => {
  disk = smallDisk(256);
  const folder = join(disk.folder, "data");
  mkdirSync(folder);
  mongod = await startOwnMongod(folder);
  gate = new Gate();
  pages = await startPageServer(gate.handler);
  server = await startServer({
    store: `${mongod.address}full?directConnection=true`,
    flags: ["--lease-ttl", "3s", "--concurrency", String(RUNNING)],
  });
});

afterEach(async () => {
  await server.kill();
  await mongod.kill();
  await pages.close();
});

/** Adds the ids of those that were answered OK; returns the error of the others. */
async function submit(ids: readonly string[], payload: unknown, accepted: Set<string>): Promise<DroverError[]> {
  return withClient(server, async (client) => {
    const answers = ids.map(async (id) => {
      try {
        await client.submit({ id, url: `${pages.origin}/job`, payload });
        accepted.add(id);
        return [];
      } catch (error) {
        if (error instanceof DroverError) return [error];
        throw error;
      }
    });
    return (await Promise.all(answers)).flat();
  });
}

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);

it("a mongod whose disk is full: jobs are refused with UNAVAILABLE, and all accepted ones end when it is back with room", async () => {
  const accepted = new Set<string>();
  expect(await submit(names("early", ACCEPTED), "small", accepted)).toEqual([]);
  await pages.until(() => pages.requests.length >= RUNNING);

  const given = mongod.process;
  const died = once(given, "exit");
  disk.fill(given.pid ?? 0);
  const refused: DroverError[] = [];
  const tried = new Set(accepted);
  for (let round = 0; given.exitCode === null && given.signalCode === null; round++) {
    const ids = names(`late-${round}`, 8);
    for (const id of ids) tried.add(id);
    refused.push(...(await submit(ids, LARGE, accepted)));
  }
  // It gives up by itself: by a signal, or with a code.
  expect(await died).not.toEqual([0, null]);
  refused.push(...(await submit(["when-gone"], "small", accepted)));
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["UNAVAILABLE"]));
  expect(new Set(refused.map(({ retryDelayMs }) => retryDelayMs))).toEqual(new Set([1_000]));
  expect(await health(server)).toEqual({ http: 503, grpc: "NOT_SERVING" });
  expect(server.process.exitCode).toBe(null);

  gate.open();
  disk.free(0);
  await mongod.start();
  await untilServing(server);
  expect(await submit(names("after", 10), "small", accepted)).toEqual([]);
  const jobs = await allEnded(server);
  const there = new Set(jobs.map(({ id }) => id));
  expect([...accepted].filter((id) => !there.has(id))).toEqual([]);
  // What was refused may have been stored after all, and is run then: nobody could tell. Nothing else is there.
  expect([...there].filter((id) => !tried.has(id) && !accepted.has(id) && id !== "when-gone")).toEqual([]);
  expect(jobs.filter(({ state }) => state !== "SUCCEEDED")).toEqual([]);
  expect(unexplained(jobs, pages.requests)).toEqual([]);
  expect(server.stderr()).not.toMatch(/"level":"(error|fatal)"/);
});
