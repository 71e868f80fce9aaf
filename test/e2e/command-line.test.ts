// The command line as a person uses it: each sub-command as a process of its own against a real server; its exit
// code and what it prints.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type DroverClient } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drover } from "../support/command.js";
import { ended } from "../support/follow.js";
import { inTurn, json, type Pages, startPages, status } from "../support/pages.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

describe.each(STORES)("the command line on $name", ({ fresh }) => {
  let server: ServerProcess;
  let pages: Pages;
  let client: DroverClient;
  let folder: string;

  beforeAll(async () => {
    pages = await startPages();
    server = await startServer({ store: await fresh() });
    client = createClient({ address: server.grpc });
    folder = mkdtempSync(join(tmpdir(), "drover-cli-"));
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
    await pages.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (...args: string[]) => drover(args, { env: { DROVER_ADDRESS: server.grpc } });

  it("submit prints the job's id and sends data, headers and method as they were given", async () => {
    const page = pages.page();
    const given = ["--id", "bill-1", "--queue", "bills", "--kind", "bill", "--method", "PUT", "--data", '{"row": 17}'];
    const more = ["--header", "x-tenant: acme", "--header", "x-two:2", "--priority", "-5", "--max-attempts", "3"];
    expect(await run("submit", page.url, ...given, ...more)).toEqual({ code: 0, stdout: "bill-1\n", stderr: "" });
    const { method, headers, body } = await page.called();
    expect([method, body.toString(), headers["x-tenant"], headers["x-two"]]).toEqual([
      "PUT",
      '{"row": 17}',
      "acme",
      "2",
    ]);
    expect(await client.get("bill-1")).toMatchObject({ queue: "bills", kind: "bill", priority: -5, maxAttempts: 3 });
    expect((await run("submit", page.url, ...given, ...more)).stdout).toBe("bill-1\n");
    expect(await run("submit", page.url, "--id", "bill-1")).toMatchObject({ code: 5, stdout: "" });
  });

  it("submit sends a file or standard input as it is", async () => {
    const page = pages.page();
    const file = join(folder, "row.json");
    writeFileSync(file, '{"from":\n"a file"}');
    expect((await run("submit", page.url, "--data", `@${file}`)).code).toBe(0);
    expect((await page.called(1)).body.toString()).toBe('{"from":\n"a file"}');
    await drover(["submit", page.url, "--data", "@-", "--address", server.grpc], { stdin: '"piped"' });
    expect((await page.called(2)).body.toString()).toBe('"piped"');
    expect(await run("submit", page.url, "--data", `@${file}.none`)).toMatchObject({ code: 3, stdout: "" });
  });

  it("submit --wait follows the job, prints its result and says by its exit code whether it succeeded", async () => {
    const good = await run("submit", pages.page(json({ total: 9 })).url, "--wait");
    expect([good.code, good.stdout.trim().split("\n").at(-1)]).toEqual([0, '{"total":9}']);
    expect(good.stdout).toContain("SUCCEEDED");
    const bad = await run("submit", pages.page(status(404, {}, "no such row")).url, "--wait");
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain("FAILED");
  });

  it("submit --delay shows when the job will start, and cancel ends it", async () => {
    expect((await run("submit", pages.page().url, "--id", "later", "--delay", "2h")).code).toBe(0);
    expect((await run("get", "later")).stdout).toMatch(/PENDING +scheduled for 2/);
    const cancelled = await run("cancel", "later", "--reason", "not needed");
    expect(cancelled.code).toBe(0);
    expect(cancelled.stdout).toMatch(/^later +CANCELLED/);
  });

  it("get shows a job with its history, and with -o json all of it", async () => {
    const page = pages.page(inTurn(status(500, {}, "broken"), json(7)));
    const { id } = await client.submit({ url: page.url, backoff: { initialMs: 0, maxMs: 0 } });
    await ended(client, id);
    const { code, stdout } = await run("get", id);
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 +FAILED 500.*\n +2 +SUCCEEDED 200/);
    const shown = JSON.parse((await run("get", id, "-o", "json")).stdout);
    expect(shown).toMatchObject({ id, state: "SUCCEEDED", result: 7, attempts: [{ number: 1 }, { number: 2 }] });
  });

  it("list shows newest first, filters, and stops at its limit", async () => {
    for (const id of ["l1", "l2", "l3"])
      await client.submit({ id, url: pages.page().url, queue: "listed", delayMs: 1e6 });
    const ids = async (...args: string[]) =>
      (await run("list", "--queue", "listed", ...args)).stdout
        .trim()
        .split("\n")
        .map((line) => line.split(" ")[0]);
    expect(await ids()).toEqual(["l3", "l2", "l1"]);
    expect(await ids("--oldest-first", "--limit", "2")).toEqual(["l1", "l2"]);
    expect(await ids("--state", "pending")).toEqual(["l3", "l2", "l1"]);
    expect(await ids("--state", "failed")).toEqual([""]);
    const lines = (await run("list", "--queue", "listed", "-o", "json")).stdout.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(["l3", "l2", "l1"]);
  });

  it("watch prints plain lines to the end and the result, or one JSON object a line", async () => {
    const page = pages.page(json("done"));
    const { id } = await client.submit({ url: page.url });
    const plain = await run("watch", id);
    expect([plain.code, plain.stdout.trim().split("\n").at(-1)]).toEqual([0, "done"]);
    expect(plain.stdout).not.toContain("\x1b");
    const objects = (await run("watch", id, "-o", "json")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(objects.at(-1)).toMatchObject({ id, state: "SUCCEEDED" });
  });

  it("retry makes a new job of a failed one and prints its id, twice the same", async () => {
    const page = pages.page(inTurn(status(422), status(200)));
    const { id } = await client.submit({ url: page.url });
    await ended(client, id);
    const first = await run("retry", id);
    const second = await run("retry", id, "-o", "json");
    expect([first.code, JSON.parse(second.stdout)]).toEqual([0, { id: first.stdout.trim(), existing: true }]);
    expect(await ended(client, first.stdout.trim())).toMatchObject({ state: "SUCCEEDED", retryOf: id });
    expect(await run("retry", first.stdout.trim())).toMatchObject({ code: 5 });
  });

  it("pause, queues, purge and resume work on a queue", async () => {
    expect((await run("pause", "nightly")).stdout).toMatch(/^nightly .*paused/);
    for (const id of ["n1", "n2"]) await client.submit({ id, url: pages.page().url, queue: "nightly" });
    expect((await run("queues")).stdout).toMatch(/^nightly +pending 2 +scheduled 0 +running 0.*paused$/m);
    expect(await run("purge", "nightly")).toMatchObject({ code: 0, stdout: "2 cancelled\n" });
    const resumed = JSON.parse((await run("resume", "nightly", "-o", "json")).stdout);
    expect(resumed).toMatchObject({ name: "nightly", paused: false, counts: { pending: 0 } });
  });

  it("exit codes tell usage, refused, not found and unavailable apart", async () => {
    const codes = async (...args: string[]) => (await run(...args)).code;
    expect(await codes("submit")).toBe(2);
    expect(await codes("nonsense")).toBe(2);
    expect(await codes("list", "--state", "asleep")).toBe(2);
    const refused = await run("submit", "ftp://host/x");
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("job.endpoint.url")]);
    expect(await codes("submit", "http://10.0.0.1/")).toBe(3);
    const missing = await run("get", "nobody");
    expect([missing.code, missing.stderr]).toEqual([4, expect.stringMatching(/^drover: .*nobody/)]);
    expect(await codes("--version")).toBe(0);
  });
});

