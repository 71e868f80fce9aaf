// Addresses that must not be called, in hundreds of spellings, at both places where they are judged: when a job is
// submitted, and when it is dialled, for jobs that were stored while more was allowed. Nobody reaches the canary.

import { createClient } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AddressGuard } from "../../server/endpoint/address-guard.js";
import { UndiciCaller } from "../../server/endpoint/undici-caller.js";
import { Canary } from "../support/hostile-canary.js";
import { GUARDED, malformed, UNLISTED } from "../support/hostile-spellings.js";
import { call } from "../support/page-calls.js";
import { RawClient } from "../support/raw-client.js";
import { startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

/** `127.1` is this machine alone, but not by the name that makes all of loopback callable. */
const REACHABLE = ["--insecure", "--http", "127.1:0"];
const allowing = (entries: readonly string[]) => [...REACHABLE, ...entries.flatMap((entry) => ["--allow", entry])];

const EVERYTHING = ["0.0.0.0/0", "::/0"];
/** Opens even what only an entry of its own opens. */
const REALLY_EVERYTHING = [
  ...EVERYTHING,
  ...["127.0.0.0/8", "::1", "0.0.0.0/8", "::", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "192.0.0.0/24"],
  ...["169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16", "192.0.0.192"],
  ...["fe80::/10", "ff00::/8", "fec0::/10", "100::/64", "2001::/32", "64:ff9b:1::/48"],
  ...["fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"],
];

/** What is allowed, and which hosts must not be called all the same. */
const LISTS: readonly (readonly [what: string, allow: readonly string[], hosts: readonly string[]])[] = [
  ["every address is allowed by broad entries", EVERYTHING, GUARDED],
  ["one address is allowed", ["203.0.113.7"], [...GUARDED, ...UNLISTED]],
];

let canary: Canary;
beforeAll(async () => {
  canary = await Canary.start();
});
afterAll(() => canary.close());

it("there are more than 250 spellings, no two alike, and each is a URL", () => {
  const all = [...GUARDED, ...UNLISTED];
  expect(new Set(all).size).toBe(all.length);
  expect(GUARDED.length).toBeGreaterThan(250);
  expect(all.filter((host) => !URL.canParse(`http://${host}/`))).toEqual([]);
});

describe.each(LISTS)("where %s", (_, allow, hosts) => {
  const urls = () => hosts.map((host) => `http://${host}:${canary.port}/`);
  let store: string;
  beforeAll(async () => {
    store = (await STORES[0]?.fresh()) ?? "";
  });

  it("every spelling is PERMISSION_DENIED at submit", async () => {
    const server = await startServer({ store, flags: allowing(allow) });
    const raw = new RawClient(server.grpc);
    for (const url of urls()) {
      const { code } = await raw.say("JobService/SubmitJob", { job: { endpoint: { url } } });
      expect([url, code]).toEqual([url, "PERMISSION_DENIED"]);
    }
    raw.close();
    expect(await server.stop()).toBe(0);
    expect(canary.reached).toEqual([]);
  });

  it("every spelling that is stored already fails for good when its turn comes, and is not dialled", async () => {
    const before = await startServer({ store, flags: [...allowing(REALLY_EVERYTHING), "--no-dispatch"] });
    const submitter = createClient({ address: before.grpc });
    const results = await submitter.submitMany(urls().map((url) => ({ url })));
    expect(
      results.flatMap((result, index) => ("error" in result ? [`${hosts[index]}: ${result.error.message}`] : [])),
    ).toEqual([]);
    await submitter.close();
    await before.stop();
    const server = await startServer({ store, flags: allowing(allow) });
    const client = createClient({ address: server.grpc });
    for (const [index, result] of results.entries()) {
      const id = "jobId" in result ? result.jobId : "";
      for await (const _ of client.watch(id));
      const { state, attemptCount, failure } = await client.get(id);
      expect([hosts[index], state, failure?.reason, attemptCount]).toEqual([
        hosts[index],
        "FAILED",
        "ENDPOINT_NOT_ALLOWED",
        1,
      ]);
    }
    expect(server.stderr()).toBe("");
    await client.close();
    expect(await server.stop()).toBe(0);
    expect(canary.reached).toEqual([]);
  });
});

describe("what is no address of a page", () => {
  it("is INVALID_ARGUMENT at submit, whatever is allowed", async () => {
    const server = await startServer({
      store: (await STORES[0]?.fresh()) ?? "",
      flags: [...allowing(REALLY_EVERYTHING), "--no-dispatch"],
    });
    const raw = new RawClient(server.grpc);
    for (const url of malformed(canary.port)) {
      const { code, fields } = await raw.say("JobService/SubmitJob", { job: { endpoint: { url } } });
      expect([url, code, fields]).toEqual([url, "INVALID_ARGUMENT", ["job.endpoint.url"]]);
    }
    raw.close();
    await server.stop();
    expect(canary.reached).toEqual([]);
  });

  it("is not dialled either, should a store ever hold it", async () => {
    const caller = new UndiciCaller({ guard: new AddressGuard({ allow: EVERYTHING, allowLoopback: false }) });
    for (const url of malformed(canary.port)) {
      const { kind } = await call(caller, url);
      expect([url, ["failed", "rejected"].includes(kind)]).toEqual([url, true]);
    }
    await caller.close();
    expect(canary.reached).toEqual([]);
  });
});
