// Answers that would send their caller elsewhere: every 3xx, in every spelling of an address, and the other headers that
// name one. Nothing is followed, whatever it says, and no proxy of the environment is asked. Here even the canary's
// address is allowed: what keeps it from being reached is only that nobody goes there.

import { createClient, type DroverClient } from "@drover/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended } from "../support/follow.js";
import { Canary } from "../support/hostile-canary.js";
import { type Pages, startPages, status } from "../support/pages.js";
import { type ServerProcess, startServer } from "../support/server.js";
import { STORES } from "../support/stores.js";

let canary: Canary;
let pages: Pages;
let server: ServerProcess;
let client: DroverClient;

beforeAll(async () => {
  canary = await Canary.start();
  pages = await startPages();
  const proxy = `http://127.0.0.1:${canary.port}`;
  const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
  const env = { ...Object.fromEntries(names.map((name) => [name, proxy])), NODE_USE_ENV_PROXY: "1" };
  server = await startServer({ store: (await STORES[0]?.fresh()) ?? "", env });
  client = createClient({ address: server.grpc });
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await Promise.all([canary.close(), pages.close()]);
});

async function answered(code: number, headers: Readonly<Record<string, string>>, method: "GET" | "POST" = "POST") {
  const page = pages.page(status(code, headers, "elsewhere"));
  const { id } = await client.submit({ url: page.url, method, maxAttempts: 2, backoff: { initialMs: 0, maxMs: 0 } });
  return { job: await ended(client, id), calls: page.requests.length };
}

const LOCATIONS = (port: number): string[] => [
  ...["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "127.0.0.1."].map(
    (host) => `http://${host}:${port}/`,
  ),
  ...[
    `//127.0.0.1:${port}/`,
    `\\\\127.0.0.1:${port}\\`,
    `http:/127.0.0.1:${port}/`,
    `https://127.0.0.1:${port}/`,
    `@127.0.0.1:${port}/`,
  ],
  ...[
    `ftp://127.0.0.1:${port}/`,
    "file:///etc/passwd",
    "/elsewhere",
    "?elsewhere",
    "",
    `http://127.0.0.1:${port}/ http://x/`,
  ],
];

describe("an answer of 3xx", () => {
  it("is a failure for good, with whatever address, and is called once", async () => {
    const codes = [...Array.from({ length: 9 }, (_, index) => 300 + index), 310, 350, 399];
    for (const [index, code] of codes.entries()) {
      for (const location of LOCATIONS(canary.port)) {
        const { job, calls } = await answered(code, { location }, index % 2 === 0 ? "POST" : "GET");
        expect([code, location, job.state, job.failure?.reason, calls]).toEqual([
          code,
          location,
          "FAILED",
          "REDIRECT",
          1,
        ]);
        expect(job.failure?.message).toBe(`answered ${code}: redirects are not followed`);
      }
    }
    expect(canary.reached).toEqual([]);
  });
});

describe("an answer that names another address", () => {
  const url = () => `http://127.0.0.1:${canary.port}/`;
  it.each([
    ["201 with Location", 201, () => ({ location: url() }), "SUCCEEDED"],
    ["200 with Refresh", 200, () => ({ refresh: `0; url=${url()}` }), "SUCCEEDED"],
    ["200 with Link", 200, () => ({ link: `<${url()}>; rel=preload, <${url()}>; rel=preconnect` }), "SUCCEEDED"],
    ["200 with Alt-Svc", 200, () => ({ "alt-svc": `h2c="127.0.0.1:${canary.port}"; ma=60` }), "SUCCEEDED"],
    ["200 with Content-Location", 200, () => ({ "content-location": url() }), "SUCCEEDED"],
    [
      "401 that asks to sign in",
      401,
      () => ({ "www-authenticate": `Bearer realm="${url()}"`, location: url() }),
      "FAILED",
    ],
    ["407 that asks for a proxy", 407, () => ({ "proxy-authenticate": "Basic", location: url() }), "FAILED"],
    ["421 that was misdirected", 421, () => ({ location: url() }), "FAILED"],
    ["500 with Location", 500, () => ({ location: url(), "retry-after": "0" }), "FAILED"],
  ])("%s is read for its status alone", async (_, code, headers, state) => {
    const { job, calls } = await answered(code, headers());
    expect([job.state, calls]).toEqual([state, code === 500 ? 2 : 1]);
    expect(canary.reached).toEqual([]);
  });
});

it("no proxy of the environment was asked, and the server's log is silent", () => {
  expect(canary.reached).toEqual([]);
  expect(canary.answered).toBe(0);
  expect(server.stderr()).toBe("");
});
