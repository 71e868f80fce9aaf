// The allow-list where it counts: no connection is opened to an address that it forbids. A canary counts connections.

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { AddressGuard } from "../../../server/endpoint/address-guard.js";
import { UndiciCaller } from "../../../server/endpoint/undici-caller.js";
import { call, resultText } from "../../support/page-calls.js";
import { type PageServer, startPageServer } from "../../support/page-server.js";
import { FORBIDDEN_SPELLINGS } from "../../support/spellings.js";

let canary: PageServer;
let caller: UndiciCaller;
beforeAll(async () => {
  canary = await startPageServer((_request, response) => void response.end("reached"));
});
afterEach(() => caller.close());
afterAll(() => canary.close());

/** Names resolve as given, whatever the system says. */
function use(allow: string[], allowLoopback: boolean, names: Record<string, string[]> = {}): UndiciCaller {
  const resolve = async (hostname: string) =>
    (names[hostname] ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  caller = new UndiciCaller({ guard: new AddressGuard({ allow, allowLoopback }), resolve });
  return caller;
}

const REFUSED = { kind: "rejected", reason: "ENDPOINT_NOT_ALLOWED" };

describe("a call to a forbidden address", () => {
  it("opens no connection, in whatever spelling, and is never tried again", async () => {
    use(["0.0.0.0/0", "::/0"], false);
    for (const url of FORBIDDEN_SPELLINGS) {
      const outcome = await call(caller, `${url.slice(0, -1)}:${canary.port}/`);
      expect({ url, ...outcome }).toMatchObject({ url, ...REFUSED });
    }
    expect(FORBIDDEN_SPELLINGS.length).toBeGreaterThanOrEqual(60);
    expect(caller.openConnections).toBe(0);
    expect(canary.connectionCount).toBe(0);
  });

  it("opens no connection when a name resolves to it", async () => {
    use(["evil.example", "*.evil.example"], false, {
      "evil.example": ["127.0.0.1"],
      "mapped.evil.example": ["::ffff:127.0.0.1"],
      "metadata.evil.example": ["169.254.169.254"],
    });
    for (const name of ["evil.example", "mapped.evil.example", "metadata.evil.example"]) {
      expect(await call(caller, `http://${name}:${canary.port}/`)).toMatchObject(REFUSED);
    }
    expect(canary.connectionCount).toBe(0);
  });

  it("says why, and holds no query", async () => {
    const outcome = await call(use([], false), `http://127.0.0.1:${canary.port}/?token=secret`);
    expect(outcome).toEqual({
      ...REFUSED,
      message: "127.0.0.1 is a loopback address, and the allow-list does not name it",
    });
  });

  it("is refused for https as for http", async () => {
    expect(await call(use([], false), `https://127.0.0.1:${canary.port}/`)).toMatchObject(REFUSED);
    expect(canary.connectionCount).toBe(0);
  });
});

describe("a call to an allowed name", () => {
  it("dials only those of its addresses that are allowed", async () => {
    use(["127.0.0.1/32"], false, { "pages.example": ["169.254.169.254", "127.0.0.1", "10.0.0.1"] });
    const outcome = await call(caller, `http://pages.example:${canary.port}/`);
    expect(resultText(outcome)).toBe("reached");
    expect(canary.requests.at(-1)?.headers.host).toBe(`pages.example:${canary.port}`);
  });

  it("reaches this machine as localhost by default while the server listens on loopback", async () => {
    use([], true, { localhost: ["127.0.0.1"] });
    expect(resultText(await call(caller, `http://localhost:${canary.port}/`))).toBe("reached");
  });

  it("fails, to be tried again, when the name does not resolve", async () => {
    const missing = Object.assign(new Error("getaddrinfo ENOTFOUND pages.example"), { code: "ENOTFOUND" });
    caller = new UndiciCaller({
      guard: new AddressGuard({ allow: ["pages.example"], allowLoopback: false }),
      resolve: () => Promise.reject(missing),
    });
    expect(await call(caller, "http://pages.example/?token=secret")).toEqual({
      kind: "failed",
      reason: "NETWORK",
      message: "the host name does not resolve",
    });
  });
});
