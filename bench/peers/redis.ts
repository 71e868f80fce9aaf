// Redis as BullMQ's users are told to run it: an append-only file, flushed to disk every second.

import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../test/support/free-port.js";
import { costOf } from "./cost.js";
import { findProgram, startDaemon, temporaryFolder, versionOf } from "./daemon.js";
import type { DatabaseKind } from "./database.js";

const run = promisify(execFile);

export const redis: DatabaseKind = {
  name: "Redis",
  durability: "appendonly yes, appendfsync everysec, no snapshots",
  missing: () =>
    findProgram("redis-server") === undefined
      ? "redis-server is not installed: apt-get install redis-server"
      : undefined,
  async start(ends) {
    const program = findProgram("redis-server") ?? "redis-server";
    const folder = temporaryFolder(ends);
    const port = await freePort();
    const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder];
    const durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""];
    const pid = await startDaemon(ends, {
      program,
      args: [...place, ...durable],
      endSignal: "SIGKILL",
      isReady: () =>
        run(join(dirname(program), "redis-cli"), ["-p", String(port), "ping"]).then(
          ({ stdout }) => stdout.trim() === "PONG",
          () => false,
        ),
    });
    return { address: `redis://127.0.0.1:${port}`, version: versionOf(program), cost: costOf(pid) };
  },
};
