// A server whose log goes to the same disk as its store: when that is full the log is lost or late, and the server stays.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { expect, it } from "vitest";
import { untilServing } from "../support/disk-health.js";
import { withClient } from "../support/disk-jobs.js";
import { smallDisk } from "../support/disk-space.js";
import { startPageServer } from "../support/page-server.js";
import { Gate } from "../support/pages.js";
import { DROVER } from "../support/server.js";

const RUNNING = 16;
/** Refused calls, one after the other: meanwhile the server logs that it cannot write. */
const REFUSED = 100;

it("a server whose log is on the full disk too stays up, and what it logged is there when there is room", async () => {
  const disk = smallDisk(8);
  const gate = new Gate();
  const pages = await startPageServer(gate.handler);
  const path = join(disk.folder, "log");
  const log = openSync(path, "a");
  const store = `sqlite:${join(disk.folder, "jobs.db")}`;
  const serve = [DROVER, "serve", "--store", store, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"];
  const child = spawn(process.execPath, serve, { stdio: ["ignore", "pipe", log] });
  closeSync(log);
  const gone = once(child, "exit");
  try {
    const [line] = (await once(createInterface({ input: child.stdout as Readable }), "line")) as [string];
    const [, grpc = "", http = ""] = /grpc=(\S+) http=(\S+)/.exec(line) ?? [];
    const job = { url: `${pages.origin}/job`, payload: "x".repeat(1_000) };
    await withClient({ grpc }, async (client) => {
      await client.submitMany(Array.from({ length: RUNNING }, () => job));
      await pages.until(() => pages.requests.length === RUNNING);
      disk.fill(child.pid ?? 0);
      const refused: unknown[] = [];
      while (refused.length < REFUSED) {
        await client.submit(job).catch((error) => refused.push(error.code));
        if (refused.length === 1) gate.open();
      }
      expect(new Set(refused)).toEqual(new Set(["UNAVAILABLE"]));
      expect(child.exitCode).toBe(null);
      disk.free(child.pid ?? 0);
      await untilServing({ grpc, http });
      await (await client.submit(job)).result();
    });
    child.kill("SIGTERM");
    expect(await gone).toEqual([0, null]);
    expect(readFileSync(path, "utf8")).toMatch(/the disk of the store .+could not be written[\s\S]+"msg":"stopped"/);
  } finally {
    child.kill("SIGKILL");
    await pages.close();
  }
});
