// The stores of a benchmark: SQLite files in a folder and databases of a mongod, both of which go with the run.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MongodOptions, startMongod } from "../test/support/mongod.js";

/** The address of a store of this kind, `sqlite` or `mongodb`: empty when its name is new. */
export type AddressOf = (kind: string, name: string) => string;

export async function withStores(
  kinds: readonly string[],
  run: (addressOf: AddressOf) => Promise<void>,
  options: MongodOptions = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "drover-bench-"));
  const mongod = kinds.includes("mongodb") ? await startMongod(options) : undefined;
  try {
    await run((kind, name) =>
      kind === "mongodb" ? databaseOf(mongod?.uri ?? "", name) : `sqlite:${join(folder, `${name}.db`)}`,
    );
  } finally {
    await mongod?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function databaseOf(uri: string, name: string): string {
  const url = new URL(uri);
  url.pathname = `/${name}`;
  return url.toString();
}
