// The Connect conformance suite against both doors. The doors are the product's own, mounted here with the suite's
// service in the place of Drover's; cases that are known to fail are listed beside it, each with its reason.

import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GrpcDoor } from "../../server/rpc/grpc-door.js";
import { HttpDoor } from "../../server/rpc/http-door.js";
import { OpenStreams, route } from "../../server/rpc/routes.js";
import { goProgram, versionOf } from "../support/go-programs.js";
import { RememberingLog } from "../support/silent.js";
import { suiteOf } from "./conformance/messages.js";
import { conformanceService } from "./conformance/service.js";
import { noteOf } from "./lack.js";

const FOLDER = "test/wire/conformance";
const run = promisify(execFile);

/** Go has to download and build it once; afterwards it is in the cache. */
const FIRST_BUILD_MS = 600_000;
const ENOUGH_MS = 300_000;

interface Door {
  start(): Promise<{ host: string; port: number }>;
  stop(graceMs: number): Promise<void>;
}

let note: string | undefined;
let runner: string;
const doors = new Map<string, Door>();

beforeAll(async () => {
  note = await noteOf("go", "conformance");
  if (note !== undefined) return;
  runner = await goProgram("connectconformance");
  const suite = await suiteOf(versionOf("connectconformance"));
  const log = new RememberingLog();
  const routes = [route(suite.service, conformanceService(suite), log, new OpenStreams(1_000))];
  const common = { routes, engine: { ping: async () => {} }, log, host: "127.0.0.1", port: 0 };
  doors.set("grpc-door", new GrpcDoor(common));
  const metrics = async () => ({ contentType: "text/plain", body: "" });
  doors.set("http-door", new HttpDoor({ ...common, metrics, types: suite.types }));
}, FIRST_BUILD_MS);

afterAll(async () => {
  await Promise.all([...doors.values()].map((door) => door.stop(0)));
});

interface Outcome {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly known: number;
  readonly text: string;
}

async function conform(name: string): Promise<Outcome> {
  const door = doors.get(name);
  if (door === undefined) throw new Error(`there is no ${name}`);
  const { host, port } = await door.start();
  const text = await run(runner, [
    ...["--mode", "server", "--conf", `${FOLDER}/${name}.yaml`],
    ...["--known-failing", `@${FOLDER}/${name}.known-failing.txt`],
    ...["--", process.execPath, resolve(FOLDER, "announce.js"), host, String(port)],
  ]).then(
    ({ stdout }) => stdout,
    // It exits with 1 where a case failed, and the text says which.
    (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
  );
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  return {
    total: number(/Total cases: (\d+)/),
    passed: number(/(\d+) passed/),
    failed: number(/, (\d+) failed/),
    known: number(/(\d+) failed as expected/),
    text,
  };
}

describe("the conformance suite of Connect, gRPC and gRPC-Web", () => {
  it.for(["grpc-door", "http-door"])("is passed by the %s", { timeout: ENOUGH_MS }, async (name, context) => {
    if (note !== undefined) return context.skip(note);
    const { total, passed, failed, known, text } = await conform(name);
    console.log(`conformance, ${name}: ${passed} passed, ${failed} failed, ${known} known to fail, of ${total}`);
    if (failed > 0 || total === 0) console.log(text);
    expect({ failed, accounted: passed + known }).toEqual({ failed: 0, accounted: total });
    expect(total).toBeGreaterThan(100);
  });
});
