// PostgreSQL with the settings that it comes with. It refuses to run as root: then it runs as a user without rights.

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../test/support/free-port.js";
import { costOfTree } from "./cost.js";
import { findProgram, startDaemon, temporaryFolder, type User, versionFolders, versionOf } from "./daemon.js";
import type { DatabaseKind } from "./database.js";

const run = promisify(execFile);
const ROLE = "drover";

export const postgres: DatabaseKind = {
  name: "PostgreSQL",
  durability: "fsync on, synchronous_commit on, all else as it comes",
  missing: () => (find("initdb") === undefined ? "PostgreSQL is not installed: apt-get install postgresql" : undefined),
  async start(ends) {
    const user = unprivileged();
    const folder = temporaryFolder(ends, user);
    const data = join(folder, "data");
    const how = ["--username", ROLE, "--auth", "trust", "--encoding", "UTF8", "--locale", "C"];
    await run(programPath("initdb"), ["--pgdata", data, ...how], { ...user, cwd: folder });
    const port = await freePort();
    const sockets = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="];
    const pid = await startDaemon(ends, {
      program: programPath("postgres"),
      args: ["-D", data, "-p", String(port), ...sockets],
      user,
      // An immediate shutdown, which takes its children along.
      endSignal: "SIGQUIT",
      isReady: () =>
        run(programPath("pg_isready"), ["--host", "127.0.0.1", "--port", String(port)]).then(
          () => true,
          () => false,
        ),
    });
    const cost = costOfTree(pid);
    ends.add(() => cost.stop());
    const address = `postgres://${ROLE}@127.0.0.1:${port}/postgres`;
    return { address, version: versionOf(programPath("postgres")), cost };
  },
};

function find(name: string): string | undefined {
  return findProgram(name, versionFolders("/usr/lib/postgresql", "bin"));
}

/** All programs from the place of one, which has them all. */
function programPath(name: string): string {
  return join(dirname(find("initdb") ?? ""), name);
}

function unprivileged(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const fields = users.map((line) => line.split(":")).find(([user]) => user === name);
    if (fields !== undefined) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  throw new Error("PostgreSQL does not run as root, and there is no user postgres or nobody");
}
