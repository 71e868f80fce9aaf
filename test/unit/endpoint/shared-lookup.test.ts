// How names of pages are looked up: once at a time each.

import type { LookupAddress } from "node:dns";
import { expect, it } from "vitest";
import { type Resolve, shared } from "../../../server/endpoint/dialer.js";

it("shares one look-up among all who ask for a name at the same time, and asks again after it", async () => {
  const asked: { hostname: string; answer: (addresses: LookupAddress[]) => void; fail: (error: Error) => void }[] = [];
  const resolve: Resolve = (hostname) =>
    new Promise((answer, fail) => {
      asked.push({ hostname, answer, fail });
    });
  const look = shared(resolve);
  const silent = [look("silent.example"), look("silent.example"), look("silent.example")];
  const good = look("good.example");
  expect(asked.map(({ hostname }) => hostname)).toEqual(["silent.example", "good.example"]);
  const address = { address: "192.0.2.1", family: 4 };
  asked[1]?.answer([address]);
  expect(await good).toEqual([address]);
  asked[0]?.fail(new Error("no answer"));
  for (const one of silent) await expect(one).rejects.toThrow("no answer");
  const again = look("silent.example");
  asked[2]?.answer([address]);
  expect(await again).toEqual([address]);
});
