// Names whose addresses lie, asked of a real name server by a real server process: answers that change between two
// questions, that mix what is allowed with what is not, that are none. Only the allowed address is ever dialled.

import { createClient, type DroverClient, type Job } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, outcomes } from "../support/follow.js";
import { Canary, PAGE_ADDRESS } from "../support/hostile-canary.js";
import { LyingNameServer, type NameAnswer } from "../support/hostile-dns.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

const CHANGES = 100;
const FORBIDDEN = [
  ...[
    "127.0.0.1",
    "127.0.0.6",
    "127.255.255.254",
    "0.0.0.0",
    "169.254.169.254",
    "10.0.0.1",
    "192.168.1.1",
    "100.64.0.1",
  ],
  ...[
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
  ],
  ...["2002:7f00:1::", "fe80::1", "fd00:ec2::254", "fc00::1", "ff02::1", "2001:0:7f00:1::", "::ffff:0:127.0.0.1"],
];

/** What each name answers, at each question. */
const ZONES: Readonly<Record<string, (count: number) => NameAnswer>> = {
  "changes.evil.test": (count) => (count % 2 === 1 ? [PAGE_ADDRESS] : ["127.0.0.1"]),
  "changes-family.evil.test": (count) => (count % 2 === 1 ? [PAGE_ADDRESS] : ["::1", "::ffff:127.0.0.1"]),
  "changes-always.evil.test": (count) => [count % 3 === 0 ? PAGE_ADDRESS : (FORBIDDEN[count % FORBIDDEN.length] ?? "")],
  "mixed.evil.test": () => [...FORBIDDEN, PAGE_ADDRESS],
  "mixed-first.evil.test": () => [PAGE_ADDRESS, ...FORBIDDEN],
  "page.test": () => [PAGE_ADDRESS],
  "aliased-page.test": () => ({ alias: "page.test", addresses: [PAGE_ADDRESS] }),
  // By its own entry of the allow-list.
  "named.test": () => ["127.0.0.1"],
  "sub.named.test": () => ["169.254.169.254"],
  localhost: () => ["127.0.0.1"],
  "127.0.0.1.nip.test": () => ["127.0.0.1"],
  "alias.evil.test": () => ({ alias: "localhost", addresses: ["127.0.0.1", "::1"] }),
  "round.evil.test": () => ({ alias: "round.evil.test" }),
  "none.evil.test": () => [],
  "missing.evil.test": () => "no such name",
  "failing.evil.test": () => "server failure",
  "refusing.evil.test": () => "refused",
  "silent.evil.test": () => "silence",
  "garbage.evil.test": () => "garbage",
  "cut.evil.test": () => "cut off",
};

let canary: Canary;
let names: LyingNameServer;
let server: ServerProcess;
let client: DroverClient;

beforeAll(async () => {
  canary = await Canary.start();
  names = await LyingNameServer.start((name, count) => {
    const forbidden = /^only-(\d+)\.evil\.test$/.exec(name)?.[1];
    if (forbidden !== undefined) return [FORBIDDEN[Number(forbidden)] ?? ""];
    return ZONES[name]?.(count) ?? "no such name";
  });
  const allow = [PAGE_ADDRESS, "named.test", "*.named.test"].flatMap((entry) => ["--allow", entry]);
  server = await startServer({
    store: (await STORES[0]?.fresh()) ?? "",
    // Not loopback by the name that makes all of it callable.
    flags: ["--insecure", "--http", "127.1:0", ...allow],
    env: { NODE_OPTIONS: names.nodeOptions },
  });
  client = createClient({ address: server.grpc });
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await Promise.all([canary.close(), names.close()]);
});

async function run(name: string, maxAttempts = 1): Promise<Job> {
  const given = { maxAttempts, backoff: { initialMs: 0, maxMs: 0 }, attemptTimeoutMs: 10_000 };
  const { id } = await client.submit({ url: `http://${name}:${canary.port}/`, ...given });
  return ended(client, id);
}

const shown = ({ state, failure }: Job) => failure?.reason ?? state;

describe("a name whose answer changes", () => {
  it.each(["changes.evil.test", "changes-family.evil.test", "changes-always.evil.test"])(
    `%s: each of ${CHANGES} calls reaches the page or nobody`,
    async (name) => {
      const before = canary.answered;
      const ends = new Set<string>();
      for (let i = 0; i < CHANGES; i++) ends.add(shown(await run(name)));
      // Both were met: the name was asked for again and again.
      expect(ends).toEqual(new Set(["SUCCEEDED", "ENDPOINT_NOT_ALLOWED"]));
      expect(names.asked.get(name)).toBeGreaterThanOrEqual(CHANGES);
      expect(canary.answered - before).toBeGreaterThan(0);
      expect(canary.reached).toEqual([]);
    },
  );

  it("many calls at once reach the page or nobody", async () => {
    const jobs = await Promise.all(Array.from({ length: 200 }, () => run("changes.evil.test")));
    for (const job of jobs) expect(["SUCCEEDED", "ENDPOINT_NOT_ALLOWED"]).toContain(shown(job));
    expect(canary.reached).toEqual([]);
  });
});

describe("a name with several addresses", () => {
  it.each(["mixed.evil.test", "mixed-first.evil.test", "aliased-page.test"])(
    "%s is called where it is allowed only",
    async (name) => {
      for (let i = 0; i < 10; i++) expect(await run(name)).toMatchObject({ state: "SUCCEEDED" });
      expect(canary.reached).toEqual([]);
    },
  );
});

describe("a name that is not allowed where it leads", () => {
  it(`fails for good, for each of ${FORBIDDEN.length} addresses`, async () => {
    for (const [index, address] of FORBIDDEN.entries()) {
      const job = await run(`only-${index}.evil.test`, 3);
      expect([address, shown(job), outcomes(job).length]).toEqual([address, "ENDPOINT_NOT_ALLOWED", 1]);
    }
    expect(canary.reached).toEqual([]);
  });

  it.each(["named.test", "sub.named.test", "localhost", "127.0.0.1.nip.test", "alias.evil.test"])(
    "such as %s, whatever it is called",
    async (name) => {
      expect(shown(await run(name))).toBe("ENDPOINT_NOT_ALLOWED");
      expect(canary.reached).toEqual([]);
    },
  );
});

describe("a name that has no answer", () => {
  it.each(["round", "none", "missing", "failing", "refusing", "silent", "garbage", "cut"])(
    "because it is %s fails its attempts, and the server goes on",
    async (name) => {
      const job = await run(`${name}.evil.test`, 2);
      expect([shown(job), job.attemptCount]).toEqual(["NETWORK", 2]);
      expect(await run("page.test")).toMatchObject({ state: "SUCCEEDED" });
    },
  );
});

it("nobody reached the canary, and the server's log is silent", () => {
  expect(canary.reached).toEqual([]);
  expect(server.stderr()).toBe("");
});
