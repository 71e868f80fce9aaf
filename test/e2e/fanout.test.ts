// One master and very many children, from an async iterable: all of them run, the counts are true, and neither the
// client nor the server holds them in memory. The benchmark does the same with a million.

import { describe, expect, it } from "vitest";
import { fanOut } from "../../bench/fanout.js";
import { STORES } from "../support/stores.js";

const CHILDREN = { SQLite: 100_000, MongoDB: 20_000 } as const;
const MEMORY_MIB = 400;

describe.each(STORES)("a master on $name", ({ name, fresh }) => {
  it("makes very many children, in bounded memory on both sides", async () => {
    const { counts, clientMiB, serverMiB } = await fanOut(await fresh(), CHILDREN[name]);
    expect(counts).toEqual({ total: CHILDREN[name], succeeded: CHILDREN[name] });
    expect(clientMiB).toBeLessThan(MEMORY_MIB);
    expect(serverMiB).toBeLessThan(MEMORY_MIB);
  });
});
