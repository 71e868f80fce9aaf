// Who may call a page that has a secret: requests that Drover, or any Standard Webhooks library, signed with it.

import * as standardwebhooks from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineJob, endpoint, type Handler } from "../../../sdk/index.js";
import { droverRequest } from "./drover-request.js";

const SECRET = `whsec_${Buffer.from("a secret that page and server share").toString("base64")}`;
const OTHER = `whsec_${Buffer.from("another secret").toString("base64")}`;

const double = defineJob({
  kind: "double",
  path: "/jobs/double",
  input: z.object({ number: z.number() }),
  result: z.object({ number: z.number() }),
});
const twice: Handler<typeof double> = ({ number }) => ({ number: number * 2 });
const payload = { number: 4 };

describe("a page with a secret", () => {
  const page = endpoint(double, twice, { secret: SECRET });
  const now = Math.floor(Date.now() / 1_000);

  it("that is not set answers 500 to all, rather than take what nobody signed", async () => {
    const open = endpoint(double, twice, { secret: undefined });
    expect((await open(droverRequest({ payload }))).status).toBe(500);
    expect((await endpoint(double, twice)(droverRequest({ payload }))).status).toBe(200);
  });

  it("takes what Drover signed", async () => {
    expect((await page(droverRequest({ payload, secret: SECRET }))).status).toBe(200);
  });

  it("takes what a Standard Webhooks library signed", async () => {
    const body = JSON.stringify(payload);
    const date = new Date();
    const signature = new standardwebhooks.Webhook(SECRET).sign("job-2.1", date, body);
    const headers = {
      "job-id": "job-2",
      "webhook-id": "job-2.1",
      "webhook-timestamp": String(Math.floor(date.getTime() / 1_000)),
      "webhook-signature": `v1,AAAA v2,${signature.slice(3)} ${signature}`,
    };
    expect((await page(droverRequest({ payload: body, headers }))).status).toBe(200);
  });

  it("takes either of two secrets while one replaces the other", async () => {
    const both = endpoint(double, twice, { secret: [OTHER, SECRET] });
    expect((await both(droverRequest({ payload, secret: SECRET }))).status).toBe(200);
    expect((await both(droverRequest({ payload, secret: OTHER }))).status).toBe(200);
  });

  it.each([
    ["no signature", droverRequest({ payload })],
    ["another secret", droverRequest({ payload, secret: OTHER })],
    ["a signature of ten minutes ago", droverRequest({ payload, secret: SECRET, signedSeconds: now - 600 })],
    ["a signature of the future", droverRequest({ payload, secret: SECRET, signedSeconds: now + 600 })],
    ["another id", droverRequest({ payload, secret: SECRET, headers: { "webhook-id": "msg_9" } })],
    [
      "a signature that was for another job",
      droverRequest({ payload, secret: SECRET, headers: { "job-id": "other" } }),
    ],
    [
      "a signature that was for another call",
      droverRequest({ payload, secret: SECRET, headers: { "job-fence": "2" } }),
    ],
    ["a time that is none", droverRequest({ payload, secret: SECRET, headers: { "webhook-timestamp": "soon" } })],
    ["a signature that is no base64", droverRequest({ payload, headers: { "webhook-signature": "v1,*" } })],
  ])("refuses %s", async (_name, request) => {
    expect((await page(request)).status).toBe(401);
  });

  it("refuses another body under the same signature", async () => {
    const headers = Object.fromEntries(droverRequest({ payload, secret: SECRET }).headers);
    expect((await page(droverRequest({ payload: { number: 5 }, headers }))).status).toBe(401);
  });

  it.each(["", "whsec_", "whsec_*", "secret"])("cannot be made with %j for a secret", (secret) => {
    expect(() => endpoint(double, twice, { secret })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});
