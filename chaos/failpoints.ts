// Loaded into each thread of a server before it starts (`node --import`), so that the product holds no failpoint: every
// write to the store passes here, and the first that is armed goes wrong. Armed by a message, which names the sites.

import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { register } from "node:module";
import { BroadcastChannel, isMainThread } from "node:worker_threads";
import { Collection, MongoNetworkError } from "mongodb";
import type { SqliteDatabase, Statement } from "../server/store/sqlite/driver.js";
import { type Failpoint, lineOf, MONGO_WRITES, sitesOf } from "./sites.js";

/** Messages to a server. */
export interface Arm {
  /** That which is come to first is struck, and no other. */
  readonly arm: readonly Failpoint[];
  /** Gets the line of one that is hit, also by a process that is about to die. */
  readonly hitFile: string;
  readonly hangMs: number;
}

/** A driver repeats what failed once: twice is seen by the caller. */
const FAILS = 2;

const names = new Map(
  (["sqlite", "mongo"] as const).flatMap((store) =>
    sitesOf(store).map(({ name, file, line }): [string, string] => [`/store/${store}/${file}:${line}`, name]),
  ),
);
let armed: Arm | undefined;
/** The one that was come to, while it is still to fail. */
let failing: Failpoint | undefined;
let failsLeft = 0;

function armFor(message: Arm): void {
  armed = message.arm.length === 0 ? undefined : message;
}

/** From the main thread, which alone hears the supervisor, to that of a SQLite file. */
const threads = new BroadcastChannel("drover-failpoints");
if (isMainThread) {
  process.on("message", (message: Arm) => {
    armFor(message);
    threads.postMessage(message);
  });
} else threads.onmessage = (event) => armFor((event as { readonly data: Arm }).data);
// What only waits to be armed keeps no process alive.
process.channel?.unref();
threads.unref();

function isOn(): boolean {
  return armed !== undefined || failing !== undefined;
}

/** The site that called what calls this. */
function caller(): string | undefined {
  const frame = new Error().stack?.split("\n")[3] ?? "";
  const place = /\/store\/(?:mongo|sqlite)\/[\w-]+\.js:\d+/.exec(frame)?.[0];
  return place === undefined ? undefined : names.get(place);
}

/** True if this moment of this site is to fail with an error; does whatever else is armed. */
function strikes(site: string, moment: Failpoint["moment"]): boolean {
  const isHere = (point: Failpoint) => point.site === site && point.moment === moment;
  if (failing !== undefined && isHere(failing)) {
    failsLeft -= 1;
    if (failsLeft === 0) failing = undefined;
    return true;
  }
  const point = armed?.arm.find(isHere);
  if (armed === undefined || point === undefined) return false;
  const { hitFile, hangMs } = armed;
  armed = undefined;
  appendFileSync(hitFile, `${lineOf(point)}\n`);
  if (point.action === "exit") process.kill(process.pid, "SIGKILL");
  else if (point.action === "hang") standStill(hangMs);
  else {
    failing = point;
    failsLeft = FAILS - 1;
    return true;
  }
  return false;
}

/** The whole process, with all of its threads. */
function standStill(ms: number): void {
  const goOn = `sleep ${ms / 1_000}; kill -CONT ${process.pid}`;
  spawn("sh", ["-c", goOn], { detached: true, stdio: "ignore" }).unref();
  process.kill(process.pid, "SIGSTOP");
}

type Method = (...given: unknown[]) => unknown;

const lost = () => new MongoNetworkError("struck by a failpoint");

function strikeMongo(method: string): void {
  const owner = Collection.prototype as unknown as Record<string, Method>;
  const original = owner[method] as Method;
  owner[method] = function (this: unknown, ...given: unknown[]): unknown {
    const site = isOn() ? caller() : undefined;
    if (site === undefined) return original.apply(this, given);
    return (async () => {
      if (strikes(site, "before")) throw lost();
      const result = await original.apply(this, given);
      if (strikes(site, "after")) throw lost();
      return result;
    })();
  };
}

/** SQLITE_IOERR: the disk, as SQLite tells of it. */
const ioError = () => Object.assign(new Error("struck by a failpoint"), { errcode: 10 });

function prepareStruck(database: SqliteDatabase, sql: string): Statement {
  const statement = database.prepare(sql);
  const methods = /^\s*(?:INSERT|UPDATE|DELETE)\b/.test(sql) ? (["run", "get", "all"] as const) : (["run"] as const);
  for (const method of methods) {
    const original = statement[method].bind(statement) as Method;
    const value: Method = (...values) => {
      const site = isOn() ? caller() : undefined;
      if (site !== undefined && strikes(site, "before")) throw ioError();
      const result = original(...values);
      if (site !== undefined && strikes(site, "after")) throw ioError();
      return result;
    };
    Object.defineProperty(statement, method, { value });
  }
  return statement;
}

for (const method of MONGO_WRITES) strikeMongo(method);
Object.assign(globalThis, { droverChaos: { prepare: prepareStruck } });
register("./load-hook.js", import.meta.url);
