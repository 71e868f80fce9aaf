// A server that is started on a file it cannot have: it ends at once, with the file's name and the cause, and changes
// nothing. Permissions bind root too here: its process is started without the capability to pass over them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSqlite } from "../../server/store/sqlite/driver.js";
import type { Ran } from "../support/command.js";
import { health } from "../support/disk-health.js";
import { allEnded, withClient } from "../support/disk-jobs.js";
import { type PageServer, startPageServer } from "../support/page-server.js";
import { DROVER, type ServerProcess, startServer } from "../support/server.js";

const CONFLICT = 5;
const BOUND = ["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"];

let folder: string;
let path: string;
let pages: PageServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "drover-file-"));
  path = join(folder, "jobs.db");
  pages = await startPageServer();
});

afterEach(async () => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true });
  await pages.close();
});

/** A server that does not come to serve: it ran to its end by itself. */
async function refused(store = path): Promise<Ran> {
  const serve = [DROVER, "serve", "--store", `sqlite:${store}`, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const isRoot = process.getuid?.() === 0;
  const child = isRoot ? spawn("setpriv", [...BOUND, process.execPath, ...serve]) : spawn(process.execPath, serve);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (text) => {
    stdout += text;
    // It serves, and should not: the exit code tells.
    child.kill("SIGKILL");
  });
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

function expectRefusal(ran: Ran, cause: RegExp, store = path): void {
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: CONFLICT, stdout: "" });
  expect(ran.stderr).toContain(`drover: ${store} `);
  expect(ran.stderr).toMatch(cause);
  expect(ran.stderr.trim().split("\n")).toHaveLength(1);
}

/** One that has answered a call. */
async function serving(): Promise<ServerProcess> {
  const server = await startServer({ store: `sqlite:${path}` });
  expect(await health(server)).toEqual({ http: 200, grpc: "SERVING" });
  return server;
}

/** A store that was served and left. */
async function servedBefore(): Promise<Buffer> {
  const server = await serving();
  expect(await server.stop()).toBe(0);
  return readFileSync(path);
}

describe("a second server on the same SQLite file", () => {
  it("is refused with the file and its owner, and the first goes on unharmed", async () => {
    const first = await serving();
    const job = { url: `${pages.origin}/job` };
    await withClient(first, async (client) => (await client.submit(job)).result());
    for (let n = 0; n < 2; n++) {
      expectRefusal(await refused(), new RegExp(`is in use by process ${first.process.pid} on `));
    }
    await withClient(first, async (client) => (await client.submit(job)).result());
    expect((await allEnded(first)).map(({ state }) => state)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(await first.stop()).toBe(0);
    const second = await serving();
    expect(await allEnded(second)).toHaveLength(2);
    expect(await second.stop()).toBe(0);
  });

  it("is refused under another name of the file", async () => {
    const first = await serving();
    const alias = join(folder, "..", folder.slice(tmpdir().length + 1), "jobs.db").replace("/jobs.db", "/./jobs.db");
    expectRefusal(await refused(alias), /is in use by /, alias);
    await first.stop();
  });

  it("finds the file locked by any other program, and that program finds it locked by a server", async () => {
    await servedBefore();
    const { DatabaseSync } = await loadSqlite();
    const other = new DatabaseSync(path);
    other.exec("BEGIN EXCLUSIVE");
    expectRefusal(await refused(), /is in use by another process; one process owns a SQLite store/);
    other.exec("COMMIT");
    other.close();
    const server = await serving();
    const late = new DatabaseSync(path);
    expect(() => late.prepare("SELECT count(*) FROM job").get()).toThrow(/locked/);
    late.close();
    expect(await server.stop()).toBe(0);
  });
});

describe("a server on a SQLite file that it may not write", () => {
  it("is refused where the folder is read-only and the file is absent, and makes none", async () => {
    chmodSync(folder, 0o555);
    expectRefusal(await refused(), new RegExp(`this process may not write to ${folder}`));
    expect(existsSync(path)).toBe(false);
  });

  it("is refused where the folder is read-only and the file is there, and leaves it as it is", async () => {
    const before = await servedBefore();
    chmodSync(folder, 0o555);
    expectRefusal(await refused(), new RegExp(`this process may not write to ${folder}`));
    expect(readFileSync(path)).toEqual(before);
  });

  it("is refused where the file is read-only, and leaves it as it is", async () => {
    const before = await servedBefore();
    chmodSync(path, 0o444);
    expectRefusal(await refused(), /this process may not read and write it/);
    expect(readFileSync(path)).toEqual(before);
  });

  it("is refused where the note of its owner is another's, by the name of the note", async () => {
    mkdirSync(`${path}.owner`);
    expectRefusal(await refused(), /\.owner cannot be written/);
  });

  it("is refused where the file may not be read either", async () => {
    await servedBefore();
    chmodSync(path, 0o000);
    expectRefusal(await refused(), /this process may not read and write it/);
  });
});

describe("a server on a path that is no SQLite file", () => {
  it("is refused on a folder", async () => {
    mkdirSync(path);
    expectRefusal(await refused(), /it is a folder/);
  });

  it("is refused on a device", async () => {
    expectRefusal(await refused("/dev/null"), /it is not an ordinary file/, "/dev/null");
  });

  it("is refused below a folder that does not exist, or that is a file", async () => {
    const absent = join(folder, "absent", "jobs.db");
    expectRefusal(await refused(absent), new RegExp(`there is no folder ${join(folder, "absent")}`), absent);
    writeFileSync(path, "");
    const below = join(path, "jobs.db");
    expectRefusal(await refused(below), new RegExp(`there is no folder ${path}`), below);
  });

  it.each([
    ["a letter", () => Buffer.from("this is a letter, and no database at all; it is long enough. ".repeat(20))],
    ["a few bytes", () => Buffer.from("x")],
    ["noise", () => Buffer.from(Array.from({ length: 8_192 }, (_, n) => (n * 167 + 13) % 256))],
  ])("is refused on %s, and leaves it as it is", async (_, content) => {
    writeFileSync(path, content());
    expectRefusal(await refused(), /it is not a SQLite database/);
    expect(readFileSync(path)).toEqual(content());
    expect(existsSync(`${path}.owner`)).toBe(false);
  });

  it("is refused on a store that was cut short, or overwritten in its middle", async () => {
    const whole = await servedBefore();
    writeFileSync(path, whole.subarray(0, 4_096 + 100));
    expectRefusal(await refused(), /it is damaged|it is not a SQLite database/);
  });

  it("is refused on the database of another application, by its path", async () => {
    const { DatabaseSync } = await loadSqlite();
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE customer (id INTEGER)");
    database.close();
    const before = readFileSync(path);
    expectRefusal(await refused(), /it is a database of another application/);
    expect(readFileSync(path)).toEqual(before);
  });
});