describe("the command line without a server", () => {
  it("says by exit code 6 that nothing answers", async () => {
    const { code, stderr } = await drover(["get", "x", "--address", "127.0.0.1:1"]);
    expect([code, stderr]).toEqual([6, expect.stringMatching(/^drover: /)]);
  });
});

describe("drover serve", () => {
  const MEMORY = ["serve", "--store", "sqlite::memory:", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];

  it.each([
    ["--lease-ttl", "1"],
    ["--drain-timeout", "soon"],
    ["--concurrency", "0"],
    ["--grpc", "here"],
    ["--http", "127.0.0.1:99999"],
    ["--store", "mysql://host/db"],
    ["--advertise", "ftp://host"],
    ["--sqlite-synchronous", "SOMETIMES"],
    ["--allow", "http://"],
  ])("%s %s is refused, and the message names the flag", async (flag, value) => {
    const { code, stdout, stderr } = await drover([...MEMORY, flag, value]);
    expect([code, stdout, stderr]).toEqual([3, "", expect.stringContaining(flag.slice(2))]);
  });

  it("reads the environment, and says which setting of it is wrong", async () => {
    const { code, stderr } = await drover(MEMORY, { env: { DROVER_LEASE_TTL: "never" } });
    expect([code, stderr]).toEqual([3, expect.stringContaining("lease-ttl")]);
  });

  it("listens beyond the loopback only with --insecure", async () => {
    const args = ["serve", "--store", "sqlite::memory:", "--grpc", "0.0.0.0:0", "--http", "127.0.0.1:0"];
    const { code, stdout, stderr } = await drover(args);
    expect([code, stdout, stderr]).toEqual([5, "", expect.stringContaining("--insecure")]);
  });

  it("never shows the signing secret that it cannot read", async () => {
    const { code, stderr } = await drover(MEMORY, { env: { DROVER_SIGNING_SECRET: "whsec_!hunter2!" } });
    expect([code, stderr.includes("hunter2"), stderr.includes("signing-secret")]).toEqual([3, false, true]);
  });
});
