// `drover batch` as a person uses it: each command as a process of its own against a real server; files of JSON lines,
// standard input, lines that are no JSON, and submits that are broken off.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Batch, createClient, type DroverClient } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drover, type Ran } from "../support/command.js";
import type { PageHandler } from "../support/page-server.js";
import { Gate, type Page, type Pages, startPages, status } from "../support/pages.js";
import { DROVER, type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const LINES = 5_000;
const lines = (count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => `{"userid": ${first + index}}\n`).join("");

/** No for good, for the users named. */
const refusing =
  (...users: number[]): PageHandler =>
  (request, response) =>
    void response.writeHead(users.includes(JSON.parse(request.body.toString()).userid) ? 422 : 200).end();

let unanswered: Promise<Ran>;
beforeAll(() => {
  // It tries for some 15 s: begun here, it does so beside all other tests.
  const args = ["batch", "submit", "-", "--url", "http://127.0.0.1:1/", "--key", "k", "--address", "127.0.0.1:1"];
  unanswered = drover(args, { stdin: "{}\n" });
});

describe.each(STORES)("drover batch on $name", ({ fresh }) => {
  let server: ServerProcess;
  let pages: Pages;
  let client: DroverClient;
  let folder: string;

  beforeAll(async () => {
    pages = await startPages();
    server = await startServer({ store: await fresh() });
    client = createClient({ address: server.grpc });
    folder = mkdtempSync(join(tmpdir(), "drover-batch-"));
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
    await pages.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (args: readonly string[], stdin = "") => drover(args, { stdin, env: { DROVER_ADDRESS: server.grpc } });
  const submit = (...args: string[]) => run(["batch", "submit", ...args]);
  const ended = (id: string) => client.batches.handle(id).wait();

  function fileOf(name: string, text: string): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  async function openBatch(key: string): Promise<Batch | undefined> {
    for await (const batch of client.batches.list({ state: "OPEN" })) if (batch.key === key) return batch;
    return undefined;
  }

  /** How many payloads its page got, and how many different ones. */
  const calls = ({ requests }: Page) => [requests.length, new Set(requests.map(({ body }) => `${body}`)).size];

  it("submit makes a job of each of 5,000 lines, sent as it was written, and --wait follows them to their end", async () => {
    const page = pages.page();
    const file = fileOf("users.jsonl", lines(LINES));
    const { code, stdout, stderr } = await submit(file, "--url", page.url, "--kind", "stats", "--wait");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^~\S+ {2}SUCCEEDED {2}\[#{24}] 5000\/5000\n$/m)]);
    expect(stderr).toMatch(/^submitting {2}\[#{24}] 5000\/5000 lines\n$/m);
    expect(calls(page)).toEqual([LINES, LINES]);
    expect(page.requests[0]?.headers["content-type"]).toBe("application/json");
    expect(`${(await page.called()).body}`).toMatch(/^{"userid": \d+}$/);
    const id = stdout.slice(0, stdout.indexOf(" "));
    const { jobs } = await client.list({ batchId: id, pageSize: 1 }).page();
    expect(jobs).toMatchObject([{ kind: "stats", state: "SUCCEEDED" }]);
  });

  it("submit reads standard input, prints the id alone, and is told of failures, tolerance and the last page", async () => {
    const page = pages.page(refusing(2, 3));
    const last = pages.page();
    const flags = ["--url", page.url, "--key", "may", "--tolerate", "2", "--on-complete", last.url, "--queue", "stats"];
    const { code, stdout } = await run(["batch", "submit", "-", ...flags, "--header", "x-tenant: acme"], lines(10));
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^~\S+\n$/)]);
    const batch = await ended(stdout.trim());
    expect(batch).toMatchObject({ key: "may", state: "SUCCEEDED", counts: { succeeded: 8, failed: 2 } });
    const told = await last.called();
    expect(JSON.parse(`${told.body}`).batch).toMatchObject({ key: "may", counts: { failed: 2 } });
    expect([told.headers["x-tenant"], told.headers["job-queue"]]).toEqual(["acme", "stats"]);

    const repeat = ["--header", "x-tenant: acme", "-o", "json"];
    const again = await run(["batch", "submit", "-", ...flags, ...repeat], lines(10));
    expect(JSON.parse(again.stdout)).toEqual({ id: batch.id, existing: true });
    expect(again.stderr).toBe("drover: the batch was there already: SUCCEEDED\n");
    const other = await run(["batch", "submit", "-", ...flags, ...repeat], lines(10, 7));
    expect([other.code, other.stderr]).toEqual([5, expect.stringContaining("key may is as it was")]);
  });

  it("takes line ends of Windows, a byte order mark, empty lines at the end, and a file without any line", async () => {
    const page = pages.page();
    const file = fileOf("windows.jsonl", '\ufeff{"a": 1}\r\n[2]\r\n"drei"\r\n\r\n\n');
    const { code, stdout } = await submit(file, "--url", page.url);
    expect(code).toBe(0);
    await ended(stdout.trim());
    expect(page.requests.map(({ body }) => `${body}`).sort()).toEqual(['"drei"', "[2]", '{"a": 1}']);
    const nothing = await submit(fileOf("nothing.jsonl", ""), "--url", page.url, "--wait");
    expect([nothing.code, nothing.stdout]).toEqual([0, expect.stringMatching(/SUCCEEDED.* 0\/0\n$/)]);
  });

  it.each([
    ["is no JSON", '{"userid": \n', "is not JSON"],
    ["is empty", "\n{}\n", "is empty"],
    ["is not UTF-8", Buffer.from([34, 0xff, 34, 10]), "is not UTF-8"],
    ["is larger than a payload may be", `"${"x".repeat(262_144)}"\n`, "is longer than 262144 bytes"],
  ])("refuses a file with a line that %s by the number of that line, and has done nothing", async (_, line, why) => {
    const file = fileOf("bad.jsonl", "");
    writeFileSync(file, Buffer.concat([Buffer.from(lines(2_500)), Buffer.from(line), Buffer.from(lines(10))]));
    const page = pages.page();
    const { code, stdout, stderr } = await submit(file, "--url", page.url, "--key", "bad");
    expect([code, stdout, stderr]).toEqual([3, "", expect.stringMatching(/^drover: line 2501: /)]);
    expect(stderr).toContain(why);
    expect(await openBatch("bad")).toBeUndefined();
    expect(page.requests).toEqual([]);
  });

  it("cancels the batch, and says so, when a line of standard input is no JSON", async () => {
    const page = pages.page();
    const flags = ["--url", page.url, "--delay", "1h"];
    const { code, stdout, stderr } = await run(["batch", "submit", "-", ...flags], `${lines(2_500)}oops\n`);
    expect([code, stdout]).toEqual([3, ""]);
    const told = /^drover: line 2501: is not JSON.*; batch (~\S+), with 2000 jobs so far, is cancelled$/m.exec(stderr);
    expect(await ended(told?.[1] ?? "")).toMatchObject({
      state: "CANCELLED",
      counts: { total: 2_000, cancelled: 2_000 },
    });
    const early = await run(["batch", "submit", "-", "--url", page.url], "oops\n");
    expect([early.code, early.stderr]).toEqual([
      3,
      expect.stringMatching(/line 1: is not JSON.*no batch is left open$/m),
    ]);
  });

  it("leaves a batch open whose --key was given: it may have been there before, and goes on under it", async () => {
    const args = ["batch", "submit", "-", "--url", pages.page().url, "--key", "given", "--delay", "1h"];
    const first = await run(args, `${lines(2_500)}oops\n`);
    const open = await openBatch("given");
    expect(open?.counts.total).toBe(2_000);
    const wrong = await run([...args, "--priority", "5000"], lines(2_500));
    for (const { code, stderr } of [first, wrong]) {
      expect([code, stderr]).toEqual([3, expect.stringContaining(`batch ${open?.id} is left open`)]);
    }
    const { code, stdout } = await run(args, lines(2_500));
    expect([code, stdout]).toEqual([0, `${open?.id}\n`]);
    await client.batches.cancel(open?.id ?? "");
  });

  it("names the line of a job that the server refuses, the flag that says nothing, and the file that is not there", async () => {
    const file = fileOf("few.jsonl", lines(3));
    const refused = await submit(file, "--url", "http://10.0.0.1/");
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("no batch is left open")]);
    const wrong = await submit(file, "--url", "ftp://host/x");
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining("line 1: endpoint.url")]);
    expect((await submit(file, "--url", "http://127.0.0.1/", "--tolerate", "some")).stderr).toContain("tolerate");
    expect((await submit(`${file}.none`, "--url", "http://127.0.0.1/")).code).toBe(3);
    expect((await submit(file)).code).toBe(2);
    expect((await run(["batch"])).code).toBe(2);
  });

  it.each(["SIGINT", "SIGKILL"] as const)("goes on under the same --key after %s: no job twice", async (signal) => {
    const page = pages.page();
    const args = (file: string) => ["batch", "submit", file, "--url", page.url, "--key", signal];
    const child = spawn(process.execPath, [DROVER, ...args("-")], {
      env: { ...process.env, DROVER_ADDRESS: server.grpc },
    });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    child.stdin.write(lines(3_000));
    await expect.poll(async () => (await openBatch(signal))?.counts.total, { timeout: 30_000 }).toBe(2_000);
    const open = await openBatch(signal);
    child.kill(signal);
    const [code] = await once(child, "close");
    if (signal === "SIGINT")
      expect([code, stderr]).toEqual([1, expect.stringMatching(/interrupted; .*--key SIGINT goes/)]);
    expect(await client.batches.get(open?.id ?? "")).toMatchObject({ state: "OPEN" });

    const others = await run(args("-"), lines(1_500, 7_000));
    expect([others.code, others.stderr]).toEqual([5, expect.stringContaining(`key ${signal} is as it was`)]);
    const { stdout } = await run(args(fileOf(`${signal}.jsonl`, lines(LINES))));
    expect(stdout.trim()).toBe(open?.id);
    expect(await ended(stdout.trim())).toMatchObject({ state: "SUCCEEDED", counts: { total: LINES } });
    expect(calls(page)).toEqual([LINES, LINES]);
  });

  it("get, list and cancel show a batch and end it", async () => {
    const file = fileOf("later.jsonl", lines(3));
    const id = (await submit(file, "--url", pages.page().url, "--key", "later", "--delay", "2h")).stdout.trim();
    expect((await run(["batch", "get", id])).stdout).toMatch(/^state +RUNNING\nkey +later\njobs +3 {2}3 pending$/m);
    expect(JSON.parse((await run(["batch", "get", id, "-o", "json"])).stdout)).toMatchObject({
      id,
      counts: { total: 3 },
    });
    expect((await run(["list", "--batch", id])).stdout.trim().split("\n")).toHaveLength(3);
    const listed = await run(["batch", "list", "--state", "running", "-o", "json"]);
    expect(listed.stdout.split("\n").map((line) => line && JSON.parse(line).id)).toContain(id);
    const cancelled = await run(["batch", "cancel", id, "--reason", "not needed"]);
    expect([cancelled.code, cancelled.stdout]).toEqual([0, expect.stringMatching(/^~\S+ {2}(RUNNING|CANCELLED) /)]);
    expect((await ended(id)).state).toBe("CANCELLED");
    const watched = await run(["batch", "watch", id]);
    expect([watched.code, watched.stdout]).toEqual([1, expect.stringMatching(/CANCELLED.* 3\/3 {2}3 cancelled\n$/)]);
    expect((await run(["batch", "get", "nobody"])).code).toBe(4);
  });

  it("watch prints plain lines to the end, the members asked for, or one JSON object a line; retry makes a new batch", async () => {
    const gate = new Gate();
    const page = pages.page(gate.handler);
    const id = (await submit(fileOf("three.jsonl", lines(3)), "--url", page.url)).stdout.trim();
    const watching = run(["batch", "watch", id, "--members", "failed"]);
    await page.called(3);
    gate.open();
    expect((await watching).code).toBe(0);
    expect((await watching).stdout).toMatch(/^~\S+ {2}SUCCEEDED {2}\[#+] 3\/3$/m);
    expect((await watching).stdout).not.toContain("\x1b");

    const failing = (await submit(fileOf("one.jsonl", lines(2)), "--url", pages.page(status(422)).url)).stdout.trim();
    const watched = await run(["batch", "watch", failing, "--members", "failed"]);
    expect(watched.code).toBe(1);
    expect(watched.stdout).toMatch(/^~\S+ {2}FAILED {2}default {2}POST .*422$/m);
    expect(watched.stdout.trim().split("\n").at(-1)).toMatch(/^~\S+ {2}FAILED {2}MEMBERS_FAILED .* 2\/2 {2}2 failed$/);
    const objects = (await run(["batch", "watch", failing, "-o", "json"])).stdout.trim().split("\n");
    expect(objects.map((line) => JSON.parse(line)).at(-1)).toMatchObject({ id: failing, state: "FAILED" });

    const first = await run(["batch", "retry", failing]);
    const second = await run(["batch", "retry", failing, "-o", "json"]);
    expect([first.code, JSON.parse(second.stdout)]).toEqual([0, { id: first.stdout.trim(), existing: true }]);
    expect(await ended(first.stdout.trim())).toMatchObject({ retryOf: failing, counts: { total: 2, failed: 2 } });
    expect((await run(["batch", "retry", id])).code).toBe(5);
  });
});

describe("drover batch without a server", () => {
  it("says by exit code 6 that nothing answers, and how to go on", async () => {
    const { code, stderr } = await unanswered;
    expect([code, stderr]).toEqual([6, expect.stringContaining("the same command with --key k goes on from here")]);
  });
});
